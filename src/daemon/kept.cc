// Kept originals that have had their time, removed; see kept.h.
#include "daemon/kept.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "av1d/kept_originals.h"
#include "av1d/replace.h"
#include "av1d/scan.h"
#include "av1d/text.h"
#include "daemon/space.h"

namespace av1d {

namespace {

std::vector<KeptOriginal> kept_on_record(const JobStore& store) {
  std::vector<KeptOriginal> kept;
  store.visit([&](const Job& job) {
    if (job.status != JobStatus::success || !job.kept_original || !job.result) return;
    if (job.journal || !job.finished_at) return;
    kept.push_back({.job_id = job.id,
                    .path = job.kept_original->path,
                    .bytes = job.kept_original->size_bytes,
                    .replaced_at = *job.finished_at,
                    .filesystem = 0});
  });
  return kept;
}

// Where each lies, and what is free there; one look a directory and a filesystem.
std::map<std::uint64_t, std::uint64_t> measure(std::vector<KeptOriginal>& kept) {
  std::map<fs::path, std::uint64_t> devices;
  std::map<std::uint64_t, std::uint64_t> free;
  for (auto& each : kept) {
    const fs::path directory = each.path.parent_path();
    const auto known = devices.find(directory);
    if (known == devices.end()) {
      const auto device = device_of(directory);
      if (!device) continue;  // not there now: its filesystem stays 0, which is never short
      each.filesystem = devices[directory] = *device;
    } else {
      each.filesystem = known->second;
    }
    if (free.contains(each.filesystem)) continue;
    if (const auto bytes = free_bytes(directory)) free[each.filesystem] = *bytes;
  }
  return free;
}

// A second link keeps the bytes: removing one name of it would help nobody.
void count_only_last_links(std::vector<KeptOriginal>& kept) {
  for (auto& each : kept) {
    const auto stamp = stamp_of(each.path);
    if (!stamp || stamp->link_count > 1) each.bytes = 0;
  }
}

void forget(JobStore& store, Job& job) {
  job.kept_original.reset();
  const Time updated = std::chrono::system_clock::now();
  if (const Status saved = store.save(job, updated, JobStore::Durability::durable); !saved) {
    spdlog::warn("{}", saved.error().message);
  }
}

bool remove_one(const KeptOriginal& kept, JobStore& store, Claims& claims) {
  auto job = store.find(kept.job_id);
  if (!job) return false;
  const auto claim = claims.take(job->source_path);
  job = store.find(kept.job_id);  // as it is now that nobody else is at it
  if (!claim || !job || !job->kept_original || !job->result) return false;
  const Status removed = remove_kept_original(*job->kept_original, *job->result);
  if (removed) {
    spdlog::info("removed the kept original '{}' ({})", printable(kept.path.native()),
                 format_bytes(job->kept_original->size_bytes));
    forget(store, *job);
    return true;
  }
  const bool is_gone = removed.error().errno_value == ENOENT;
  if (is_gone && stamp_of(job->result->path)) forget(store, *job);
  if (!is_gone) spdlog::debug("a kept original stays: {}", removed.error().message);
  return false;
}

}  // namespace

std::uint64_t remove_expired_originals(const Config& config, JobStore& store, Claims& claims,
                                       Time now) {
  const KeepingRules rules{config.keep_original_days, config.min_free_bytes};
  if (rules.keep_days == 0 && rules.min_free_bytes == 0) return 0;
  auto kept = kept_on_record(store);
  std::map<std::uint64_t, std::uint64_t> free;
  if (rules.min_free_bytes > 0) {
    free = measure(kept);
    const bool any_short = std::ranges::any_of(
        free, [&](const auto& each) { return each.second < rules.min_free_bytes; });
    if (any_short) count_only_last_links(kept);
  }
  std::uint64_t removed = 0;
  for (;;) {
    // One that could not go frees nothing: the rest is asked again without it. What was freed is
    // added up, because a filesystem may take its time to show it.
    std::set<std::string> tried;
    bool all_went = true;
    for (const auto& each : choose_expired(kept, rules, free, now)) {
      tried.insert(each.job_id);
      const bool went = remove_one(each, store, claims);
      if (went) ++removed;
      if (const auto at = free.find(each.filesystem); went && at != free.end()) {
        at->second += each.bytes;
      }
      all_went = all_went && went;
    }
    if (all_went) return removed;
    std::erase_if(kept, [&](const KeptOriginal& each) { return tried.contains(each.job_id); });
  }
}

}  // namespace av1d
