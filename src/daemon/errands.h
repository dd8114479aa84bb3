// What else is to be done when something happens in the daemon. Each is called on the thread that
// it says, in --once and in the daemon alike; those that are empty are passed over. None may throw.
#pragma once

#include <functional>

#include "av1d/config.h"
#include "av1d/heartbeat.h"
#include "av1d/job_store.h"
#include "av1d/requests.h"
#include "av1d/scan.h"

namespace av1d {

// Whether the end of a job says something that its last end has not said already: a file that is
// looked at again at every scan and turned down for the same reason is no news.
enum class News { fresh, repeated };

struct Errands {
  // A job has come to rest and is on disk. Job threads, several at a time: return quickly.
  std::function<void(const Job&, News, const Config&)> job_ended;
  // A command came in beside the daemon; what it says goes back to the one who asked. A thread of
  // its own, one at a time. A scan follows, so that what it changed takes effect.
  std::function<Answer(const Request&, const Config&)> request;
  // The state as it stands in `.daemon`: at each change and at least every kMetricsInterval. A
  // thread of its own, one at a time; may write small files.
  std::function<void(const Heartbeat&, const Config&)> beat;
  // A scan is over; `found.absent_roots` are those that nothing can be told of. The scan's thread:
  // the next scan waits.
  std::function<void(const ScanResult& found, const Config&)> scanned;
};

// node_exporter's textfile collector reads about this often.
inline constexpr std::chrono::seconds kMetricsInterval{15};

}  // namespace av1d
