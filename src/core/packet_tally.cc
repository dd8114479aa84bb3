// Packets into PacketFacts; see packet_tally.h.
#include "av1d/packet_tally.h"

#include <algorithm>

#include "av1d/probe.h"
#include "av1d/text.h"

namespace av1d {

namespace {

// A clock that goes back further, or ahead further, was set anew: ffmpeg's own thresholds for
// formats that may do so (a tenth of a second, -dts_delta_threshold).
constexpr std::int64_t kBackNs = -100'000'000;
constexpr std::int64_t kAheadNs = 10'000'000'000;

// Packets that may come before one with a DTS, at most: a decoder holds back no more (H.264, A.3.1:
// max_dec_frame_buffering; HEVC, A.4.2: MaxDpbSize).
constexpr std::uint64_t kMostHeldBack = 16;

// The largest packet of that stream that can neither be heard nor seen, nor missed. An empty one of
// sound: FLV opens AC-3 with one, before the first that can be heard. A text of no letters in
// mov_text (two bytes are its length): the gap between two others, which ffmpeg's muxer writes once
// more beside those that are there. An empty packet of Theora: the frame before it once more, of
// which FFmpeg's decoder makes none. Other empty packets of video may stand for a frame (AVI),
// those of other texts for a gap that nothing else marks.
std::optional<std::uint64_t> largest_nothing(const Stream& stream) {
  if (stream.type == StreamType::audio || stream.codec == "theora") return 0;
  if (stream.codec == "mov_text") return 2;
  return std::nullopt;
}

}  // namespace

PacketTally::PacketTally(const MediaInfo& media) {
  for (const auto& stream : media.streams) {
    time_bases_.push_back(stream.time_base);
    nothing_.push_back(largest_nothing(stream));
    keep_pts_.push_back((stream.type == StreamType::video && !stream.is_cover()) ||
                        stream.type == StreamType::subtitle);
  }
  facts_.resize(media.streams.size());
  first_key_pts_.resize(media.streams.size());
  has_dts_.resize(media.streams.size());
  last_clock_ns_.resize(media.streams.size());
  last_time_ns_.resize(media.streams.size());
}

void PacketTally::set_time_base(std::size_t stream, const Rational& time_base) {
  if (stream < time_bases_.size()) time_bases_[stream] = time_base;
}

void PacketTally::add(const PacketLine& packet) {
  if (packet.stream >= facts_.size()) return;  // a stream that appeared after the probe
  if (is_nothing(packet)) return;
  PacketFacts& facts = facts_[packet.stream];
  ++facts.count;
  facts.bytes += packet.size;
  if (!packet.hash.empty()) facts.digest = fnv1a_hex(facts.digest.append(packet.hash));
  facts.encrypted |= packet.encrypted;
  const Rational& base = time_bases_[packet.stream];
  const std::int64_t pts = ticks_to_ns(packet.pts.value_or(0), base);
  if (packet.pts) facts.first_any_pts_ns = std::min(facts.first_any_pts_ns.value_or(pts), pts);
  count_leading(packet);
  follow_clock(packet);
  if (packet.discard) return;
  ++facts.shown;
  follow_end(packet);
  if (!packet.pts) {
    ++facts.without_pts;
    return;
  }
  facts.first_pts_ns = std::min(facts.first_pts_ns.value_or(pts), pts);
  if (keep_pts_[packet.stream]) facts.pts_ns.push_back(pts);
}

bool PacketTally::is_nothing(const PacketLine& packet) const {
  const auto& largest = nothing_[packet.stream];
  return largest && packet.size <= *largest;
}

void PacketTally::follow_end(const PacketLine& packet) {
  const auto ticks = packet.pts ? packet.pts : packet.dts;
  if (!ticks) return;
  const Rational& base = time_bases_[packet.stream];
  PacketFacts& facts = facts_[packet.stream];
  const std::int64_t time = ticks_to_ns(*ticks, base);
  const std::int64_t end = time + ticks_to_ns(packet.duration.value_or(0), base);
  facts.end_ns = std::max(facts.end_ns.value_or(end), end);
  auto& last = last_time_ns_[packet.stream];
  if (last && time <= *last) return;
  facts.last_step_ns = time - last.value_or(time);
  last = time;
}

// Until a keyframe was met every packet leads; afterwards those that are shown before it.
void PacketTally::count_leading(const PacketLine& packet) {
  constexpr std::int64_t kNoTime = INT64_MIN;
  auto& key_pts = first_key_pts_[packet.stream];
  if (!key_pts && packet.keyframe) key_pts = packet.pts.value_or(kNoTime);
  const bool before = !key_pts || (packet.pts && *packet.pts < *key_pts);
  if (before) ++facts_[packet.stream].leading;
}

void PacketTally::follow_clock(const PacketLine& packet) {
  const auto ticks = packet.dts ? packet.dts : packet.pts;
  if (!ticks) return;
  PacketFacts& facts = facts_[packet.stream];
  if (packet.dts && !has_dts_[packet.stream]) {
    has_dts_[packet.stream] = true;
    // ffmpeg tells none for the first frames of Matroska, which has PTS alone: those that a decoder
    // holds back. Their PTS go to and fro, as they are decoded: no clock.
    if (facts.count <= kMostHeldBack + 1) {
      last_clock_ns_[packet.stream].reset();
      facts.clock_jumps = 0;
      facts.steady_ns = 0;
    }
  }
  const std::int64_t now = ticks_to_ns(*ticks, time_bases_[packet.stream]);
  auto& last = last_clock_ns_[packet.stream];
  const std::int64_t step = now - last.value_or(now);
  last = now;
  if (step < kBackNs || step > kAheadNs) {
    ++facts.clock_jumps;
  } else {
    facts.steady_ns += step;
  }
}

std::vector<PacketFacts> PacketTally::finish() {
  for (auto& facts : facts_) {
    std::sort(facts.pts_ns.begin(), facts.pts_ns.end());
    facts.pts_ns.erase(std::unique(facts.pts_ns.begin(), facts.pts_ns.end()), facts.pts_ns.end());
  }
  return std::move(facts_);
}

}  // namespace av1d
