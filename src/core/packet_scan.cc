// Packet lines of ffprobe into PacketFacts; see probe.h.
#include <algorithm>

#include "av1d/probe.h"
#include "number.h"

namespace av1d {

struct PacketScan::Line {
  std::size_t stream = SIZE_MAX;
  std::optional<std::int64_t> pts, dts, duration;
  std::uint64_t size = 0;
  bool discard = false;
  bool keyframe = false;
  bool encrypted = false;
};

PacketScan::PacketScan(const MediaInfo& media) {
  for (const auto& stream : media.streams) {
    time_bases_.push_back(stream.time_base);
    keep_pts_.push_back((stream.type == StreamType::video && !stream.is_cover()) ||
                        stream.type == StreamType::subtitle);
  }
  facts_.resize(media.streams.size());
  first_key_pts_.resize(media.streams.size());
}

void PacketScan::add_line(std::string_view line) {
  Line packet;
  while (!line.empty()) {
    const auto bar = std::min(line.find('|'), line.size());
    const std::string_view field = line.substr(0, bar);
    line.remove_prefix(std::min(bar + 1, line.size()));
    const auto equals = field.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = field.substr(0, equals);
    const std::string_view value = field.substr(equals + 1);
    if (key == "stream_index") packet.stream = number_of<std::size_t>(value).value_or(SIZE_MAX);
    if (key == "pts") packet.pts = number_of<std::int64_t>(value);
    if (key == "dts") packet.dts = number_of<std::int64_t>(value);
    if (key == "duration") packet.duration = number_of<std::int64_t>(value);
    if (key == "size") packet.size = number_of<std::uint64_t>(value).value_or(0);
    if (key == "flags") packet.discard = value.find('D') != std::string_view::npos;
    if (key == "flags") packet.keyframe = value.find('K') != std::string_view::npos;
    if (key.ends_with("side_data_type")) packet.encrypted |= value == "Encryption info";
  }
  if (packet.stream >= facts_.size()) return;  // a stream that appeared after the probe
  PacketFacts& facts = facts_[packet.stream];
  ++facts.count;
  facts.bytes += packet.size;
  facts.encrypted |= packet.encrypted;
  const Rational& base = time_bases_[packet.stream];
  const std::int64_t pts = ticks_to_ns(packet.pts.value_or(0), base);
  if (packet.pts) facts.first_any_pts_ns = std::min(facts.first_any_pts_ns.value_or(pts), pts);
  count_leading(packet);
  if (packet.discard) return;
  ++facts.shown;
  if (const auto time = packet.pts ? packet.pts : packet.dts) {
    const std::int64_t end =
        ticks_to_ns(*time, base) + ticks_to_ns(packet.duration.value_or(0), base);
    facts.end_ns = std::max(facts.end_ns.value_or(end), end);
  }
  if (!packet.pts) {
    ++facts.without_pts;
    return;
  }
  facts.first_pts_ns = std::min(facts.first_pts_ns.value_or(pts), pts);
  if (keep_pts_[packet.stream]) facts.pts_ns.push_back(pts);
}

// Until a keyframe was met every packet leads; afterwards those that are shown before it.
void PacketScan::count_leading(const Line& packet) {
  constexpr std::int64_t kNoTime = INT64_MIN;
  auto& key_pts = first_key_pts_[packet.stream];
  if (!key_pts && packet.keyframe) key_pts = packet.pts.value_or(kNoTime);
  const bool before = !key_pts || (packet.pts && *packet.pts < *key_pts);
  if (before) ++facts_[packet.stream].leading;
}

std::vector<PacketFacts> PacketScan::finish() {
  for (auto& facts : facts_) {
    std::sort(facts.pts_ns.begin(), facts.pts_ns.end());
    facts.pts_ns.erase(std::unique(facts.pts_ns.begin(), facts.pts_ns.end()), facts.pts_ns.end());
  }
  return std::move(facts_);
}

}  // namespace av1d
