// The first half of a plan: which container, and what becomes of each stream. Pure.
#pragma once

#include <optional>
#include <string>

#include "av1d/config.h"
#include "av1d/types.h"

namespace av1d {

// Fills plan.container, plan.streams, plan.dropped and their reasons; plan.encoder must be set. The
// reason when a stream can't be carried.
std::optional<Reason> plan_streams(EncodePlan& plan, const MediaInfo& media, const Config& config,
                                   const fs::path& extract_dir, const std::string& job_id);

}  // namespace av1d
