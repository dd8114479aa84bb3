// What a job's reason means for this pass and the next; see pipeline.h.
#include "daemon/pipeline.h"

#include <algorithm>

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

// One attempt shows all there is to see of a validation; a stall or a killed encoder may pass.
bool may_pass(ReasonCode code) {
  return code == ReasonCode::no_space || code == ReasonCode::stalled ||
         code == ReasonCode::encoder_failed || code == ReasonCode::io_error ||
         code == ReasonCode::replace_failed;
}

std::chrono::seconds next_retry_delay(std::optional<std::chrono::seconds> last,
                                      std::chrono::seconds first) {
  if (!last) return std::min<std::chrono::seconds>(first, kMaxRetryDelay);
  return std::clamp<std::chrono::seconds>(2 * *last, std::chrono::seconds(1), kMaxRetryDelay);
}

bool answers(const Job& job, const Config& config, std::string_view ffmpeg_version) {
  if (job.status == JobStatus::success) return true;
  if (job.status == JobStatus::pending || job.status == JobStatus::running) return false;
  if (!job.reason) return false;
  if (job.status == JobStatus::skipped && is_transient(job.reason->code)) return false;
  if (job.decision_digest != decision_digest(job.reason->code, config, ffmpeg_version)) {
    return false;
  }
  return !may_pass(job.reason->code) || job.attempts >= config.max_attempts;
}

std::optional<Job> find_answer(const Candidate& candidate, const JobStore& store,
                               const Config& config, std::string_view ffmpeg_version) {
  if (auto result = store.find_result(candidate.path, candidate.stamp)) return result;
  auto job = store.find(job_id(candidate.path, candidate.stamp));
  return job && answers(*job, config, ffmpeg_version) ? std::move(job) : std::nullopt;
}

}  // namespace av1d
