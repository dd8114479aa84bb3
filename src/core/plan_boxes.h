// The last part of a plan: what of an MP4 source the new film gets beside what ffmpeg writes:
// boxes, tracks of data, and what tracks say of each other. Pure.
#pragma once

#include <optional>

#include "av1d/config.h"
#include "av1d/types.h"

namespace av1d {

// Fills plan.mp4_carry; the container and the streams must be planned. The reason where a box would
// be lost.
std::optional<Reason> plan_boxes(EncodePlan& plan, const MediaInfo& media, const Config& config);

}  // namespace av1d
