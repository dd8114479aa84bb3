// The part of validate() that is about time: which frames are there, and when, and what plays
// beside them. Pure.
#pragma once

#include <string>
#include <vector>

#include "av1d/validate.h"

namespace av1d {

// By the packets of the new video.
std::vector<std::string> find_frame_problems(const MediaInfo& source,
                                             const ExpectedOutput& expected,
                                             const Observations& seen);
// By what another program decodes of it.
std::vector<std::string> find_shown_problems(const MediaInfo& source,
                                             const ExpectedOutput& expected,
                                             const Observations& seen);

std::vector<std::string> find_sync_problems(const MediaInfo& source, const ExpectedOutput& expected,
                                            const Observations& seen);

std::vector<std::string> find_duration_problems(const MediaInfo& source,
                                                const ExpectedOutput& expected,
                                                const Observations& seen);

}  // namespace av1d
