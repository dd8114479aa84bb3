// The pixels at the edges that a container says are not to be shown: PixelCrop* of Matroska, the
// clean aperture (`clap`) of mp4 and mov. ffmpeg takes them away while decoding. Pure.
#pragma once

#include <string>
#include <vector>

#include "av1d/types.h"

namespace av1d {

struct Crop {
  int left = 0, right = 0, top = 0, bottom = 0;

  bool operator==(const Crop&) const = default;
};

// What the new picture goes without, in pixels of the picture as it is stored.
//
// ffmpeg's own crop moves every edge to a whole sample of the chroma, to the left and upwards (crop
// without `exact`): of 703 columns in 4:2:0, as of PAL from a DV camera, 702 are left. A picture
// that would lose shown pixels so is cut here instead, one pixel further out. Rotated and
// mirrored ones are not: ffmpeg turns a picture before any filter of ours sees it.
Crop crop_of(const Stream& video);

// The filter that cuts so (exact: an odd size stays odd); empty where ffmpeg's own crop, or none,
// does.
std::string crop_filter(const Stream& video);

// What stands before the file's -i, so that nothing is cut twice. The codec's own crop (1088 lines
// to 1080) stays. Empty where crop_filter() is.
std::vector<std::string> crop_options(const Stream& video);

}  // namespace av1d
