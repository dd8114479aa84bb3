// What a dead daemon left: jobs that were running, replaces in the middle, files in temp.
#pragma once

#include "av1d/config.h"
#include "av1d/job_store.h"

namespace av1d {

// A daemon that dies this often under one job has the job to blame.
inline constexpr int kMaxInterruptions = 10;

// Brings every job of the store to rest: finishes or undoes replaces by their journals, sends
// interrupted jobs back to pending, removes what belonged to them from the temp directory and
// beside the source. Logs what it did. Called once, before the first scan, with the lock held.
void recover_jobs(JobStore& store, const Config& config);

}  // namespace av1d
