// The `moov` that ffmpeg wrote, with what av1d adds to it in place of the tag that made room. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/types.h"

namespace av1d::mp4 {

struct AddedBox {
  Mp4Place place = Mp4Place::in_user_data;
  std::size_t track = 0;
  std::string bytes;
};

// A whole track, whose samples are in the new file already.
struct AddedTrack {
  std::size_t track = 0;
  std::string trak;
  std::vector<std::uint64_t> places;  // of its chunks
};

struct Additions {
  std::vector<AddedBox> boxes;
  std::vector<AddedTrack> tracks;
  std::uint64_t ticks = 1;  // of the source, a second
  const std::vector<Mp4Carry::Reference>& references;
  // The text of the tag that makes way. Without one `moov` grows.
  std::optional<std::string_view> room;
};

// As many bytes as before, where a tag makes way. Nothing where ffmpeg wrote another head than it
// does.
std::optional<std::string> new_moov(std::string_view written, const Additions& additions);

}  // namespace av1d::mp4
