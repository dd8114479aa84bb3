// The jobs in memory: the half of JobStore that never touches the disk.
#include <algorithm>

#include "av1d/job_store.h"
#include "job_details.h"

namespace av1d {

namespace {

std::string result_key(const ResultStamp& result) {
  FileStamp stamp;
  stamp.size_bytes = result.size_bytes;
  stamp.mtime_ns = result.mtime_ns;
  return job_id(result.path, stamp);
}

enum class Sign { add, take_away };

void tally(Totals& totals, const Job& job, Sign sign) {
  const auto change = [sign](std::uint64_t& figure, std::uint64_t by) {
    figure = sign == Sign::add ? figure + by : figure - by;
  };
  change(totals.jobs.at(static_cast<std::size_t>(job.status)), 1);
  if (job.status != JobStatus::success) return;
  change(totals.bytes_before, job.original_bytes);
  change(totals.bytes_after, job.new_bytes.value_or(0));
}

}  // namespace

void JobStore::remember(const Job& job) {
  drop(job.id);
  tally(totals_, job, Sign::add);
  Job kept = job;
  if (is_at_rest(job)) move_details(kept, Job{});
  jobs_.emplace(job.id, std::move(kept));
  if (job.result) by_result_[result_key(*job.result)] = job.id;
}

void JobStore::drop(const std::string& id) {
  const auto job = jobs_.find(id);
  if (job == jobs_.end()) return;
  tally(totals_, job->second, Sign::take_away);
  if (job->second.result) {
    const auto key = by_result_.find(result_key(*job->second.result));
    if (key != by_result_.end() && key->second == id) by_result_.erase(key);
  }
  jobs_.erase(job);
}

std::optional<Job> JobStore::find(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto at = jobs_.find(id);
  return at == jobs_.end() ? std::nullopt : std::optional(at->second);
}

std::optional<Job> JobStore::find_result(const fs::path& path, const FileStamp& stamp) const {
  const std::scoped_lock lock(mutex_);
  const auto key = by_result_.find(result_key({path, stamp.size_bytes, stamp.mtime_ns}));
  return key == by_result_.end() ? std::nullopt : std::optional(jobs_.at(key->second));
}

std::vector<Job> JobStore::all() const {
  std::vector<Job> jobs;
  {
    const std::scoped_lock lock(mutex_);
    jobs.reserve(jobs_.size());
    for (const auto& [id, job] : jobs_) jobs.push_back(job);
  }
  std::sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) { return a.id < b.id; });
  return jobs;
}

std::size_t JobStore::size() const {
  const std::scoped_lock lock(mutex_);
  return jobs_.size();
}

void JobStore::visit(const std::function<void(const Job&)>& see) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, job] : jobs_) see(job);
}

Totals JobStore::totals() const {
  const std::scoped_lock lock(mutex_);
  return totals_;
}

}  // namespace av1d
