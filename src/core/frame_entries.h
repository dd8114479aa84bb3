// What ffprobe is asked of decoded frames, of source and output alike.
#pragma once

#include <string>
#include <string_view>

namespace av1d {

// Colour and static HDR values of a frame, and `others` (ffprobe's names, by commas).
inline std::string frame_entries(std::string_view others) {
  return "frame=" + std::string(others) +
         ",color_range,color_space,color_primaries,color_transfer:"
         "frame_side_data=side_data_type,red_x,red_y,green_x,green_y,blue_x,blue_y,white_point_x,"
         "white_point_y,min_luminance,max_luminance,max_content,max_average";
}

}  // namespace av1d
