// What an owner orders by a command: --undo, --retry, --retry-failed. Carried out by the command
// itself where no daemon runs, else by the daemon at its request.
#pragma once

#include "av1d/config.h"
#include "av1d/job_store.h"
#include "av1d/requests.h"
#include "daemon/claims.h"

namespace av1d {

inline constexpr const char* kUndoOrder = "undo";
inline constexpr const char* kRetryOrder = "retry";
inline constexpr const char* kRetryFailedOrder = "retry-failed";

// Carries one order out and says in one line a file what came of it. A file is named by the path of
// the film (before or after its encode) or of its NAME.orig, absolute; a job by its id. The status
// is 0 where all was done, 66 where a name is not known, 75 where a job is at work on the film,
// else 1. Reads and writes the library and the store.
Answer carry_out(const Request& order, const Config& config, JobStore& store, Claims& claims);

}  // namespace av1d
