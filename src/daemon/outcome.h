// The log's lines on a job.
#pragma once

#include "daemon/errands.h"

namespace av1d {

// That the encoder is about to start, with what and from what.
void log_encoding(const Job& job);

// How the job ended. What has been said before is logged at debug.
void log_outcome(const Job& job, News news);

}  // namespace av1d
