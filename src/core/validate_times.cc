// Frames and their times; see validate_times.h.
#include "validate_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace av1d {

namespace {

using Times = std::vector<std::int64_t>;

// Matroska rounds to a millisecond, and so may the source have.
constexpr std::int64_t kFrameSlackNs = 1'500'000;
constexpr std::int64_t kSyncSlackNs = 2'000'000;
constexpr std::int64_t kDurationSlackNs = 50'000'000;
// Encoder delay that a container tells apart from sound (AAC priming is 21 to 48 ms).
constexpr std::int64_t kPrimingNs = 100'000'000;
constexpr double kHeaderSlackSecs = 1.0;
// In transport streams decoding begins at the next keyframe: at most this many frames are lost.
constexpr std::size_t kMaxLeadingFrames = 300;

double seconds(std::int64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

const PacketFacts* facts_of(const MediaInfo& media, std::size_t index) {
  return index < media.packets.size() ? &media.packets[index] : nullptr;
}

// The first frame whose time differs, comparing `source` from `skip` on with `output`, both
// relative to their own first frame.
std::optional<std::size_t> first_difference(const Times& source, std::size_t skip,
                                            const Times& output) {
  for (std::size_t i = 0; i < output.size(); ++i) {
    const std::int64_t want = source[skip + i] - source[skip];
    const std::int64_t got = output[i] - output[0];
    if (std::abs(want - got) > kFrameSlackNs) return i;
  }
  return std::nullopt;
}

// Elsewhere a frame that the packets promise and nobody decodes is for the decoder to explain
// (Observations::source_frame_times_ns).
std::size_t allowed_leading(const MediaInfo& source, const Times& times) {
  return is_transport(source.container) ? std::min(kMaxLeadingFrames, times.size()) : 0;
}

FrameMatch match_same_rate(const MediaInfo& source, const Times& want, const Times& got) {
  FrameMatch match;
  if (got.size() > want.size() || want.size() - got.size() > allowed_leading(source, want)) {
    match.problem =
        fmt::format("the new video has {} frames, the source {}", got.size(), want.size());
    return match;
  }
  match.leading_undecodable = want.size() - got.size();
  if (const auto at = first_difference(want, match.leading_undecodable, got)) {
    match.problem = fmt::format(
        "frame {} of the new video is at {:.4f} s, expected {:.4f} s", *at,
        seconds(got[*at] - got[0]),
        seconds(want[match.leading_undecodable + *at] - want[match.leading_undecodable]));
  }
  return match;
}

// At field rate every source time must be there; the fields between are new.
FrameMatch match_field_rate(const Times& want, const Times& got) {
  FrameMatch match;
  for (const std::int64_t time : want) {
    const std::int64_t target = time - want.front() + got.front();
    const auto next = std::lower_bound(got.begin(), got.end(), target - kFrameSlackNs);
    if (next == got.end() || *next > target + kFrameSlackNs) {
      match.problem =
          fmt::format("no frame of the new video is at {:.4f} s", seconds(time - want.front()));
      return match;
    }
  }
  return match;
}

std::int64_t frame_duration_ns(const Stream& video) {
  if (!video.frame_rate.known()) return 0;
  return static_cast<std::int64_t>(1e9 / video.frame_rate.value());
}

// How far before its first shown packet a stream's hidden priming reaches, within reason.
std::int64_t priming_ns(const PacketFacts& facts) {
  if (!facts.first_any_pts_ns || !facts.first_pts_ns) return 0;
  return std::clamp<std::int64_t>(*facts.first_pts_ns - *facts.first_any_pts_ns, 0, kPrimingNs);
}

bool has_times(const ExpectedStream& stream) {
  return !stream.cover && stream.type != StreamType::attachment &&
         stream.type != StreamType::data && stream.proof != ContentProof::events;
}

}  // namespace

FrameMatch match_frame_times(const MediaInfo& source, const ExpectedOutput& expected,
                             const Observations& seen) {
  FrameMatch match;
  const Stream& video = *source.main_video();
  const PacketFacts* had = facts_of(source, static_cast<std::size_t>(video.index));
  const PacketFacts* got = facts_of(seen.output, expected.main_index);
  if (had == nullptr || got == nullptr || got->pts_ns.empty()) {
    match.problem = "the new video has no frames";
    return match;
  }
  if (got->pts_ns.size() != got->shown) {
    match.problem = fmt::format("{} frames of the new video share a time with another",
                                got->shown - got->pts_ns.size());
    return match;
  }
  if (!seen.source_frame_times_ns && had->without_pts > 0) {
    const std::uint64_t want = had->shown * (expected.field_rate ? 2U : 1U);
    if (got->shown != want) {
      match.problem = fmt::format("the new video has {} frames, the source {}", got->shown, want);
    }
    return match;
  }
  const Times& want = seen.source_frame_times_ns ? *seen.source_frame_times_ns : had->pts_ns;
  if (want.empty()) {
    match.problem = "the source's video has no frames";
    return match;
  }
  return expected.field_rate ? match_field_rate(want, got->pts_ns)
                             : match_same_rate(source, want, got->pts_ns);
}

std::vector<std::string> find_sync_problems(const MediaInfo& source, const ExpectedOutput& expected,
                                            const Observations& seen) {
  std::vector<std::string> problems;
  const auto main = static_cast<std::size_t>(source.main_video()->index);
  const PacketFacts* source_video = facts_of(source, main);
  const PacketFacts* output_video = facts_of(seen.output, expected.main_index);
  if (source_video == nullptr || output_video == nullptr || !source_video->first_pts_ns ||
      !output_video->first_pts_ns) {
    return problems;
  }
  const Times& shown =
      seen.source_frame_times_ns ? *seen.source_frame_times_ns : source_video->pts_ns;
  const std::size_t leading = match_frame_times(source, expected, seen).leading_undecodable;
  const std::int64_t source_start =
      leading < shown.size() ? shown[leading] : *source_video->first_pts_ns;
  for (std::size_t i = 0; i < expected.streams.size(); ++i) {
    const ExpectedStream& stream = expected.streams[i];
    if (i == expected.main_index || !has_times(stream)) continue;
    const PacketFacts* had = facts_of(source, static_cast<std::size_t>(stream.source_index));
    const PacketFacts* got = facts_of(seen.output, i);
    if (had == nullptr || !had->first_pts_ns) continue;
    if (got == nullptr || !got->first_pts_ns) {
      problems.push_back(fmt::format("output stream {} has no packets", i));
      continue;
    }
    const std::int64_t want = *had->first_pts_ns - source_start;
    const std::int64_t is = *got->first_pts_ns - *output_video->first_pts_ns;
    if (is > want + kSyncSlackNs || is < want - priming_ns(*had) - kSyncSlackNs) {
      problems.push_back(
          fmt::format("output stream {} starts {:+.4f} s from the video, expected {:+.4f} s", i,
                      seconds(is), seconds(want)));
    }
  }
  return problems;
}

std::vector<std::string> find_duration_problems(const MediaInfo& source,
                                                const ExpectedOutput& expected,
                                                const Observations& seen) {
  std::vector<std::string> problems;
  const Stream& video = *source.main_video();
  const PacketFacts* had = facts_of(source, static_cast<std::size_t>(video.index));
  const PacketFacts* got = facts_of(seen.output, expected.main_index);
  if (had != nullptr && got != nullptr && had->pts_ns.size() > 1 && !got->pts_ns.empty() &&
      (had->without_pts == 0 || seen.source_frame_times_ns)) {
    const Times& shown = seen.source_frame_times_ns ? *seen.source_frame_times_ns : had->pts_ns;
    const std::size_t leading = match_frame_times(source, expected, seen).leading_undecodable;
    const std::int64_t want = shown.back() - shown[std::min(leading, shown.size() - 1)];
    const std::int64_t is = got->pts_ns.back() - got->pts_ns.front();
    if (std::abs(want - is) > std::max(kDurationSlackNs, frame_duration_ns(video))) {
      problems.push_back(
          fmt::format("the new video lasts {:.3f} s from first to last frame, the source {:.3f} s",
                      seconds(is), seconds(want)));
    }
  }
  std::int64_t end = 0;
  for (const auto& facts : seen.output.packets) end = std::max(end, facts.end_ns.value_or(0));
  if (seen.output.duration_secs && *seen.output.duration_secs > seconds(end) + kHeaderSlackSecs) {
    problems.push_back(
        fmt::format("the output's header promises {:.1f} s, its packets end at {:.1f} s",
                    *seen.output.duration_secs, seconds(end)));
  }
  return problems;
}

}  // namespace av1d
