// The record of one run of a job: its file on disk, and whoever watches.
#pragma once

#include <optional>
#include <string>

#include "daemon/examine.h"
#include "daemon/pipeline.h"

namespace av1d {

// Owned by the job's thread.
class JobRecord {
 public:
  // A new attempt at the candidate's job, or its first: running from here on. Nothing is saved yet.
  JobRecord(const Candidate& candidate, const Workshop& workshop);

  Job& job() { return job_; }

  // The first save, durable: what is made in the library from here on, a job on record explains. A
  // job that cannot be recorded must not be begun.
  Status begin();
  // Writes the job's file and tells the watcher. A failure is one of the job's warnings.
  void save(JobStore::Durability durability = JobStore::Durability::relaxed);
  void stage(JobStage stage);  // and saves
  // The film was looked into and waits for its encode, perhaps for hours: pending, and no attempt.
  void rest();
  // Running again, from where rest() left it. Nothing is saved yet.
  void resume();
  // Saves if something has changed and a second has gone by since the last time; some more where
  // very many jobs run.
  void progress(const Progress& progress);
  void warn(const std::string& text);  // each text once

  // What was learned of the file, for jq and av1top.
  void note(const Examination& exam);

  // The end of the attempt: status, counts, when to try again, and sidecar; saves durably.
  void settle(std::optional<Reason> reason);
  // After settle(): whether the last end of this job said the same.
  News news() const;

 private:
  Status write(JobStore::Durability durability);
  std::uint64_t running_jobs() const;
  void tell_owner();
  void plan_retry();

  const Candidate& candidate_;
  const Workshop& workshop_;
  const std::optional<Job> before_;  // as the last attempt left it
  Job job_;
  std::chrono::steady_clock::time_point last_progress_;
};

}  // namespace av1d
