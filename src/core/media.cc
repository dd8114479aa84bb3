// What MediaInfo and Stream say of themselves; see types.h.
#include <fmt/format.h>

#include <array>

#include "av1d/text.h"
#include "av1d/types.h"

namespace av1d {

std::string Stream::tag(std::string_view key) const {
  for (const auto& [name, value] : tags) {
    if (equals_ignore_case(name, key)) return value;
  }
  return {};
}

std::string Stream::language() const {
  const std::string value = tag("language");
  return value == "und" ? std::string() : value;
}

std::string Stream::description() const {
  static constexpr std::array kTypes = {"video", "audio", "subtitle", "attachment", "data"};
  return fmt::format("{} stream {} ({})", kTypes.at(static_cast<std::size_t>(type)), index,
                     codec.empty() ? codec_tag : codec);
}

std::string Stream::title() const {
  const std::string value = tag("title");
  return value.empty() ? tag("name") : value;
}

std::string Mp4Extra::path() const {
  switch (place) {
    case Mp4Place::beside_moov:
      return type;
    case Mp4Place::in_moov:
      return "moov/" + type;
    case Mp4Place::in_user_data:
      return "moov/udta/" + type;
    case Mp4Place::in_track:
      return "moov/trak/" + type;
    case Mp4Place::in_media:
      return "moov/trak/mdia/" + type;
    case Mp4Place::in_tracks_user_data:
      return "moov/trak/udta/" + type;
  }
  return type;
}

const Stream* MediaInfo::main_video() const {
  const Stream* first = nullptr;
  for (const auto& stream : streams) {
    if (stream.type != StreamType::video || stream.is_cover()) continue;
    if (stream.has("default")) return &stream;
    if (first == nullptr) first = &stream;
  }
  return first;
}

std::uint64_t MediaInfo::video_bits_per_sec() const {
  const Stream* video = main_video();
  if (video == nullptr || static_cast<std::size_t>(video->index) >= packets.size()) return 0;
  const PacketFacts& facts = packets[static_cast<std::size_t>(video->index)];
  double seconds = duration_secs.value_or(0);
  if (facts.first_pts_ns && facts.end_ns && *facts.end_ns > *facts.first_pts_ns) {
    seconds = static_cast<double>(*facts.end_ns - *facts.first_pts_ns) / 1e9;
  }
  if (seconds <= 0) return 0;
  return static_cast<std::uint64_t>(static_cast<double>(facts.bytes) * 8 / seconds);
}

}  // namespace av1d
