// What av1d tells Prometheus, in the text format that node_exporter's textfile collector reads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "av1d/heartbeat.h"
#include "av1d/job_store.h"
#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

// What this run of the program counted: it only grows.
struct RunCounters {
  std::map<JobStatus, std::uint64_t> ended;  // attempts that came to rest, by their end
  double encode_secs = 0;
  std::uint64_t hook_failures = 0;
  std::uint64_t originals_removed = 0;
  std::optional<Time> last_scan;
};

// The whole file. Names have a unit and begin with av1d_. `totals` are of the jobs on record: they
// may fall, when job files go. Pure.
std::string format_metrics(const Totals& totals, const RunCounters& counters,
                           const Heartbeat& beat);

// Replaces `file` atomically (mode 0644); its directory must exist. Not synced.
Status write_metrics(const fs::path& file, const std::string& text);

}  // namespace av1d
