// The rules of pausing; see pause.h.
#include "daemon/pause.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "av1d/quiet_hours.h"

namespace av1d {

namespace {

constexpr double kAverageSecs = 60;
constexpr double kContinueShare = 0.8;

}  // namespace

double LoadGauge::sample(double average, std::uint64_t own, Clock::time_point now) {
  if (last_) {
    const double secs = std::chrono::duration<double>(now - *last_).count();
    const double keep = std::exp(-secs / kAverageSecs);
    own_average_ = own_average_ * keep + static_cast<double>(own) * (1 - keep);
  }
  last_ = now;
  return std::max(0.0, average - own_average_);
}

bool pauses_for_load(const PauseInputs& inputs, const Config& config) {
  if (config.pause_above_load <= 0 || !inputs.other_load) return false;
  const double limit = config.pause_above_load * (inputs.loaded_before ? kContinueShare : 1);
  return *inputs.other_load > limit;
}

std::optional<std::string> pause_reason(const PauseInputs& inputs, const Config& config) {
  if (inputs.pause_file) {
    return fmt::format("the file '{}' stands in job_state_dir", kPauseFile);
  }
  const auto quiet = parse_quiet_hours(config.quiet_hours);
  if (quiet && quiet->contains(inputs.since_midnight)) {
    return fmt::format("quiet hours until {}", format_time_of_day(quiet->end));
  }
  if (pauses_for_load(inputs, config)) {
    return fmt::format("other work has a load above {}", config.pause_above_load);
  }
  return std::nullopt;
}

}  // namespace av1d
