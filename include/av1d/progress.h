// ffmpeg's -progress output and what a person wants to know of it. Pure: time is an argument.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "av1d/types.h"

namespace av1d {

// One block of `-progress`: key=value lines closed by progress=continue or progress=end.
struct ProgressBlock {
  std::uint64_t frame = 0;
  double fps = 0;
  std::optional<double> speed;               // "N/A" before the first packet
  std::optional<std::uint64_t> total_bytes;  // likewise
  std::uint64_t duplicated = 0;
  std::uint64_t dropped = 0;
  bool end = false;  // also printed after SIGTERM: not a sign of success
};

// Collects lines into blocks; never throws, ignores what it does not know, values out of range and
// lines that are no key=value.
class ProgressParser {
 public:
  // The finished block when `line` closes one.
  std::optional<ProgressBlock> add_line(std::string_view line);

 private:
  ProgressBlock block_;
};

// Smooths blocks into Progress: percent is frames over the expected frames and never falls, the ETA
// is from a moving average of the rate (time constant 30 s) since the first frame. The frames are
// never taken from out_time, which copied audio runs ahead of (ffmpeg's own figure goes backwards).
class ProgressMeter {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ProgressMeter(std::uint64_t frames_total) { progress_.frames_total = frames_total; }
  const Progress& update(const ProgressBlock& block, std::uint64_t output_bytes,
                         Clock::time_point now);
  const Progress& current() const { return progress_; }

 private:
  void measure_rate(Clock::time_point now);

  Progress progress_;
  std::optional<Clock::time_point> last_time_;
  std::uint64_t last_frame_ = 0;
  double weighted_rate_ = 0;  // moving average that starts at 0 with the weight of what it has seen
  double weight_ = 0;
  double frames_per_sec_ = 0;
};

}  // namespace av1d
