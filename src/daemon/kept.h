// Kept originals that have had their time, removed.
#pragma once

#include "av1d/config.h"
#include "av1d/job_store.h"
#include "daemon/claims.h"

namespace av1d {

// By keep_original_days and min_free_bytes; returns how many were removed. Each only while it and
// its encode are what av1d left, else it is left and the log says why (at level debug). Jobs whose
// original somebody else removed forget it. Reads and writes the library and the store.
std::uint64_t remove_expired_originals(const Config& config, JobStore& store, Claims& claims,
                                       Time now);

}  // namespace av1d
