// The part of validate() that is about time: which frames are there, and when. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "av1d/validate.h"

namespace av1d {

struct FrameMatch {
  std::optional<std::string> problem;
  // How many frames at the front of the source have no counterpart because nothing decodes before
  // the first keyframe of a transport or program stream.
  std::size_t leading_undecodable = 0;
};

FrameMatch match_frame_times(const MediaInfo& source, const ExpectedOutput& expected,
                             const Observations& seen);

std::vector<std::string> find_sync_problems(const MediaInfo& source, const ExpectedOutput& expected,
                                            const Observations& seen);

std::vector<std::string> find_duration_problems(const MediaInfo& source,
                                                const ExpectedOutput& expected,
                                                const Observations& seen);

}  // namespace av1d
