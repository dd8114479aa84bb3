// Packet lines of ffprobe; see probe.h.
#include "av1d/probe.h"
#include "compact_fields.h"
#include "number.h"

namespace av1d {

PacketScan::PacketScan(const MediaInfo& media) : tally_(media) {}

void PacketScan::add_line(std::string_view line) {
  PacketLine packet;
  while (!line.empty()) {
    const auto [key, value] = take_field(line);
    if (key == "stream_index") packet.stream = number_of<std::size_t>(value).value_or(SIZE_MAX);
    if (key == "pts") packet.pts = number_of<std::int64_t>(value);
    if (key == "dts") packet.dts = number_of<std::int64_t>(value);
    if (key == "duration") packet.duration = number_of<std::int64_t>(value);
    if (key == "size") packet.size = number_of<std::uint64_t>(value).value_or(0);
    if (key == "flags") packet.discard = value.find('D') != std::string_view::npos;
    if (key == "flags") packet.keyframe = value.find('K') != std::string_view::npos;
    if (key == "data_hash") packet.hash = value;
    if (key.ends_with("side_data_type")) packet.encrypted |= value == "Encryption info";
  }
  tally_.add(packet);
}

std::vector<PacketFacts> PacketScan::finish() {
  return tally_.finish();
}

}  // namespace av1d
