// How a child's end reads in a log line or a sidecar; see runner.h.
#include "av1d/runner.h"

#include <fmt/format.h>

#include <cstring>

namespace av1d {

namespace {

std::string seconds_text(std::chrono::duration<double> time) {
  const double seconds = time.count();
  return seconds < 9.95 ? fmt::format("{:.1f} s", seconds) : fmt::format("{:.0f} s", seconds);
}

}  // namespace

// Why we ended it comes before how it died of that.
std::string RunExit::describe() const {
  if (timed_out) return "timed out after " + seconds_text(wall);
  if (ended_by_tick) return "ended by its watchdog after " + seconds_text(wall);
  if (stopped) return "stopped after " + seconds_text(wall);
  if (signal != 0) return fmt::format("killed by signal {} ({})", signal, ::strsignal(signal));
  if (status < 0) return "exit status unknown";
  return fmt::format("exit status {}", status);
}

}  // namespace av1d
