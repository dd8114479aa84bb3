// What /proc says of how busy the machine is.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace av1d {

// The load average of one minute; nothing where /proc/loadavg can't be read.
std::optional<double> load_average();

// Threads of these processes that run, wait for a processor or for a disk (R and D): what they put
// into the load average. A process that is gone counts for nothing.
std::uint64_t busy_threads(const std::vector<int>& pids);

}  // namespace av1d
