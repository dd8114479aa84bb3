// Waiting side by side; see backlog.h. Each entry is either in resting_ or in ready_.
#include "av1d/backlog.h"

#include <algorithm>
#include <unordered_set>

namespace av1d {

Backlog::Rank Backlog::rank_of(const Candidate& candidate) const {
  const std::string& path = candidate.path.native();
  switch (order_) {
    case Order::biggest_first:
      return {-static_cast<std::int64_t>(candidate.stamp.size_bytes), path};
    case Order::oldest_first:
      return {candidate.stamp.mtime_ns, path};
    case Order::newest_first:
      return {-candidate.stamp.mtime_ns, path};
    case Order::path:
      break;
  }
  return {0, path};
}

void Backlog::file(Entry entry) {
  const std::string& path = entry.work.candidate.path.native();
  entry.rank = rank_of(entry.work.candidate);
  entry.ready_at =
      std::max(entry.since + rest_, entry.work.not_before.value_or(Clock::time_point::min()));
  resting_.emplace(entry.ready_at, path);
  bytes_ += entry.work.candidate.stamp.size_bytes;
  entries_.insert_or_assign(path, std::move(entry));
}

Backlog::Entries::iterator Backlog::unfile(Entries::iterator at) {
  resting_.erase({at->second.ready_at, at->first});
  ready_.erase(at->second.rank);
  bytes_ -= at->second.work.candidate.stamp.size_bytes;
  return entries_.erase(at);
}

void Backlog::set_rules(Order order, std::chrono::seconds rest) {
  order_ = order;
  rest_ = rest;
  Entries all;
  all.swap(entries_);
  resting_.clear();
  ready_.clear();
  bytes_ = 0;
  for (auto& [path, entry] : all) file(std::move(entry));
}

void Backlog::put(const Work& work, Clock::time_point now) {
  Clock::time_point since = now;
  const auto known = entries_.find(work.candidate.path.native());
  if (known != entries_.end()) {
    if (known->second.work.candidate.stamp == work.candidate.stamp) since = known->second.since;
    unfile(known);
  }
  file({work, since, {}, {}});
}

void Backlog::replace(const std::vector<Work>& found, Clock::time_point now) {
  std::unordered_set<std::string> listed;
  for (const auto& work : found) {
    listed.insert(work.candidate.path.native());
    put(work, now);
  }
  for (auto at = entries_.begin(); at != entries_.end();) {
    at = listed.contains(at->first) ? std::next(at) : unfile(at);
  }
}

void Backlog::promote(Clock::time_point now) {
  while (!resting_.empty() && resting_.begin()->first <= now) {
    ready_.insert(entries_.at(resting_.begin()->second).rank);
    resting_.erase(resting_.begin());
  }
}

std::optional<Candidate> Backlog::take(Clock::time_point now) {
  promote(now);
  if (ready_.empty()) return std::nullopt;
  const auto at = entries_.find(std::get<std::string>(*ready_.begin()));
  Candidate candidate = at->second.work.candidate;
  unfile(at);
  return candidate;
}

std::optional<Backlog::Clock::time_point> Backlog::next_ready() const {
  if (!ready_.empty()) return Clock::time_point::min();
  if (resting_.empty()) return std::nullopt;
  return resting_.begin()->first;
}

}  // namespace av1d
