// The log's lines on a job.
#pragma once

#include <string>

#include "daemon/errands.h"

namespace av1d {

// "1.5 GiB -> 512.0 MiB, 66 % saved". Rounded down: what is still there was not saved whole.
std::string savings(std::uint64_t before, std::uint64_t after);

// That the encoder is about to start, with what and from what.
void log_encoding(const Job& job);

// That the film waits for space which other jobs hold, and what is short.
void log_waiting(const Job& job, const std::string& shortage);

// How the job ended. What has been said before is logged at debug.
void log_outcome(const Job& job, News news);

}  // namespace av1d
