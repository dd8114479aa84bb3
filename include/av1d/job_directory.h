// The readers' side of job_state_dir: lists and reads what the daemon writes there, and writes
// nothing, ever. The writers' side is JobStore.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/job_store.h"
#include "av1d/owned_fd.h"
#include "av1d/result.h"

namespace av1d {

// What tells one version of a job file from another. The daemon writes each version as a new file,
// so that two versions within one tick of the clock still differ in their inode.
struct JobFileStamp {
  std::uint64_t inode = 0;
  std::int64_t mtime_ns = 0;

  bool operator==(const JobFileStamp&) const = default;
};

// Whether a daemon holds the lock of the directory. `unknown`: there is a lock file that may not be
// read.
enum class LockState { none, free, held, unknown };

class JobDirectory {
 public:
  // An error with its errno where `path` is no directory or may not be listed. Reads the disk.
  static Result<JobDirectory> open(const fs::path& path);

  const fs::path& path() const { return path_; }

  // True for the names of job files, ID.json. Pure.
  static bool is_job_name(std::string_view name);

  // The names of the job files, in no order. Reads the disk.
  Result<std::vector<std::string>> list() const;

  // ENOENT where it has vanished.
  Result<JobFileStamp> stamp(const std::string& name) const;

  // The head (parse_job_head) or the whole of one job file. An error's errno_value is ENOENT where
  // the file has vanished, 0 where it is no job. Reads the disk.
  struct Head {
    Job job;
    JobFileStamp stamp;
  };
  Result<Head> read_head(const std::string& name) const;
  Result<Job> read(const std::string& id) const;

  // Asks by taking a shared lock for an instant; JobStore::open() waits long enough not to be
  // misled by that. Reads the disk.
  LockState lock_state() const;

  // When a name was last added, removed or replaced, in ns since the epoch, by the directory's
  // filesystem. An error where `path` leads to another directory by now. Reads the disk.
  Result<std::int64_t> changed_at() const;

 private:
  JobDirectory(OwnedFd fd, fs::path path) : fd_(std::move(fd)), path_(std::move(path)) {}

  OwnedFd fd_;
  fs::path path_;
};

}  // namespace av1d
