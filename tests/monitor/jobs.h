// Jobs for the tests of the monitor, at a fixed time.
#pragma once

#include <string>

#include "monitor/job_table.h"
#include "monitor/model.h"

namespace av1d::test {

inline Time at(int seconds) {
  return Time(std::chrono::seconds(1'700'000'000 + seconds));
}

inline Job job_of(const std::string& path, JobStatus status, std::uint64_t bytes = 4'000'000'000) {
  Job job;
  job.source_path = path;
  job.source.size_bytes = job.original_bytes = bytes;
  job.id = job_id(job.source_path, job.source);
  job.status = status;
  job.created_at = at(0);
  job.updated_at = at(0);
  job.video_codec = "h264";
  job.video_width = 1920;
  job.video_height = 1080;
  return job;
}

inline Job encoding_job(const std::string& path, double percent = 42.5) {
  Job job = job_of(path, JobStatus::running);
  job.stage = JobStage::encoding;
  job.started_at = at(60);
  job.progress = Progress{1020, 2400, percent, 24.5, 1.02, 850'000'000, 3700.0};
  return job;
}

inline Job success_job(const std::string& path, std::uint64_t new_bytes, int finished = 3600) {
  Job job = job_of(path, JobStatus::success);
  job.started_at = at(finished - 1800);
  job.finished_at = at(finished);
  job.new_bytes = new_bytes;
  return job;
}

inline Job turned_down_job(const std::string& path, JobStatus status, ReasonCode code) {
  Job job = job_of(path, status);
  job.reason = Reason{code, "because"};
  job.finished_at = at(100);
  return job;
}

inline JobTable table_of(const std::vector<Job>& jobs) {
  JobTable table;
  for (const auto& job : jobs) table.put(row_of(job));
  return table;
}

}  // namespace av1d::test
