// Whether av1d is alive: by its lock and its heartbeat.
#pragma once

#include "av1d/job_directory.h"
#include "monitor/facts.h"

namespace av1d {

// Pure. `heartbeat` is the last one, if there is any.
DaemonFacts judge_daemon(LockState lock, std::optional<Heartbeat> heartbeat, Time now);

// Reads the disk.
DaemonFacts look_at_daemon(const JobDirectory& directory, Time now);

}  // namespace av1d
