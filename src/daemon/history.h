// What becomes of the job files of films that are gone.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "av1d/config.h"
#include "av1d/job_store.h"
#include "daemon/claims.h"

namespace av1d {

// Answers the jobs that wait for a version of a film that is gone or another one now: nobody would
// come back to them. Those that somebody is at work on are left alone. What is believed to be gone
// is told below. Returns how many. Reads the library, writes job_state_dir.
std::size_t close_abandoned(JobStore& store, Claims& claims, const Config& config,
                            const std::vector<fs::path>& absent_roots, Time now);

// `job_history_days`. At rest, without a journal, and ended `days` (more than 0) or longer ago.
// Pure.
bool is_history(const Job& job, int days, Time now);

// Removes the job files that are history and whose film is gone: neither the version that the job
// is about nor its result stands there any more. One is only believed to be gone when the nearest
// directory above that is still there holds something: an empty one may be a mount that is away.
// `absent_roots` and what lies outside the library roots tell nothing. Returns how many. Reads the
// library, writes job_state_dir.
std::size_t remove_history(JobStore& store, const Config& config,
                           const std::vector<fs::path>& absent_roots, Time now);

// remove_history() now and then, with a line in the log. Used by one thread.
class Historian {
 public:
  void tidy(JobStore& store, const Config& config, const std::vector<fs::path>& absent_roots);

 private:
  std::chrono::steady_clock::time_point next_;
};

}  // namespace av1d
