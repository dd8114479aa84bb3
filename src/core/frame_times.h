// When two frames are at the same time. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace av1d {

// Matroska rounds to a millisecond, and so may the source have.
inline constexpr std::int64_t kFrameSlackNs = 1'500'000;

// `times` ascends.
inline bool has_time_near(const std::vector<std::int64_t>& times, std::int64_t target) {
  const auto next = std::lower_bound(times.begin(), times.end(), target - kFrameSlackNs);
  return next != times.end() && *next <= target + kFrameSlackNs;
}

}  // namespace av1d
