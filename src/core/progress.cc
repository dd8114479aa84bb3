// ffmpeg's -progress lines into blocks, and blocks into what a person wants to know. Keys and their
// traps (values in front of which stand blanks, "N/A", an out_time that runs backwards) as
// measured.
#include "av1d/progress.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace av1d {

namespace {

constexpr double kSmoothingSecs = 30;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A finite number that is not negative; "1.02x" with `unit` "x".
std::optional<double> parse_number(std::string_view text, std::string_view unit = "") {
  if (!text.ends_with(unit)) return std::nullopt;
  text = trim(text.substr(0, text.size() - unit.size()));
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value) || value < 0) return std::nullopt;
  return value;
}

void set_field(ProgressBlock& block, std::string_view key, std::string_view value) {
  if (key == "frame") block.frame = parse_count(value).value_or(block.frame);
  if (key == "fps") block.fps = parse_number(value).value_or(block.fps);
  if (key == "speed") block.speed = parse_number(value, "x");
  if (key == "total_size") block.total_bytes = parse_count(value);
  if (key == "dup_frames") block.duplicated = parse_count(value).value_or(block.duplicated);
  if (key == "drop_frames") block.dropped = parse_count(value).value_or(block.dropped);
}

// The eta where one can be told: frames are coming and their number is known.
std::optional<double> remaining_secs(const Progress& progress, double frames_per_sec) {
  if (progress.frames_total == 0 || progress.frame == 0) return std::nullopt;
  if (progress.frame >= progress.frames_total) return 0.0;
  if (!(frames_per_sec > 0)) return std::nullopt;
  const double secs = static_cast<double>(progress.frames_total - progress.frame) / frames_per_sec;
  if (!std::isfinite(secs)) return std::nullopt;
  return secs;
}

}  // namespace

std::optional<ProgressBlock> ProgressParser::add_line(std::string_view line) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view key = trim(line.substr(0, equals));
  const std::string_view value = trim(line.substr(equals + 1));
  if (key != "progress") {
    set_field(block_, key, value);
    return std::nullopt;
  }
  if (value != "continue" && value != "end") return std::nullopt;
  block_.end = value == "end";
  return std::exchange(block_, {});
}

// A clock that stands still adds its frames to the next measurement; one that went back starts a
// new one. The weights make the average the plain mean at first and the moving one after ~30 s.
void ProgressMeter::measure_rate(Clock::time_point now) {
  if (progress_.frame == 0) return;
  if (!last_time_ || now < *last_time_) {
    last_time_ = now;
    last_frame_ = progress_.frame;
    return;
  }
  const double secs = std::chrono::duration<double>(now - *last_time_).count();
  if (secs <= 0) return;
  const double rate = static_cast<double>(progress_.frame - last_frame_) / secs;
  const double share = -std::expm1(-secs / kSmoothingSecs);
  weighted_rate_ += share * (rate - weighted_rate_);
  weight_ += share * (1 - weight_);
  frames_per_sec_ = weight_ > 0 ? weighted_rate_ / weight_ : 0;
  last_time_ = now;
  last_frame_ = progress_.frame;
}

const Progress& ProgressMeter::update(const ProgressBlock& block, std::uint64_t output_bytes,
                                      Clock::time_point now) {
  progress_.frame = std::max(progress_.frame, block.frame);
  progress_.fps = block.fps;
  progress_.speed = block.speed.value_or(progress_.speed);
  progress_.output_bytes = output_bytes;
  if (progress_.frames_total > 0) {
    const double percent =
        100.0 * static_cast<double>(progress_.frame) / static_cast<double>(progress_.frames_total);
    progress_.percent = std::max(progress_.percent, std::min(percent, 100.0));
  }
  measure_rate(now);
  progress_.eta_secs = remaining_secs(progress_, frames_per_sec_);
  return progress_;
}

}  // namespace av1d
