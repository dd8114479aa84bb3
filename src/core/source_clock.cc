// ffmpeg's framecrc lines into SourceClock; see source_clock.h.
#include "av1d/source_clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "frame_times.h"
#include "number.h"

namespace av1d {

namespace {

// framecrc's "F=0x5": AV_PKT_FLAG_DISCARD of libavcodec/packet.h.
constexpr std::uint64_t kDiscardFlag = 0x4;
// What ffmpeg lets stand as a gap at a joint (-dts_delta_threshold), and rounding.
constexpr std::int64_t kJointNs = 10'000'000'000;
constexpr std::int64_t kSlackNs = 50'000'000;
// A decoder may make fewer frames than there are packets (VP8's alternate references, a field each
// packet), but never a hole: one this much longer than any between the packets is a loss.
constexpr std::int64_t kHoleNs = 100'000'000;

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

// The next word before a comma.
std::string_view take(std::string_view& line) {
  const auto comma = std::min(line.find(','), line.size());
  const std::string_view word = trimmed(line.substr(0, comma));
  line.remove_prefix(std::min(comma + 1, line.size()));
  return word;
}

// AV_NOPTS_VALUE is written as the number that it is.
std::optional<std::int64_t> time_in(std::string_view word) {
  const auto ticks = number_of<std::int64_t>(word);
  return ticks == INT64_MIN ? std::nullopt : ticks;
}

std::uint64_t flags_in(std::string_view line) {
  const auto at = line.find("F=0x");
  if (at == std::string_view::npos) return 0;
  std::string_view digits = line.substr(at + 4);
  digits = digits.substr(0, std::min(digits.find(','), digits.size()));
  std::uint64_t flags = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), flags, 16);
  return flags;
}

struct TimeBaseLine {
  std::size_t position = 0;
  Rational base;
};

// "#tb 1: 1/90000"
std::optional<TimeBaseLine> time_base_in(std::string_view line) {
  const auto colon = line.find(':');
  const auto slash = line.find('/');
  if (!line.starts_with("#tb ") || colon == std::string_view::npos ||
      slash == std::string_view::npos || slash < colon) {
    return std::nullopt;
  }
  const auto position = number_of<std::size_t>(line.substr(4, colon - 4));
  const auto num = number_of<std::int64_t>(trimmed(line.substr(colon + 1, slash - colon - 1)));
  const auto den = number_of<std::int64_t>(line.substr(slash + 1));
  if (!position || !num || !den) return std::nullopt;
  return TimeBaseLine{*position, {*num, *den}};
}

const PacketFacts* main_packets(const MediaInfo& source, const std::vector<PacketFacts>& packets) {
  const Stream* video = source.main_video();
  const auto index = video == nullptr ? packets.size() : static_cast<std::size_t>(video->index);
  return index < packets.size() ? &packets[index] : nullptr;
}

std::int64_t longest_gap(const std::vector<std::int64_t>& times) {
  std::int64_t longest = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    longest = std::max(longest, times[i] - times[i - 1]);
  }
  return longest;
}

std::uint64_t most_jumps(const MediaInfo& source) {
  std::uint64_t most = 0;
  for (const auto& facts : source.packets) most = std::max(most, facts.clock_jumps);
  return most;
}

}  // namespace

Argv source_clock_args(const std::string& ffmpeg, const fs::path& path, const MediaInfo& source,
                       const std::vector<int>& others) {
  Argv argv = {ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "repeat+level+error"};
  const Argv input = input_options(depth_for(source.container));
  argv.insert(argv.end(), input.begin(), input.end());
  argv.insert(argv.end(), {"-i", input_url(path)});
  const std::string main = fmt::format("0:{}", source.main_video()->index);
  argv.insert(argv.end(), {"-map", main, "-map", main});
  for (const int index : others) argv.insert(argv.end(), {"-map", fmt::format("0:{}", index)});
  argv.insert(argv.end(),
              {"-c", "copy", "-copyinkf", "-c:0", "wrapped_avframe", "-fps_mode:0", "passthrough",
               "-enc_time_base:0", "filter", "-f", "framecrc", "pipe:1"});
  return argv;
}

// "0,          0,          0,        1,      432, 0x5d3f8a11"
void DecodedTimes::add_line(std::string_view line) {
  if (line.starts_with('#')) {
    if (const auto read = time_base_in(line); read && read->position == 0) time_base_ = read->base;
    return;
  }
  if (take(line) != "0") return;
  take(line);  // its DTS
  if (const auto pts = time_in(take(line))) times_ns_.push_back(ticks_to_ns(*pts, time_base_));
}

std::vector<std::int64_t> DecodedTimes::finish() {
  std::sort(times_ns_.begin(), times_ns_.end());
  return std::move(times_ns_);
}

SourceClockScan::SourceClockScan(const MediaInfo& source, const std::vector<int>& others)
    : tally_(source) {
  source_index_ = {SIZE_MAX, static_cast<std::size_t>(source.main_video()->index)};
  for (const int index : others) source_index_.push_back(static_cast<std::size_t>(index));
}

void SourceClockScan::read_time_base(std::string_view line) {
  const auto read = time_base_in(line);
  if (!read || read->position == 0 || read->position >= source_index_.size()) return;
  tally_.set_time_base(source_index_[read->position], read->base);
}

// "1,      -6300,        900,     3600,    12761, 0x2d3f8a11, F=0x5, S=1, 1, 0x..."
void SourceClockScan::add_line(std::string_view line) {
  frames_.add_line(line);
  if (line.starts_with('#')) return read_time_base(line);
  const auto position = number_of<std::size_t>(take(line));
  if (!position || *position == 0 || *position >= source_index_.size()) return;
  PacketLine packet;
  packet.stream = source_index_[*position];
  packet.dts = time_in(take(line));
  packet.pts = time_in(take(line));
  packet.duration = number_of<std::int64_t>(take(line));
  packet.size = number_of<std::uint64_t>(take(line)).value_or(0);
  packet.discard = (flags_in(line) & kDiscardFlag) != 0;
  tally_.add(packet);
}

SourceClock SourceClockScan::finish() {
  return {tally_.finish(), frames_.finish()};
}

bool has_clock_jumps(const MediaInfo& source) {
  return most_jumps(source) > 0;
}

bool closes_jumps_only(const MediaInfo& source, const SourceClock& clock) {
  const PacketFacts* had = main_packets(source, source.packets);
  const PacketFacts* got = main_packets(source, clock.packets);
  if (had == nullptr || got == nullptr || had->count != got->count) return false;
  if (got->clock_jumps > 0) return false;
  const std::int64_t joints = static_cast<std::int64_t>(most_jumps(source)) * kJointNs;
  return std::abs(got->steady_ns - had->steady_ns) <= joints + kSlackNs;
}

bool has_hole(const MediaInfo& source, const SourceClock& clock) {
  const std::vector<std::int64_t>& times = clock.frame_times_ns;
  const PacketFacts* main = main_packets(source, clock.packets);
  if (main == nullptr || times.empty()) return true;
  const std::vector<std::int64_t>& packets = main->pts_ns;
  if (longest_gap(times) > longest_gap(packets) + kHoleNs) return true;
  return !packets.empty() && times.back() + kHoleNs < packets.back();
}

bool guesses_times(const MediaInfo& source, const SourceClock& clock) {
  const PacketFacts* packets = main_packets(source, source.packets);
  if (packets == nullptr || packets->without_pts > 0) return false;
  return std::any_of(clock.frame_times_ns.begin(), clock.frame_times_ns.end(),
                     [&](std::int64_t time) { return !has_time_near(packets->pts_ns, time); });
}

void to_file_times(const MediaInfo& source, SourceClock& clock) {
  const PacketFacts* had = main_packets(source, source.packets);
  const PacketFacts* got = main_packets(source, clock.packets);
  const bool timed = had != nullptr && got != nullptr && had->without_pts == 0 &&
                     had->first_pts_ns && got->first_pts_ns;
  const std::int64_t shift = timed ? *had->first_pts_ns - *got->first_pts_ns
                                   : std::llround(source.start_secs.value_or(0) * 1e9);
  for (auto& time : clock.frame_times_ns) time += shift;
}

}  // namespace av1d
