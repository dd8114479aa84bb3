// The encode itself, watched while it runs; see encode.h.
#include "daemon/encode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "av1d/plan.h"
#include "av1d/probe.h"
#include "av1d/progress.h"
#include "av1d/replace.h"
#include "av1d/scan.h"
#include "av1d/size_gate.h"
#include "av1d/text.h"

namespace av1d {

namespace {

using Clock = std::chrono::steady_clock;

// Ticks come about once a second.
constexpr std::chrono::seconds kLongestTick{2};

// Below this the filesystem counts as full, before ffmpeg's own write fails.
constexpr std::uint64_t kSpaceFloor = std::uint64_t{16} << 20U;

std::uint64_t size_or_zero(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : static_cast<std::uint64_t>(size);
}

// True where the line comes from the writing side, not from the source: "[libsvtav1 @ 0x..]
// [error]".
bool is_output_line(std::string_view line) {
  static constexpr std::array kPrefixes = {
      "[libsvtav1",  "[libaom", "[librav1e", "[out#", "[vost#", "[aost#", "[sost#",  "[enc:",
      "[matroska @", "[webm @", "[mp4 @",    "Svt[",  "[vf#",   "[fc#",   "[Parsed_"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](const char* p) { return line.starts_with(p); });
}

// Looks at one running encode once a second and decides whether it may go on.
class Watch {
 public:
  Watch(const Examination& exam, const Config& config, const EncodeListener& listener)
      : exam_(exam),
        config_(config),
        listener_(listener),
        judge_(stderr_context(exam.media)),
        meter_(exam.plan->expected_frames) {}

  void on_stdout(std::string_view line) {
    const auto block = parser_.add_line(line);
    if (!block) return;
    if (block->frame > 0) judge_.first_frame_decoded();
    if (block->frame != frame_) advanced_ = active_now();
    frame_ = block->frame;
    const Progress& progress = meter_.update(
        *block, std::max(size_or_zero(exam_.output), block->total_bytes.value_or(0)), active_now());
    if (listener_.on_progress) listener_.on_progress(progress);
  }

  void on_stderr(std::string_view line) {
    const LineKind kind = judge_.add(line);
    if (kind == LineKind::noise || kind == LineKind::harmless) return;
    if (judge_.disk_full()) return give_up(ReasonCode::no_space, std::string(line));
    if (kind == LineKind::misuse) return give_up(ReasonCode::encoder_failed, std::string(line));
    if (kind == LineKind::late_stream || kind == LineKind::other_frame) return film_changes(kind);
    if (is_output_line(line)) return give_up(ReasonCode::encoder_failed, std::string(line));
    if (config_.accepts(Loss::damaged_source)) return;
    give_up(ReasonCode::damaged_source,
            fmt::format("decoding it gives errors: {}", printable(line)));
  }

  // False ends the encoder.
  bool on_tick(const ChildStatus& status) {
    if (reason_) return false;
    tick_at_ = Clock::now();
    active_at_tick_ = std::chrono::duration_cast<Clock::duration>(status.elapsed);
    if (status.cpu.count() > cpu_ + 0.01) advanced_ = active_now();
    cpu_ = status.cpu.count();
    check_output();
    check_source();
    check_stall();
    return !reason_.has_value();
  }

  const std::optional<Reason>& reason() const { return reason_; }
  const StderrJudge& judge() const { return judge_; }

 private:
  void film_changes(LineKind kind) {
    const std::string_view what =
        kind == LineKind::late_stream
            ? "a stream begins that its start does not announce, and that would be lost"
            : "its picture or sound goes on in another size, format or colours, of which AV1 here "
              "keeps the first";
    give_up(ReasonCode::changing_film,
            fmt::format("after {:.0f} % of the film {}", meter_.current().percent, what));
  }

  void give_up(ReasonCode code, std::string text) {
    if (!reason_) reason_ = Reason{code, std::move(text)};
  }

  // A clock that stops while the encoder is paused: the child's own at each tick, and what has gone
  // by since then, which can't be more than the time between two ticks.
  Clock::time_point active_now() const {
    const Clock::duration since_tick = Clock::now() - tick_at_;
    return Clock::time_point(active_at_tick_ + std::min<Clock::duration>(since_tick, kLongestTick));
  }

  void check_output() {
    const std::uint64_t bytes = size_or_zero(exam_.output);
    if (auto reason = check_size(exam_.candidate.stamp.size_bytes, bytes, config_.max_size_ratio)) {
      reason->text += fmt::format(" (after {:.0f} % of the film)", meter_.current().percent);
      if (!reason_) reason_ = std::move(reason);
    }
    const auto free = free_bytes(exam_.output.parent_path());
    if (free && *free < kSpaceFloor) {
      give_up(ReasonCode::no_space,
              fmt::format("'{}' has only {} left", printable(exam_.output.parent_path().native()),
                          format_bytes(*free)));
    }
  }

  void check_source() {
    if (auto reason = call_off(exam_.candidate)) give_up(reason->code, std::move(reason->text));
  }

  void check_stall() {
    if (active_now() - advanced_ < std::chrono::seconds(config_.stall_timeout_secs)) return;
    give_up(ReasonCode::stalled,
            fmt::format("neither frames nor CPU time advanced for {} s (frame {})",
                        config_.stall_timeout_secs, frame_));
  }

  const Examination& exam_;
  const Config& config_;
  const EncodeListener& listener_;
  StderrJudge judge_;
  ProgressParser parser_;
  ProgressMeter meter_;
  std::optional<Reason> reason_;
  std::uint64_t frame_ = 0;
  double cpu_ = 0;
  Clock::time_point tick_at_ = Clock::now();
  Clock::duration active_at_tick_{0};
  Clock::time_point advanced_{};  // on the clock of active_now()
};

// Why a run that ended by itself did not succeed.
std::optional<Reason> failure_of(const RunExit& exit, const Watch& watch) {
  if (watch.reason()) return watch.reason();
  if (exit.stopped) return Reason{ReasonCode::interrupted, "it was stopped"};
  if (exit.ok()) return std::nullopt;
  const std::string last =
      exit.stderr_tail.empty() ? "" : ": " + printable(exit.stderr_tail.back());
  const ReasonCode code =
      watch.judge().disk_full() ? ReasonCode::no_space : ReasonCode::encoder_failed;
  return Reason{code, fmt::format("ffmpeg failed ({}){}", exit.describe(), last)};
}

}  // namespace

std::optional<Reason> call_off(const Candidate& candidate) {
  if (const auto marker = find_marker(candidate.path, candidate.root)) {
    return Reason{ReasonCode::marker,
                  fmt::format("the marker '{}' stands", printable(marker->native()))};
  }
  const auto stamp = stamp_of(candidate.path);
  if (stamp && same_version(*stamp, candidate.stamp)) return std::nullopt;
  const bool gone = !stamp && stamp.error().errno_value == ENOENT;
  return Reason{ReasonCode::source_changed,
                gone ? "the source is gone" : "the source changed while it was in work"};
}

std::expected<EncodeRun, Reason> encode(const Examination& exam, const Config& config,
                                        const Asker& asker, const EncodeListener& listener) {
  Watch watch(exam, config, listener);
  RunOptions options;
  options.nice = config.nice;
  options.on_stdout = [&](std::string_view line) { watch.on_stdout(line); };
  options.on_stderr = [&](std::string_view line) { watch.on_stderr(line); };
  options.on_tick = [&](const ChildStatus& status) { return watch.on_tick(status); };
  const Result<RunExit> exit = asker.runner.run(exam.argv, options, asker.stop);
  if (!exit) return std::unexpected(Reason{ReasonCode::encoder_failed, exit.error().message});
  if (listener.on_log) listener.on_log(exit->stderr_tail);
  if (auto reason = failure_of(*exit, watch)) return std::unexpected(*std::move(reason));
  EncodeRun run;
  run.exit_status = exit->status;
  run.misuse_lines = watch.judge().misuse_lines();
  if (!config.accepts(Loss::damaged_source)) run.damage_lines = watch.judge().damage_lines();
  run.first_bad_line = watch.judge().damage_lines() > 0 ? watch.judge().first_damage()
                                                        : watch.judge().first_misuse();
  return run;
}

Status extract_covers(const Examination& exam, const Asker& asker) {
  return exam.extraction.empty() ? Status{} : asker.ask(exam.extraction, kReadTimeout, nullptr);
}

}  // namespace av1d
