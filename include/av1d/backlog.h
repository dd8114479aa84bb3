// The files that wait for their encode: which have been at rest long enough, which are to be tried
// again later, and whose turn it is. All wait side by side.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "av1d/config.h"
#include "av1d/types.h"

namespace av1d {

// A file that a scan found to do.
struct Work {
  Candidate candidate;
  // A failure that may pass: not again before this.
  std::optional<std::chrono::steady_clock::time_point> not_before{};
};

// Time is an argument: the class has no clock. Used by one thread. Every call costs the logarithm
// of the number of files.
class Backlog {
 public:
  using Clock = std::chrono::steady_clock;

  // `rest`: how long a file must have kept its stamp (size, mtime, ctime, inode, device).
  Backlog(Order order, std::chrono::seconds rest) : order_(order), rest_(rest) {}

  // New rules for those that wait, too.
  void set_rules(Order order, std::chrono::seconds rest);

  // `work` looks like this at `now`. A file with another stamp than the last one starts its rest
  // anew; one that is new here starts it now.
  void put(const Work& work, Clock::time_point now);
  // put() all, and let go of those that are not among them: gone, marked or answered.
  void replace(const std::vector<Work>& found, Clock::time_point now);

  // The one whose turn it is, taken out; nothing while none is ready. Whoever takes it looks at the
  // file once more: it is at rest only if it still has that stamp.
  std::optional<Candidate> take(Clock::time_point now);

  // When take() will next give one, `now` or earlier where it would at once; nothing where none
  // waits.
  std::optional<Clock::time_point> next_ready() const;

  std::size_t size() const { return entries_.size(); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  using Rank = std::tuple<std::int64_t, std::string>;  // the smallest has its turn
  struct Entry {
    Work work;
    Clock::time_point since;  // at rest
    Clock::time_point ready_at;
    Rank rank;
  };
  using Entries = std::map<std::string, Entry>;

  Rank rank_of(const Candidate& candidate) const;
  void file(Entry entry);
  Entries::iterator unfile(Entries::iterator at);
  void promote(Clock::time_point now);

  Order order_;
  std::chrono::seconds rest_;
  Entries entries_;  // by path
  std::uint64_t bytes_ = 0;
  std::set<std::pair<Clock::time_point, std::string>> resting_;  // by ready_at
  std::set<Rank> ready_;
};

}  // namespace av1d
