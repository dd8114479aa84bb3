// What av1top remembers of each job: the few facts that its list shows, small enough for a hundred
// thousand of them, and the sums over all.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "av1d/job_directory.h"
#include "av1d/job_store.h"

namespace av1d {

using JobId = std::array<char, 32>;  // hexadecimal digits

JobId job_id_of(std::string_view digits);  // of 32 characters
inline std::string_view text_of(const JobId& id) {
  return {id.data(), id.size()};
}

struct JobRow {
  JobId id{};
  std::string path;   // bytes as in the file system
  std::string codec;  // of the original
  JobStatus status = JobStatus::pending;
  JobStage stage = JobStage::none;
  std::optional<ReasonCode> reason;
  bool is_hdr = false;
  int width = 0;
  int height = 0;
  Time created_at{}, started_at{}, finished_at{};  // Time{}: not yet
  std::uint64_t original_bytes = 0;
  std::uint64_t new_bytes = 0;         // 0: none yet
  std::unique_ptr<Progress> progress;  // of running jobs
  JobFileStamp stamp;
  std::uint32_t sweep = 0;  // the last look at the directory that met its file
};

JobRow row_of(const Job& job, const JobFileStamp& stamp = {});

std::string_view file_name(const JobRow& row);

// Of a success: what it saved, of its original's size. Negative where it grew. Nothing for others.
std::optional<double> saved_fraction(const JobRow& row);
// The final size, or what a running encode will come to; nothing where nobody knows.
struct ResultSize {
  std::uint64_t bytes = 0;
  bool is_projected = false;
};
std::optional<ResultSize> result_size(const JobRow& row);

// Sums over all jobs.
struct JobTotals {
  std::array<std::size_t, 5> by_status{};  // in the order of JobStatus
  std::int64_t saved_bytes = 0;            // by successes
  std::uint64_t pending_bytes = 0;
  std::uint64_t encoded_bytes = 0;  // originals of the successes that tell how long they took
  double encoded_secs = 0;          // how long those took, together

  std::size_t count(JobStatus status) const {
    return by_status.at(static_cast<std::size_t>(status));
  }
  std::size_t all() const;
  // Successes among those that were tried to the end; nothing before the first.
  std::optional<double> success_rate() const;
};

class JobTable {
 public:
  std::span<const JobRow> rows() const { return rows_; }
  const JobTotals& totals() const { return totals_; }

  const JobRow* find(const JobId& id) const;
  void reserve(std::size_t count);
  void put(JobRow row);
  void erase(const JobId& id);

  // Notes that look number `sweep` at the directory has met the job's file; and takes out the jobs
  // whose file it has not met.
  void mark(const JobId& id, std::uint32_t sweep);
  void erase_unmarked(std::uint32_t sweep);

  // Changes whenever the order or the membership of a list may have changed; not when a running
  // job only moves on.
  std::uint64_t order_generation() const { return order_generation_; }

 private:
  struct Hash {
    std::size_t operator()(const JobId& id) const;
  };
  enum class Count { add, remove };
  void count(const JobRow& row, Count how);

  std::vector<JobRow> rows_;
  std::unordered_map<JobId, std::uint32_t, Hash> index_;
  JobTotals totals_;
  std::uint64_t order_generation_ = 0;
};

}  // namespace av1d
