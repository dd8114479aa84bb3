// Which streams of a source the new film leaves out on purpose. Pure.
#pragma once

#include <vector>

#include "av1d/config.h"
#include "av1d/types.h"

namespace av1d {

// Those of languages that the owner drops (never the last audio track), and those that hold
// nothing.
std::vector<DroppedStream> drop_streams(const MediaInfo& media, const Config& config);

}  // namespace av1d
