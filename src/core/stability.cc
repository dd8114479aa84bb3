// Waiting side by side: every file has its own start of rest, so ten thousand new files are ready
// together.
#include "av1d/stability.h"

namespace av1d {

bool StabilityTracker::observe(const fs::path& path, const FileStamp& stamp,
                               Clock::time_point now) {
  const auto [at, is_new] = since_.try_emplace(path, Seen{stamp, now});
  Seen& seen = at->second;
  if (!is_new && seen.stamp != stamp) seen = Seen{stamp, now};
  seen.ready = now - seen.since >= wait_;
  return seen.ready;
}

void StabilityTracker::forget(const fs::path& path) {
  since_.erase(path);
}

std::optional<StabilityTracker::Clock::time_point> StabilityTracker::next_ready() const {
  std::optional<Clock::time_point> next;
  for (const auto& [path, seen] : since_) {
    if (!seen.ready && (!next || seen.since + wait_ < *next)) next = seen.since + wait_;
  }
  return next;
}

}  // namespace av1d
