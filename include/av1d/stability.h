// Which candidates have kept their stamp long enough. All wait side by side.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <vector>

#include "av1d/types.h"

namespace av1d {

// Time is an argument: the class has no clock. Used by one thread.
class StabilityTracker {
 public:
  using Clock = std::chrono::steady_clock;

  explicit StabilityTracker(std::chrono::seconds wait) : wait_(wait) {}

  // Tells the tracker what `path` looks like at `now`; true when it has looked so for `wait`.
  // A stamp that differs from the last one (size, mtime, ctime, inode, device) starts anew.
  bool observe(const fs::path& path, const FileStamp& stamp, Clock::time_point now);

  // Forgets a path (it was taken up, has gone, or got a marker).
  void forget(const fs::path& path);

  // When the next of those that observe() has not yet called stable may be so, or nothing when
  // there is none.
  std::optional<Clock::time_point> next_ready() const;

  // How many are observed and not forgotten.
  std::size_t waiting() const { return since_.size(); }

 private:
  struct Seen {
    FileStamp stamp;
    Clock::time_point since;
    bool ready = false;  // observe() has said so
  };
  std::chrono::seconds wait_;
  std::map<fs::path, Seen> since_;
};

}  // namespace av1d
