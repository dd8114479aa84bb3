// `quiet_hours`: the part of each day in which no encoder runs. Pure: time is an argument.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace av1d {

// From `start` to `end` by the clock on the wall; over midnight where the end comes first.
struct QuietHours {
  std::chrono::minutes start{0};  // since midnight
  std::chrono::minutes end{0};    // never equal to start

  bool operator==(const QuietHours&) const = default;
  // `since_midnight`: local time. The start is quiet, the end is not.
  bool contains(std::chrono::seconds since_midnight) const;
  // From `since_midnight` to the next start or end, more than 0. Days on which clocks are changed
  // are longer or shorter: ask again now and then.
  std::chrono::seconds until_change(std::chrono::seconds since_midnight) const;
};

// "22:00-08:00"; nothing for any other text, nor where both times are the same.
std::optional<QuietHours> parse_quiet_hours(std::string_view text);

// "08:00"
std::string format_time_of_day(std::chrono::minutes since_midnight);

}  // namespace av1d
