// What a job's reason means for this pass and the next; see pipeline.h.
#include "daemon/pipeline.h"

namespace av1d {

JobStatus status_for(ReasonCode code) {
  switch (code) {
    case ReasonCode::validation:
    case ReasonCode::encoder_failed:
    case ReasonCode::stalled:
    case ReasonCode::io_error:
    case ReasonCode::replace_failed:
      return JobStatus::failed;
    case ReasonCode::no_space:
    case ReasonCode::interrupted:
      return JobStatus::pending;
    default:
      return JobStatus::skipped;
  }
}

std::optional<Job> find_answer(const Candidate& candidate, const JobStore& store,
                               const Config& config, std::string_view ffmpeg_version) {
  if (auto result = store.find_result(candidate.path, candidate.stamp)) return result;
  auto job = store.find(job_id(candidate.path, candidate.stamp));
  if (!job) return std::nullopt;
  if (job->status == JobStatus::success) return job;
  if (job->status == JobStatus::pending || job->status == JobStatus::running) return std::nullopt;
  if (!job->reason) return std::nullopt;
  if (job->status == JobStatus::skipped && is_transient(job->reason->code)) return std::nullopt;
  if (job->decision_digest != decision_digest(job->reason->code, config, ffmpeg_version)) {
    return std::nullopt;
  }
  // One attempt shows all there is to see of a validation; a stall or a killed encoder may pass.
  const bool may_pass =
      job->reason->code == ReasonCode::stalled || job->reason->code == ReasonCode::encoder_failed ||
      job->reason->code == ReasonCode::io_error || job->reason->code == ReasonCode::replace_failed;
  if (may_pass && job->attempts < config.max_attempts) return std::nullopt;
  return job;
}

}  // namespace av1d
