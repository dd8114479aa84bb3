// `.daemon` in job_state_dir: what the running daemon says of itself, for av1top and jq (README
// "Job files"). It is alive when it holds `.lock` and this file is fresh.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

enum class DaemonState { running, paused, stopping };

struct Heartbeat {
  int pid = 0;
  std::string version;
  std::chrono::system_clock::time_point started_at{};  // stored with whole seconds
  std::chrono::system_clock::time_point updated_at{};
  DaemonState state = DaemonState::running;
  std::optional<std::string> pause_reason;  // one sentence, only where it is paused
  std::uint64_t waiting = 0;                // queue.waiting: files that wait for their encode
  std::uint64_t running = 0;                // queue.running: jobs
  std::uint64_t bytes = 0;                  // queue.bytes: of the files that wait
  std::uint64_t saved_bytes = 0;            // by all successes on record
  std::vector<fs::path> library_roots;
  fs::path temp_output_dir;
  int scan_interval_secs = 0;

  bool operator==(const Heartbeat&) const = default;
};

// Written again at least this often, and at each change of state.
inline constexpr std::chrono::seconds kHeartbeatInterval{30};
// One that is older tells of a daemon that has missed three.
inline constexpr std::chrono::seconds kHeartbeatFresh = 3 * kHeartbeatInterval;

std::string_view to_string(DaemonState state);

// Pretty-printed, with a final newline; bytes that are not UTF-8 become U+FFFD. Pure.
std::string to_json(const Heartbeat& beat);
// Names the JSON path in its error; a newer schema is an error. Pure.
Result<Heartbeat> parse_heartbeat(std::string_view json);

// Replaces `.daemon` atomically. Not synced: after a crash it would be stale anyway.
Status write_heartbeat(const fs::path& job_state_dir, const Heartbeat& beat);
// An error with errno ENOENT where there is none.
Result<Heartbeat> read_heartbeat(const fs::path& job_state_dir);
// At the daemon's clean end. One that is not there is no error.
Status remove_heartbeat(const fs::path& job_state_dir);

}  // namespace av1d
