// Keeps a JobTable as the job files are: reads all of them once, then only those that change. Told
// by inotify where the kernel sees every change, else by looking at the directory.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "av1d/job_directory.h"
#include "monitor/job_table.h"

namespace av1d {

enum class FeedMethod {
  automatic,  // inotify, but for network and FUSE filesystems, whose other writers it does not see
  polling,
};

class JobFeed {
 public:
  using Clock = std::chrono::steady_clock;

  // Starts to watch; reads no job yet. An error where the directory cannot be read.
  static Result<JobFeed> open(const fs::path& path, FeedMethod method = FeedMethod::automatic);

  const JobDirectory& directory() const { return directory_; }
  const JobTable& jobs() const { return table_; }

  // Readable when there is something to do; -1 where only time tells.
  int watch_fd() const { return watch_.get(); }

  // Notes what has changed and reads job files until `deadline`. True when anything in the table
  // or in problem() is new. Reads the disk.
  bool update(Clock::time_point deadline);
  // Job files that are known to be there and still to be read.
  std::size_t unread() const { return to_read_.size() - next_; }

  // One sentence about what cannot be read; "" where all is well.
  std::string problem() const;

 private:
  JobFeed(JobDirectory directory, FeedMethod method)
      : directory_(std::move(directory)), method_(method) {}

  void watch();
  void take_events();
  void look_for_another_directory(Clock::time_point now);
  bool is_time_to_sweep(Clock::time_point now);
  void sweep();
  bool is_as_known(const std::string& name);
  void want(const std::string& name);
  void read_one(const std::string& name);
  void forget(const std::string& name);

  JobDirectory directory_;
  FeedMethod method_;
  OwnedFd watch_;
  JobTable table_;
  std::vector<std::string> to_read_;  // from next_ on
  std::size_t next_ = 0;
  std::unordered_set<std::string> queued_;         // those of them that events brought
  std::map<std::string, std::string> unreadable_;  // name -> why, at most kMostProblems
  std::string directory_problem_;
  bool changed_ = false;
  bool must_sweep_ = true;
  std::uint32_t sweep_number_ = 0;
  std::int64_t swept_change_ = -1;  // changed_at() of the directory at the last sweep
  Clock::time_point next_look_{};   // at the directory itself
  Clock::time_point next_sweep_{};
};

}  // namespace av1d
