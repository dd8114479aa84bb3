// Frames and their times; see validate_times.h.
#include "validate_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "frame_times.h"

namespace av1d {

namespace {

using Times = std::vector<std::int64_t>;
using MaybeText = std::optional<std::string>;

constexpr std::int64_t kSyncSlackNs = 2'000'000;
constexpr std::int64_t kDurationSlackNs = 50'000'000;
// Encoder delay that a container tells apart from sound (AAC priming is 21 to 48 ms), and a last
// packet whose duration one container knows and the other doesn't: most last less than this, some
// (ADPCM of Flash at 11 kHz: 371 ms) more, none this much more.
constexpr std::int64_t kPrimingNs = 100'000'000;
constexpr std::int64_t kLongestPacketNs = 1'000'000'000;
constexpr double kHeaderSlackSecs = 1.0;

double seconds(std::int64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

const PacketFacts* facts_of(const MediaInfo& media, std::size_t index) {
  return index < media.packets.size() ? &media.packets[index] : nullptr;
}

// What is known of the main video on both sides; null where a side has none.
struct MainVideo {
  const PacketFacts* had = nullptr;
  const PacketFacts* got = nullptr;
  // When the source's frames are shown, each time once: the decoder's word where it was asked, else
  // the packets'.
  Times shown;
  std::optional<std::size_t> decoded;  // frames, where the decoder was asked

  bool comparable() const {
    return had != nullptr && got != nullptr && !shown.empty() && !got->pts_ns.empty();
  }
  // Of the new video: frames that share a time with another.
  std::uint64_t shared() const { return got->shown - got->pts_ns.size(); }
  std::uint64_t shared_in_source() const { return decoded ? *decoded - shown.size() : 0; }
};

MainVideo main_video(const MediaInfo& source, const ExpectedOutput& expected,
                     const Observations& seen) {
  MainVideo video;
  video.had = facts_of(source, static_cast<std::size_t>(source.main_video()->index));
  video.got = facts_of(seen.output, expected.main_index);
  if (seen.source_frame_times_ns) {
    video.shown = *seen.source_frame_times_ns;
    video.decoded = video.shown.size();
    video.shown.erase(std::unique(video.shown.begin(), video.shown.end()), video.shown.end());
  } else if (video.had != nullptr) {
    video.shown = video.had->pts_ns;
  }
  return video;
}

MaybeText differ_in_count(std::uint64_t got, std::uint64_t want) {
  if (got == want) return std::nullopt;
  return fmt::format("the new video has {} frames, the source {}", got, want);
}

// Both relative to their own first frame.
MaybeText differ_at_same_rate(const Times& want, const Times& got) {
  if (auto text = differ_in_count(got.size(), want.size())) return text;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::int64_t expected = want[i] - want.front();
    const std::int64_t found = got[i] - got.front();
    if (std::abs(expected - found) <= kFrameSlackNs) continue;
    return fmt::format("frame {} of the new video is at {:.4f} s, expected {:.4f} s", i,
                       seconds(found), seconds(expected));
  }
  return std::nullopt;
}

// AVI keeps no presentation times; what a decoder makes up may fall together. The count holds: of
// packets, or of frames where a packet holds none of its own.
MaybeText differ_without_times(const ExpectedOutput& expected, const MainVideo& video) {
  const std::uint64_t factor = expected.field_rate ? 2 : 1;
  const std::uint64_t got = video.got->shown;
  const bool decoder_agrees = video.decoded && got == *video.decoded * factor;
  return decoder_agrees ? std::nullopt : differ_in_count(got, video.had->shown * factor);
}

// At field rate every source time must be there; the fields between are new.
MaybeText differ_at_field_rate(const Times& want, const Times& got) {
  for (const std::int64_t time : want) {
    if (has_time_near(got, time - want.front() + got.front())) continue;
    return fmt::format("no frame of the new video is at {:.4f} s", seconds(time - want.front()));
  }
  return std::nullopt;
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
  return !stream.cover && stream.type != StreamType::attachment;
}

// One stream beside the video. Times are relative to the first frame of either side.
class Companion {
 public:
  Companion(std::size_t index, const ExpectedStream& stream, const PacketFacts& had,
            const PacketFacts& got, std::int64_t source_start, std::int64_t output_start)
      : index_(index), stream_(stream), had_(had), got_(got), shift_(output_start - source_start) {}

  MaybeText problem() const {
    if (stream_.type == StreamType::subtitle) return subtitle_problem();
    if (auto text = start_problem()) return text;
    return end_problem();
  }

 private:
  MaybeText start_problem() const {
    const std::int64_t want = *had_.first_pts_ns + shift_;
    const std::int64_t is = *got_.first_pts_ns;
    if (is <= want + kSyncSlackNs && is >= want - priming_ns(had_) - kSyncSlackNs) {
      return std::nullopt;
    }
    return fmt::format("output stream {} starts {:+.4f} s off the video", index_,
                       seconds(is - want));
  }

  MaybeText end_problem() const {
    if (!had_.end_ns || !got_.end_ns || stream_.type != StreamType::audio) return std::nullopt;
    const std::int64_t off = *got_.end_ns - (*had_.end_ns + shift_);
    const std::int64_t packet = std::min(had_.last_step_ns, kLongestPacketNs);
    if (std::abs(off) <= std::max(kPrimingNs, packet + kFrameSlackNs)) return std::nullopt;
    return fmt::format("output stream {} ends {:+.4f} s off the video", index_, seconds(off));
  }

  // Containers merge or leave out packets (PGS, the gaps of mov_text), but show nothing at a time
  // of their own.
  MaybeText subtitle_problem() const {
    for (const std::int64_t time : got_.pts_ns) {
      if (has_time_near(had_.pts_ns, time - shift_)) continue;
      return fmt::format("output stream {} shows a subtitle at {:.4f} s, the source does not",
                         index_, seconds(time));
    }
    return std::nullopt;
  }

  std::size_t index_;
  const ExpectedStream& stream_;
  const PacketFacts& had_;
  const PacketFacts& got_;
  std::int64_t shift_;
};

// The frames that the new video has, by whoever counted them, against the source's.
MaybeText frame_problem(const MediaInfo& source, const ExpectedOutput& expected,
                        const Observations& seen, const PacketFacts& got) {
  MainVideo video = main_video(source, expected, seen);
  video.got = &got;
  if (video.had == nullptr || got.pts_ns.empty()) return "the new video has no frames";
  if (video.shared() != video.shared_in_source()) {
    return fmt::format(
        "{} frames of the source are shown at the time of another, {} of the new video",
        video.shared_in_source(), video.shared());
  }
  if (video.had->without_pts > 0) return differ_without_times(expected, video);
  if (video.shown.empty()) return "the source's video has no frames";
  return expected.field_rate ? differ_at_field_rate(video.shown, got.pts_ns)
                             : differ_at_same_rate(video.shown, got.pts_ns);
}

std::vector<std::string> as_list(MaybeText text) {
  if (!text) return {};
  return {*std::move(text)};
}

}  // namespace

std::vector<std::string> find_frame_problems(const MediaInfo& source,
                                             const ExpectedOutput& expected,
                                             const Observations& seen) {
  const PacketFacts* got = facts_of(seen.output, expected.main_index);
  if (got == nullptr) return {"the new video has no frames"};
  return as_list(frame_problem(source, expected, seen, *got));
}

std::vector<std::string> find_shown_problems(const MediaInfo& source,
                                             const ExpectedOutput& expected,
                                             const Observations& seen) {
  PacketFacts shown;
  shown.shown = seen.decoded_times_ns.size();
  shown.pts_ns = seen.decoded_times_ns;
  shown.pts_ns.erase(std::unique(shown.pts_ns.begin(), shown.pts_ns.end()), shown.pts_ns.end());
  auto text = frame_problem(source, expected, seen, shown);
  if (text) text->insert(0, "as it decodes, ");
  return as_list(std::move(text));
}

std::vector<std::string> find_sync_problems(const MediaInfo& source, const ExpectedOutput& expected,
                                            const Observations& seen) {
  std::vector<std::string> problems;
  const MainVideo video = main_video(source, expected, seen);
  if (!video.comparable()) return problems;
  for (std::size_t i = 0; i < expected.streams.size(); ++i) {
    const ExpectedStream& stream = expected.streams[i];
    if (i == expected.main_index || !has_times(stream)) continue;
    const PacketFacts* had = facts_of(source, static_cast<std::size_t>(stream.source_index));
    const PacketFacts* got = facts_of(seen.output, i);
    if (had == nullptr || !had->first_pts_ns) continue;
    if (got == nullptr || !got->first_pts_ns) {
      if (stream.proof != ContentProof::events) {  // of mov_text only gaps may have been there
        problems.push_back(fmt::format("output stream {} has no packets", i));
      }
      continue;
    }
    const Companion companion(i, stream, *had, *got, video.shown.front(),
                              video.got->pts_ns.front());
    if (auto text = companion.problem()) problems.push_back(*std::move(text));
  }
  return problems;
}

std::vector<std::string> find_duration_problems(const MediaInfo& source,
                                                const ExpectedOutput& expected,
                                                const Observations& seen) {
  std::vector<std::string> problems;
  const MainVideo video = main_video(source, expected, seen);
  const bool timed = video.had != nullptr && video.had->without_pts == 0;
  if (video.comparable() && (timed || seen.source_frame_times_ns)) {
    const std::int64_t want = video.shown.back() - video.shown.front();
    const std::int64_t is = video.got->pts_ns.back() - video.got->pts_ns.front();
    if (std::abs(want - is) > std::max(kDurationSlackNs, frame_duration_ns(*source.main_video()))) {
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
