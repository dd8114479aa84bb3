// The last part of a plan: which boxes of an MP4 source the new film gets beside what ffmpeg
// writes. Pure.
#pragma once

#include <optional>

#include "av1d/config.h"
#include "av1d/types.h"

namespace av1d {

// Fills plan.mp4_carry; the container and the streams must be planned. The reason where a box would
// be lost.
std::optional<Reason> plan_boxes(EncodePlan& plan, const MediaInfo& media, const Config& config);

}  // namespace av1d
