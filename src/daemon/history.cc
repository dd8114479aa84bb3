// Old job files of films that are gone; see history.h.
#include "daemon/history.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "av1d/scan.h"

namespace av1d {

namespace {

// A look costs one stat for each old job: days don't need it every minute.
constexpr std::chrono::hours kTidyInterval{1};

struct Suspect {
  std::string id;
  std::vector<ResultStamp> versions;  // of the film: the source and the result
};

enum class Presence { there, gone, unknown };

bool lies_below(const fs::path& path, const fs::path& root) {
  return path.native().starts_with((root / "").native());
}

bool is_told_of(const fs::path& path, const Config& config,
                const std::vector<fs::path>& absent_roots) {
  const auto holds = [&path](const fs::path& root) { return lies_below(path, root); };
  return std::ranges::any_of(config.library_roots, holds) &&
         std::ranges::none_of(absent_roots, holds);
}

// The nearest directory above that is there, if it is not empty.
bool has_witness(const fs::path& path) {
  for (fs::path above = path.parent_path(); above.has_relative_path();
       above = above.parent_path()) {
    std::error_code error;
    if (!fs::is_directory(above, error)) continue;
    const bool empty = fs::is_empty(above, error);
    return !error && !empty;
  }
  return false;
}

Presence look_for(const ResultStamp& version) {
  const auto stamp = stamp_of(version.path);
  if (stamp) {
    const bool same =
        stamp->size_bytes == version.size_bytes && stamp->mtime_ns == version.mtime_ns;
    return same ? Presence::there : Presence::gone;
  }
  const int error = stamp.error().errno_value;
  if (error != ENOENT && error != ENOTDIR) return Presence::unknown;
  return has_witness(version.path) ? Presence::gone : Presence::unknown;
}

}  // namespace

std::size_t close_abandoned(JobStore& store, Claims& claims, const Config& config,
                            const std::vector<fs::path>& absent_roots, Time now) {
  std::size_t closed = 0;
  for (const Job& waiting : store.with_status(JobStatus::pending)) {
    const ResultStamp version{waiting.source_path, waiting.source.size_bytes,
                              waiting.source.mtime_ns};
    if (!is_told_of(waiting.source_path, config, absent_roots)) continue;
    if (look_for(version) != Presence::gone) continue;
    const auto claim = claims.take(waiting.source_path);
    auto job = store.find(waiting.id);
    if (!claim || !job || job->status != JobStatus::pending || job->journal) continue;
    job->status = JobStatus::skipped;
    job->reason = Reason{ReasonCode::source_changed,
                         "the source is gone, or another version of it has taken its place"};
    job->retry_after.reset();
    job->finished_at = now;
    if (const Status saved = store.save(*job, now); !saved) {
      spdlog::warn("{}", saved.error().message);
      continue;
    }
    ++closed;
  }
  return closed;
}

bool is_history(const Job& job, int days, Time now) {
  const bool at_rest = job.status == JobStatus::success || job.status == JobStatus::failed ||
                       job.status == JobStatus::skipped;
  return at_rest && !job.journal && job.finished_at &&
         *job.finished_at <= now - std::chrono::days(days);
}

std::size_t remove_history(JobStore& store, const Config& config,
                           const std::vector<fs::path>& absent_roots, Time now) {
  if (config.job_history_days <= 0) return 0;
  std::vector<Suspect> suspects;
  store.visit([&](const Job& job) {
    if (!is_history(job, config.job_history_days, now)) return;
    if (!is_told_of(job.source_path, config, absent_roots)) return;
    Suspect suspect{job.id, {{job.source_path, job.source.size_bytes, job.source.mtime_ns}}};
    if (job.result) suspect.versions.push_back(*job.result);
    suspects.push_back(std::move(suspect));
  });
  std::size_t removed = 0;
  for (const auto& suspect : suspects) {
    const bool gone = std::ranges::all_of(suspect.versions, [](const ResultStamp& version) {
      return look_for(version) == Presence::gone;
    });
    if (!gone) continue;
    if (const Status erased = store.erase(suspect.id); !erased) {
      spdlog::warn("{}", erased.error().message);
      continue;
    }
    ++removed;
  }
  return removed;
}

void Historian::tidy(JobStore& store, const Config& config,
                     const std::vector<fs::path>& absent_roots) {
  const auto now = std::chrono::steady_clock::now();
  if (config.job_history_days <= 0 || now < next_) return;
  next_ = now + kTidyInterval;
  const std::size_t removed = remove_history(store, config, absent_roots, Time::clock::now());
  if (removed > 0) {
    spdlog::info("removed {} job files of films that are gone (job_history_days)", removed);
  }
}

}  // namespace av1d
