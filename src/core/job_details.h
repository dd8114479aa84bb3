// What nobody asks of a job at rest, and most of its size: it stays on disk alone. Pure.
#pragma once

#include <utility>

#include "av1d/job_store.h"

namespace av1d {

inline bool is_at_rest(const Job& job) {
  return job.status != JobStatus::running && job.status != JobStatus::pending;
}

inline bool has_details(const Job& job) {
  return !job.argv.empty() || !job.plan_reasons.empty() || !job.streams.empty() ||
         !job.log_tail.empty();
}

inline void move_details(Job& to, Job from) {
  to.argv = std::move(from.argv);
  to.plan_reasons = std::move(from.plan_reasons);
  to.streams = std::move(from.streams);
  to.log_tail = std::move(from.log_tail);
}

// parse_job() without the details: they are made sure to be lists of strings and left out. An error
// where anything is unusual; parse_job() then says what. Pure.
Result<Job> parse_job_outline(std::string_view json);

}  // namespace av1d
