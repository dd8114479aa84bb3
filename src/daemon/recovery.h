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

// Finishes or undoes what the job's journal (there must be one) tells of, in the library and in the
// job, which the caller saves. A journal that could not be settled stays. Logs what it did.
void settle_journal(Job& job, const Config& config);

// The owner took the original back: this version is left alone from now on. Its journal stays as it
// is. Writes the sidecar.
void mark_undone(Job& job, const Config& config);
bool is_undone(const Job& job);

}  // namespace av1d
