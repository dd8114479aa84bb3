// The quiet part of a day; see quiet_hours.h.
#include "av1d/quiet_hours.h"

#include <fmt/format.h>

#include <algorithm>

namespace av1d {

namespace {

using namespace std::chrono;

constexpr seconds kDay = days(1);

std::optional<int> two_digits(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 2 || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  return (text[0] - '0') * 10 + (text[1] - '0');
}

std::optional<minutes> time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = two_digits(text.substr(0, 2));
  const auto minute = two_digits(text.substr(3));
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  return hours(*hour) + minutes(*minute);
}

// How long it is until the clock on the wall shows `to`: more than 0, at most a day.
seconds distance(seconds from, seconds to) {
  const seconds ahead = (to - from) % kDay;
  return ahead > seconds(0) ? ahead : ahead + kDay;
}

}  // namespace

bool QuietHours::contains(seconds since_midnight) const {
  const bool after_start = since_midnight >= start;
  const bool before_end = since_midnight < end;
  return start < end ? after_start && before_end : after_start || before_end;
}

seconds QuietHours::until_change(seconds since_midnight) const {
  return std::min(distance(since_midnight, start), distance(since_midnight, end));
}

std::optional<QuietHours> parse_quiet_hours(std::string_view text) {
  if (text.size() != 11 || text[5] != '-') return std::nullopt;
  const auto start = time_of_day(text.substr(0, 5));
  const auto end = time_of_day(text.substr(6));
  if (!start || !end || *start == *end) return std::nullopt;
  return QuietHours{*start, *end};
}

std::string format_time_of_day(minutes since_midnight) {
  return fmt::format("{:02}:{:02}", since_midnight.count() / 60, since_midnight.count() % 60);
}

}  // namespace av1d
