// Jobs of every shape, for the laws that hold for all of them.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "av1d/job_store.h"
#include "av1d/text.h"
#include "support/catch.h"

namespace av1d::test {

inline std::string any_bytes() {
  const auto bytes = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 256));
  std::string text;
  for (const int byte : bytes) text += static_cast<char>(static_cast<unsigned char>(byte));
  return text;
}

inline fs::path any_path() {
  return "/" + any_bytes();
}

// Text that is UTF-8, control characters included: what is for people is kept exactly only then.
inline std::string any_text() {
  return printable(any_bytes()) + *rc::gen::element("", "\n\t\x01", "\u00e9\x7f");
}

inline std::vector<std::string> any_lines() {
  std::vector<std::string> lines(*rc::gen::inRange<std::size_t>(0, 4));
  for (auto& line : lines) line = any_text();
  return lines;
}

template <class T>
T any_whole() {
  const T any = *rc::gen::arbitrary<T>();
  return *rc::gen::element(any, T{0}, std::numeric_limits<T>::max());
}

inline int any_count() {
  return *rc::gen::inRange(0, std::numeric_limits<int>::max());
}

inline double any_real() {
  return *rc::gen::element(0.0, 0.1, 1e300, -1.5, 99.99999999999999, 23.976);
}

inline Time any_time() {
  return Time(std::chrono::seconds(*rc::gen::inRange<std::int64_t>(-9'000'000'000, 9'000'000'000)));
}

template <class F>
auto maybe(F&& make) -> std::optional<decltype(make())> {
  if (*rc::gen::arbitrary<bool>()) return make();
  return std::nullopt;
}

inline FileStamp any_stamp() {
  FileStamp stamp;
  stamp.device = any_whole<std::uint64_t>();
  stamp.inode = any_whole<std::uint64_t>();
  stamp.size_bytes = any_whole<std::uint64_t>();
  stamp.mtime_ns =
      *rc::gen::element(any_whole<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  stamp.ctime_ns = any_whole<std::int64_t>();
  stamp.link_count = any_whole<std::uint32_t>();
  return stamp;
}

inline ReplaceJournal any_journal() {
  ReplaceJournal journal;
  journal.source = any_path();
  journal.final_path = any_path();
  journal.staged = any_path();
  journal.old_name = any_path();
  journal.keep_original = *rc::gen::arbitrary<bool>();
  journal.original = any_stamp();
  journal.staged_stamp = any_stamp();
  journal.kind = *rc::gen::element(JournalKind::replace, JournalKind::undo);
  return journal;
}

inline Progress any_progress() {
  Progress progress;
  progress.frame = any_whole<std::uint64_t>();
  progress.frames_total = any_whole<std::uint64_t>();
  progress.percent = any_real();
  progress.fps = any_real();
  progress.speed = any_real();
  progress.output_bytes = any_whole<std::uint64_t>();
  progress.eta_secs = maybe(any_real);
  return progress;
}

inline MeasuredQuality any_quality() {
  MeasuredQuality quality{any_real(), any_real(), {}};
  quality.windows.resize(*rc::gen::inRange<std::size_t>(0, 4));
  for (auto& window : quality.windows) {
    window = {any_real(), any_real(), any_whole<std::uint64_t>(), any_real()};
  }
  return quality;
}

inline Classification any_classification() {
  return {*rc::gen::element(SourceClass::unknown, SourceClass::web_like, SourceClass::disc_like),
          any_count(), any_count(), any_lines()};
}

inline Reason any_reason() {
  const int last = static_cast<int>(ReasonCode::replace_failed);
  return {static_cast<ReasonCode>(*rc::gen::inRange(0, last + 1)), any_text()};
}

inline Job any_job() {
  Job job;
  job.source_path = any_path();
  job.output_path = *rc::gen::arbitrary<bool>() ? any_path() : fs::path();
  job.source = any_stamp();
  job.id = job_id(job.source_path, job.source);
  job.status = static_cast<JobStatus>(*rc::gen::inRange(0, 5));
  job.stage = static_cast<JobStage>(*rc::gen::inRange(0, 6));
  job.reason = maybe(any_reason);
  job.decision_digest = fnv1a_hex(any_bytes());
  job.attempts = any_count();
  job.interruptions = any_count();
  job.created_at = any_time();
  job.started_at = maybe(any_time);
  job.finished_at = maybe(any_time);
  job.updated_at = any_time();
  job.retry_after = maybe(any_time);
  job.original_bytes = any_whole<std::uint64_t>();
  job.new_bytes = maybe(any_whole<std::uint64_t>);
  job.encoder_used =
      maybe([] { return *rc::gen::element(Encoder::svt, Encoder::aom, Encoder::rav1e); });
  job.crf_used = maybe(any_count);
  job.preset_used = maybe(any_count);
  job.video_codec = any_text();
  job.video_width = any_count();
  job.video_height = any_count();
  job.is_hdr = *rc::gen::arbitrary<bool>();
  job.format_name = any_text();
  job.duration_secs = maybe(any_real);
  job.video_bits_per_sec = any_whole<std::uint64_t>();
  job.streams = any_lines();
  job.classification = maybe(any_classification);
  job.plan_reasons = any_lines();
  job.argv = {"ffmpeg", any_bytes(), any_text()};
  job.encode_secs = maybe(any_real);
  job.progress = maybe(any_progress);
  job.quality = maybe(any_quality);
  job.warnings = any_lines();
  job.log_tail = any_lines();
  job.journal = maybe(any_journal);
  const auto any_result = [] {
    return ResultStamp{any_path(), any_whole<std::uint64_t>(), any_whole<std::int64_t>()};
  };
  job.result = maybe(any_result);
  job.kept_original = maybe(any_result);
  return job;
}

}  // namespace av1d::test
