// Whether encoders may run now, and if not, why. Pure: files, clocks and loads are arguments.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "av1d/config.h"

namespace av1d {

// `.pause` in job_state_dir: while it is there, nothing is encoded.
inline constexpr const char* kPauseFile = ".pause";

// The load average of other work: the kernel's average less what our own encoders put into it,
// averaged in the same way over the same minute (kernel/sched/loadavg.c: a sample every 5 s with
// the weight 1 - exp(-5/60)).
class LoadGauge {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kInterval{5};

  // `average`: of one minute. `own`: threads of our encoders that run or wait for a disk. Returns
  // the load of others, not below 0.
  double sample(double average, std::uint64_t own, Clock::time_point now);

 private:
  std::optional<Clock::time_point> last_;
  double own_average_ = 0;
};

struct PauseInputs {
  bool pause_file = false;
  std::chrono::seconds since_midnight{0};  // local time
  std::optional<double> other_load;        // nothing where it is not known
  bool loaded_before = false;              // pauses_for_load() said so the last time
};

// Above the limit; once it was above, until it has fallen by a fifth.
bool pauses_for_load(const PauseInputs& inputs, const Config& config);

// Why encoders have to stand still, one sentence; nothing where they may run.
std::optional<std::string> pause_reason(const PauseInputs& inputs, const Config& config);

}  // namespace av1d
