// A look at the libraries; see look.h.
#include "daemon/look.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "av1d/gates.h"
#include "av1d/replace.h"
#include "av1d/sidecars.h"
#include "av1d/text.h"
#include "av1d/workers.h"
#include "daemon/pipeline.h"

namespace av1d {

namespace {

// Turned down for something of the moment, and nothing about it has changed.
bool still_holds(const Job& job, const Candidate& candidate, const Config& config) {
  const fs::path& final_path = job.output_path.empty() ? candidate.path : job.output_path;
  return preflight(replace_request(candidate, job.id, final_path, config)) == job.reason;
}

// A job that runs, or waits to run again, sees to its film's note itself.
void keep_note(Notes& notes, const Candidate& candidate, const Sorted& sorted,
               const Config& config) {
  if (sorted.fate == Fate::running || sorted.fate == Fate::later) return;
  if (!sorted.reason) return notes.withdraw(candidate);
  if (config.write_why_sidecars) notes.tell(candidate, *sorted.reason);
}

void put(Findings& found, Candidate candidate, const Sorted& sorted, PreflightMode mode) {
  ScanReport& report = found.report;
  const std::uint64_t bytes = candidate.stamp.size_bytes;
  switch (sorted.fate) {
    case Fate::gated:
      report.skipped[sorted.reason->code].add(bytes);
      if (mode == PreflightMode::read_only) {
        found.gated_files.push_back({std::move(candidate.path), bytes, sorted.reason->code});
      }
      return;
    case Fate::answered: {
      ++report.answered;
      const bool failed = sorted.reason && status_for(sorted.reason->code) == JobStatus::failed;
      Tally& tally = !sorted.reason ? report.done
                     : failed       ? report.failed[sorted.reason->code]
                                    : report.skipped[sorted.reason->code];
      return tally.add(bytes);
    }
    case Fate::later:
    case Fate::running:
    case Fate::eligible:
      report.work.add(bytes);
      found.work.push_back(work_of(std::move(candidate), sorted.retry_after));
      return;
  }
}

void append(std::map<ReasonCode, Tally>& to, const std::map<ReasonCode, Tally>& from) {
  for (const auto& [code, tally] : from) to[code].add(tally);
}

// What one thread has sorted.
void append(Findings& to, Findings&& from) {
  to.report.work.add(from.report.work);
  to.report.done.add(from.report.done);
  append(to.report.skipped, from.report.skipped);
  append(to.report.failed, from.report.failed);
  to.report.answered += from.report.answered;
  std::move(from.work.begin(), from.work.end(), std::back_inserter(to.work));
  std::move(from.gated_files.begin(), from.gated_files.end(), std::back_inserter(to.gated_files));
}

std::string list_of(std::string_view what, const std::map<ReasonCode, Tally>& tallies) {
  std::string text;
  for (const auto& [code, tally] : tallies) {
    const std::string_view key = deciding_key(code);
    text += fmt::format("{} {} {} ({}{}{})", text.empty() ? "" : ",", tally.count, to_string(code),
                        format_bytes(tally.bytes), key.empty() ? "" : ", ", key);
  }
  return text.empty() ? text : fmt::format("; {}:{}", what, text);
}

}  // namespace

Sorted sort_out(const Candidate& candidate, const Config& config, const JobStore& store,
                std::string_view ffmpeg_version, PreflightMode mode, Time now) {
  // What av1d made stays done, small as it may be.
  if (store.find_result(candidate.path, candidate.stamp)) return {Fate::answered, {}, {}};
  if (auto reason = check_file_gates(candidate, config)) {
    return {Fate::gated, std::move(reason), {}};
  }
  auto job = store.find(job_id(candidate.path, candidate.stamp));
  if (!job) return {};
  if (answers(*job, config, ffmpeg_version)) {
    return {Fate::answered, std::move(job->reason), {}};
  }
  if (job->status == JobStatus::running) return {Fate::running, {}, {}};
  const bool of_the_moment =
      job->status == JobStatus::skipped && job->reason && is_transient(job->reason->code);
  if (of_the_moment && mode == PreflightMode::writing && still_holds(*job, candidate, config)) {
    return {Fate::answered, std::move(job->reason), {}};
  }
  if (job->retry_after && *job->retry_after > now) return {Fate::later, {}, job->retry_after};
  return {};
}

std::string report_line(const ScanReport& report) {
  std::string line = fmt::format("scan: {} files, {} to do", report.files, report.work.count);
  if (report.work.count > 0) line += fmt::format(" ({})", format_bytes(report.work.bytes));
  if (report.done.count > 0) {
    line += fmt::format(", {} done ({})", report.done.count, format_bytes(report.done.bytes));
  }
  return line + list_of("skipped", report.skipped) + list_of("failed", report.failed);
}

Work work_of(Candidate candidate, const std::optional<Time>& retry_after) {
  Work work{std::move(candidate), {}};
  if (!retry_after) return work;
  // Clamped, so that a clock that was set back keeps no file waiting for years.
  const auto wait = std::clamp<std::chrono::nanoseconds>(*retry_after - Time::clock::now(),
                                                         std::chrono::seconds(0), kMaxRetryDelay);
  work.not_before =
      Backlog::Clock::now() + std::chrono::duration_cast<Backlog::Clock::duration>(wait);
  return work;
}

std::string warning_line(const ScanWarning& warning) {
  return fmt::format("'{}': {}", printable(warning.path.native()), warning.what);
}

Findings look_around(const Config& config, const JobStore& store, std::string_view ffmpeg_version,
                     Notes* notes, std::stop_token stop) {
  const auto mode = notes != nullptr ? PreflightMode::writing : PreflightMode::read_only;
  Findings found;
  found.scan = scan(config, {config.job_state_dir, config.temp_output_dir}, stop);
  const FoundFiles& files = found.scan.files;
  const Time now = Time::clock::now();
  if (notes != nullptr) notes->begin_scan();
  std::vector<Findings> parts(worker_count());
  share_out(files.size(), worker_count(), [&](unsigned worker, std::size_t i) {
    if (stop.stop_requested()) return;
    Candidate candidate = files[i];
    const Sorted sorted = sort_out(candidate, config, store, ffmpeg_version, mode, now);
    if (notes != nullptr) keep_note(*notes, candidate, sorted, config);
    put(parts[worker], std::move(candidate), sorted, mode);
  });
  for (Findings& part : parts) append(found, std::move(part));
  found.report.files = files.size();
  if (notes != nullptr) notes->sweep(found.scan);
  found.scan.files.clear();
  std::sort(found.gated_files.begin(), found.gated_files.end(),
            [](const auto& a, const auto& b) { return a.path.native() < b.path.native(); });
  return found;
}

}  // namespace av1d
