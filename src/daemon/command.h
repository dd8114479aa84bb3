// A command that orders something of the daemon and ends: --undo, --retry, --retry-failed.
#pragma once

#include "av1d/config.h"
#include "av1d/requests.h"

namespace av1d {

// Has the order carried out by the daemon that runs on this job_state_dir, or does it itself, under
// the same lock, where none runs. Prints what came of it; returns the exit status. Blocks.
int give_order(const Request& order, const Config& config);

}  // namespace av1d
