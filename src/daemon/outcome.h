// The log's line on the end of a job.
#pragma once

#include "daemon/errands.h"

namespace av1d {

// What has been said before is logged at debug.
void log_outcome(const Job& job, News news);

}  // namespace av1d
