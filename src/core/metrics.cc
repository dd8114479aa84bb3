// Prometheus text format 0.0.4; see metrics.h.
#include "av1d/metrics.h"

#include <fmt/format.h>

#include <array>

#include "job_words.h"
#include "small_file.h"

namespace av1d {

namespace {

enum class Kind { gauge, counter };

// One metric after the other; every series of a metric stands below its one HELP and TYPE.
class Page {
 public:
  Page& metric(std::string_view name, Kind kind, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name,
                         kind == Kind::gauge ? "gauge" : "counter");
    return *this;
  }
  template <class T>
  Page& value(T value) {
    return series("", value);
  }
  // Labels ready to stand in braces.
  template <class T>
  Page& series(std::string_view labels, T value) {
    text_ += name_;
    if (!labels.empty()) text_ += fmt::format("{{{}}}", labels);
    text_ += fmt::format(" {}\n", value);
    return *this;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

std::string label(std::string_view name, std::string_view value) {
  std::string out = fmt::format("{}=\"", name);
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

// A status that no job has is a 0, not an absence: alerts compare with it.
void add_ended(Page& page, const std::map<JobStatus, std::uint64_t>& counts) {
  for (const JobStatus status : every<JobStatus>()) {
    if (status == JobStatus::running) continue;
    const auto at = counts.find(status);
    page.series(label("status", to_string(status)), at == counts.end() ? 0 : at->second);
  }
}

double in_whole(std::uint64_t thousandths) {
  return static_cast<double>(thousandths) / 1e3;
}

std::int64_t seconds_of(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

void add_daemon(Page& page, const Heartbeat& beat) {
  page.metric("av1d_build_info", Kind::gauge, "The version that runs; always 1.")
      .series(label("version", beat.version), 1);
  page.metric("av1d_start_time_seconds", Kind::gauge, "When the daemon started, Unix time.")
      .value(seconds_of(beat.started_at));
  page.metric("av1d_state", Kind::gauge, "1 for the state that the daemon is in.");
  for (const auto state : {DaemonState::running, DaemonState::paused, DaemonState::stopping}) {
    page.series(label("state", to_string(state)), beat.state == state ? 1 : 0);
  }
  page.metric("av1d_queue_files", Kind::gauge, "Films that wait for their encode.")
      .value(beat.waiting);
  page.metric("av1d_queue_bytes", Kind::gauge, "Size of the films that wait.").value(beat.bytes);
  page.metric("av1d_running_jobs", Kind::gauge, "Films that are worked on.").value(beat.running);
}

void add_totals(Page& page, const Totals& totals) {
  page.metric("av1d_encode_frames_per_second", Kind::gauge, "Of all encodes that run.")
      .value(in_whole(totals.frames_per_1000_secs));
  page.metric("av1d_jobs", Kind::gauge, "Jobs on record by status.");
  for (const JobStatus status : every<JobStatus>()) {
    page.series(label("status", to_string(status)), totals.count(status));
  }
  page.metric("av1d_reasons", Kind::gauge, "Jobs on record that have a reason, by the reason.");
  for (const auto& [key, count] : totals.by_reason) {
    page.series(
        label("status", to_string(key.first)) + "," + label("reason_code", to_string(key.second)),
        count);
  }
  page.metric("av1d_replaced_original_bytes", Kind::gauge,
              "Size before, of all films on record that were replaced.")
      .value(totals.bytes_before);
  page.metric("av1d_replaced_new_bytes", Kind::gauge, "Size after, of the same films.")
      .value(totals.bytes_after);
  page.metric("av1d_replaced_encode_seconds", Kind::gauge,
              "Time that the same films' encodes took.")
      .value(in_whole(totals.encode_ms));
  page.metric("av1d_kept_originals", Kind::gauge, "Originals that are kept as NAME.orig.")
      .value(totals.kept_originals);
  page.metric("av1d_kept_originals_bytes", Kind::gauge, "Size of the originals that are kept.")
      .value(totals.kept_original_bytes);
}

void add_counters(Page& page, const RunCounters& counters) {
  page.metric("av1d_ended_jobs_total", Kind::counter,
              "Attempts that came to rest since the start, by their end.");
  add_ended(page, counters.ended);
  page.metric("av1d_encode_seconds_total", Kind::counter,
              "Time that encodes took since the start, whatever became of them.")
      .value(counters.encode_secs);
  page.metric("av1d_hook_failures_total", Kind::counter, "Hooks that failed or took too long.")
      .value(counters.hook_failures);
  page.metric("av1d_removed_originals_total", Kind::counter, "Kept originals that were removed.")
      .value(counters.originals_removed);
  if (!counters.last_scan) return;
  page.metric("av1d_last_scan_timestamp_seconds", Kind::gauge, "End of the last scan, Unix time.")
      .value(seconds_of(*counters.last_scan));
}

}  // namespace

std::string format_metrics(const Totals& totals, const RunCounters& counters,
                           const Heartbeat& beat) {
  Page page;
  add_daemon(page, beat);
  add_totals(page, totals);
  add_counters(page, counters);
  return page.take();
}

Status write_metrics(const fs::path& file, const std::string& text) {
  const auto directory = open_directory(file.parent_path());
  if (!directory) return std::unexpected(directory.error());
  const std::string name = file.filename().native();
  const std::string temporary = "." + name + ".av1d-tmp";
  // What a killed daemon left under the name that only we use.
  if (const Status removed = remove_small_file(*directory, temporary); !removed) return removed;
  return write_small_file(*directory, temporary, name, text, Sync::no);
}

}  // namespace av1d
