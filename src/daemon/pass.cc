// One pass over the libraries; see pass.h.
#include "daemon/pass.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <thread>

#include "av1d/gates.h"
#include "av1d/sidecars.h"
#include "av1d/stability.h"
#include "av1d/text.h"

namespace av1d {

namespace {

using Clock = StabilityTracker::Clock;

// A file that is written to all the time must not hold up a pass: after this many waits it is left
// to the next one.
constexpr int kStabilityRounds = 3;

std::string name_of(const fs::path& path) {
  return printable(path.native());
}

void log_scan(const ScanResult& scan) {
  for (const auto& warning : scan.warnings) {
    spdlog::warn("'{}': {}", name_of(warning.path), warning.what);
  }
  for (const auto& path : scan.leftovers) {
    spdlog::warn("'{}' has a name of av1d's own but no job explains it: left alone", name_of(path));
  }
}

// "scan: 120 files; 3 to look at; answered 100; too_small 17 (1.2 GiB, min_bytes)"
void log_report(const PassReport& report, std::size_t eligible) {
  std::string line = fmt::format("scan: {} files, {} to look at", report.files, eligible);
  if (report.answered.count > 0) {
    line += fmt::format(", {} answered before ({})", report.answered.count,
                        format_bytes(report.answered.bytes));
  }
  for (const auto& [code, tally] : report.gated) {
    const std::string_view key = deciding_key(code);
    line += fmt::format(", {} {} ({}{}{})", tally.count, to_string(code), format_bytes(tally.bytes),
                        key.empty() ? "" : ", ", key);
  }
  spdlog::info("{}", line);
}

void add(Tally& tally, std::uint64_t bytes) {
  ++tally.count;
  tally.bytes += bytes;
}

void log_outcome(const Job& job) {
  const std::string name = name_of(job.source_path);
  const std::string reason = job.reason ? job.reason->text : std::string();
  switch (job.status) {
    case JobStatus::success: {
      const std::uint64_t now = job.new_bytes.value_or(0);
      const double saved =
          job.original_bytes == 0
              ? 0
              : 100.0 - 100.0 * static_cast<double>(now) / static_cast<double>(job.original_bytes);
      spdlog::info("'{}': {} -> {}, {:.0f} % saved", name, format_bytes(job.original_bytes),
                   format_bytes(now), saved);
      break;
    }
    case JobStatus::failed:
      spdlog::error("'{}' failed: {}", name, reason);
      break;
    case JobStatus::pending:
      spdlog::warn("'{}' waits: {}", name, reason);
      break;
    default:
      spdlog::info("'{}' is left as it is: {}", name, reason);
      break;
  }
  for (const auto& warning : job.warnings) spdlog::warn("'{}': {}", name, warning);
}

// Those that have kept their stamp for stability_secs, all waiting side by side.
std::vector<Candidate> wait_until_stable(std::vector<Candidate> waiting, const Config& config,
                                         PassReport& report, std::stop_token stop) {
  std::vector<Candidate> stable;
  StabilityTracker tracker{std::chrono::seconds(config.stability_secs)};
  for (const auto& candidate : waiting)
    tracker.observe(candidate.path, candidate.stamp, Clock::now());
  const auto give_up = Clock::now() +
                       kStabilityRounds * std::chrono::seconds(config.stability_secs) +
                       std::chrono::seconds(1);
  while (!waiting.empty() && Clock::now() < give_up) {
    if (!sleep_until(tracker.next_ready().value_or(Clock::now()), stop)) return {};
    std::vector<Candidate> still;
    for (auto& candidate : waiting) {
      const auto stamp = stamp_of(candidate.path);
      if (!stamp) continue;  // gone: no longer a candidate
      candidate.stamp = *stamp;
      (tracker.observe(candidate.path, *stamp, Clock::now()) ? stable : still)
          .push_back(std::move(candidate));
    }
    waiting = std::move(still);
    for (const auto& candidate : stable) tracker.forget(candidate.path);
  }
  for (const auto& candidate : waiting) {
    add(report.unstable, candidate.stamp.size_bytes);
    spdlog::info("'{}' is still changing: left to the next pass", name_of(candidate.path));
  }
  return stable;
}

// Hands out candidates to the job threads, in order.
class Queue {
 public:
  explicit Queue(std::vector<Candidate> candidates) : candidates_(std::move(candidates)) {}

  std::optional<Candidate> take() {
    const std::lock_guard lock(mutex_);
    if (next_ == candidates_.size()) return std::nullopt;
    return candidates_[next_++];
  }

 private:
  std::mutex mutex_;
  std::vector<Candidate> candidates_;
  std::size_t next_ = 0;
};

void run_queue(Queue& queue, const Workshop& workshop, PassReport& report, std::mutex& report_mutex,
               std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto candidate = queue.take();
    if (!candidate) return;
    const Job job = run_job(*candidate, workshop, stop);
    log_outcome(job);
    const std::lock_guard lock(report_mutex);
    add(report.jobs[job.status], job.original_bytes);
    if (job.status != JobStatus::success) continue;
    report.bytes_before += job.original_bytes;
    report.bytes_after += job.new_bytes.value_or(0);
  }
}

}  // namespace

bool sleep_until(std::chrono::steady_clock::time_point time, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_until(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

std::vector<Candidate> find_work(const Config& config, const JobStore& store,
                                 std::string_view ffmpeg_version, Sidecars sidecars,
                                 PassReport& report, std::stop_token stop) {
  ScanResult found = scan(config, {config.job_state_dir, config.temp_output_dir}, stop);
  log_scan(found);
  report.files = found.candidates.size();
  std::vector<Candidate> work;
  for (auto& candidate : found.candidates) {
    const std::uint64_t bytes = candidate.stamp.size_bytes;
    if (const auto reason = check_file_gates(candidate, config)) {
      add(report.gated[reason->code], bytes);
      report.gated_files.push_back({candidate.path, bytes, reason->code});
      const bool tell = sidecars == Sidecars::write && config.write_why_sidecars &&
                        reason->code != ReasonCode::disc_structure;
      if (!tell) continue;
      if (const Status told = write_why(candidate.path, *reason); !told) {
        spdlog::debug("{}", told.error().message);
      }
    } else if (find_answer(candidate, store, config, ffmpeg_version)) {
      add(report.answered, bytes);
    } else {
      work.push_back(std::move(candidate));
    }
  }
  std::stable_sort(work.begin(), work.end(), [](const Candidate& a, const Candidate& b) {
    return a.stamp.size_bytes > b.stamp.size_bytes;
  });
  log_report(report, work.size());
  return work;
}

PassReport run_pass(const Workshop& workshop, std::stop_token stop) {
  PassReport report;
  const Config& config = workshop.config;
  // Deleting a job's file is the owner's way to have a film looked at anew.
  if (const auto forgotten = workshop.store.forget_deleted(); !forgotten) {
    spdlog::warn("{}", forgotten.error().message);
  }
  auto work =
      find_work(config, workshop.store, workshop.tools.version.text, Sidecars::write, report, stop);
  work = wait_until_stable(std::move(work), config, report, stop);
  Queue queue(std::move(work));
  std::mutex report_mutex;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < config.max_concurrent_jobs; ++i) {
      threads.emplace_back([&] { run_queue(queue, workshop, report, report_mutex, stop); });
    }
  }
  return report;
}

}  // namespace av1d
