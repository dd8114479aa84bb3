// What the header shows, as values: measured elsewhere (system_metrics.h, free_space.h,
// daemon_watch.h), put on the screen by header.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "av1d/heartbeat.h"

namespace av1d {

// Of the whole machine. What the kernel does not tell is absent.
struct SystemFacts {
  std::optional<double> cpu;       // 0 to 1, since the last look
  std::vector<double> cores;       // the same for each core
  std::uint64_t memory_bytes = 0;  // 0: not told
  std::uint64_t memory_used_bytes = 0;
  std::optional<std::array<double, 3>> load;
  std::optional<double> gpu;  // 0 to 1: the busiest card
};

// Room for the daemon to write on one filesystem.
struct FreeSpace {
  std::string label;  // "films", "temp": what lies there, from its paths
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
  bool answers = true;  // a network filesystem may hang

  bool operator==(const FreeSpace&) const = default;
};

enum class DaemonLife {
  absent,   // nothing was ever seen of one
  stopped,  // the lock is free
  alive,    // holds the lock, and its heartbeat is fresh
  working,  // holds the lock without a heartbeat: a single pass (av1d --once)
  silent,   // holds the lock, but its heartbeat is old
};

struct DaemonFacts {
  DaemonLife life = DaemonLife::absent;
  std::optional<Heartbeat> heartbeat;  // the last one, however old
};

}  // namespace av1d
