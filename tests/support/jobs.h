// Jobs for the tests of what keeps them.
#pragma once

#include "av1d/job_store.h"

namespace av1d::test {

inline const Time kStoreTime{std::chrono::seconds(1'700'000'000)};

inline Job job_for(const fs::path& path, std::uint64_t bytes = 1) {
  Job job;
  job.source_path = path;
  job.source.size_bytes = bytes;
  job.id = job_id(path, job.source);
  return job;
}

}  // namespace av1d::test
