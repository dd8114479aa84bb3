// The picture of the new video, as its header and as its first frame tell it: part of validate().
// Pure.
#pragma once

#include <string>
#include <vector>

#include "av1d/validate.h"

namespace av1d {

// Size, pixel shape, format, colour, HDR values, rotation, metadata of each frame.
std::vector<std::string> find_picture_problems(const MediaInfo& source,
                                               const ExpectedOutput& expected,
                                               const Observations& seen);
// What of it the decoder shows of the first frame: a player goes by the one or by the other.
std::vector<std::string> find_shown_picture_problems(const MediaInfo& source,
                                                     const ExpectedOutput& expected,
                                                     const Observations& seen);

}  // namespace av1d
