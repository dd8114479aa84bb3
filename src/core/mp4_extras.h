// Which boxes of an MP4 or QuickTime file ffmpeg does not write to another mp4 as they are.
#pragma once

#include <vector>

#include "av1d/media.h"
#include "mp4_boxes.h"

namespace av1d::mp4 {

struct FoundExtra {
  Box box;
  Mp4Extra extra;  // without its digest
};

// The same boxes in the same order for the same file. Reads the heads of boxes only.
std::vector<FoundExtra> find_extras(Reader& file);

}  // namespace av1d::mp4
