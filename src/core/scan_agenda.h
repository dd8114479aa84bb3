// What the threads of a walk share: which directories are still to be visited, and which were.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "av1d/types.h"

namespace av1d {

using DirectoryId = std::pair<dev_t, ino_t>;

// A directory that waits for its visit, and what its ancestors said about everything below.
struct PendingDirectory {
  std::string path;
  std::optional<fs::path> marker;
  std::optional<fs::path> disc_structure;
};

// The directories that are still to be visited. Thread-safe.
class Agenda {
 public:
  Agenda(PendingDirectory first, unsigned workers) : workers_(workers) {
    pending_.push_back(std::move(first));
  }

  // The next ones; waits while there may be more. None when all are done.
  std::vector<PendingDirectory> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !pending_.empty() || busy_ == 0; });
    // So many that the lock is seldom asked for, so few that something is left for the others. One
    // worker alone goes down before it goes on, in the order of names.
    constexpr std::size_t kMostAtOnce = 32;
    const std::size_t share = workers_ == 1 ? 1 : pending_.size() / (2 * workers_) + 1;
    const std::size_t count = std::min({share, kMostAtOnce, pending_.size()});
    const auto from = pending_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<PendingDirectory> taken(std::make_move_iterator(from),
                                        std::make_move_iterator(pending_.end()));
    pending_.erase(from, pending_.end());
    if (count > 0) ++busy_;
    return taken;
  }

  // What the visits to those of the last take() brought to light.
  void give(std::vector<PendingDirectory>&& found) {
    const std::scoped_lock lock(mutex_);
    std::move(found.begin(), found.end(), std::back_inserter(pending_));
    found.clear();
    --busy_;
    if (!pending_.empty() || busy_ == 0) changed_.notify_all();
  }

  void drop_all() {
    const std::scoped_lock lock(mutex_);
    pending_.clear();
  }

 private:
  const unsigned workers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<PendingDirectory> pending_;  // a stack: the next one is at the back
  unsigned busy_ = 0;                      // workers between take() and give()
};

// Which directories were read, under which root. Thread-safe.
class VisitedDirectories {
 public:
  enum class Claim { first, again_under_this_root, again };

  Claim claim(DirectoryId id, std::size_t root) {
    const std::scoped_lock lock(mutex_);
    const auto [at, is_new] = visited_.try_emplace(id, Visit{root, false});
    if (is_new) return Claim::first;
    return at->second.root == root ? Claim::again_under_this_root : Claim::again;
  }
  void note_empty(DirectoryId id) {
    const std::scoped_lock lock(mutex_);
    visited_.at(id).is_empty = true;
  }
  bool is_empty(DirectoryId id) {
    const std::scoped_lock lock(mutex_);
    return visited_.at(id).is_empty;
  }
  void forget(std::size_t root) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(visited_, [root](const auto& visit) { return visit.second.root == root; });
  }

 private:
  struct Visit {
    std::size_t root;
    bool is_empty;
  };
  std::mutex mutex_;
  std::map<DirectoryId, Visit> visited_;
};

}  // namespace av1d
