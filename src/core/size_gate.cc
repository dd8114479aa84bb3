// The size gate in exact arithmetic: a limit of 0.07 x 100 bytes is 7, which doubles do not say.
#include "av1d/size_gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "av1d/text.h"

namespace av1d {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kBillion = 1'000'000'000;
constexpr std::uint64_t kReserveBytes = 64ULL
                                        << 20U;  // what a muxer writes at the end: index, tags

// The ratio in billionths; what config.cc would refuse is brought into (0, 1].
std::uint64_t billionths(double ratio) {
  if (!(ratio > 0)) return 0;
  return static_cast<std::uint64_t>(
      std::llround(std::min(ratio, 1.0) * static_cast<double>(kBillion)));
}

}  // namespace

std::optional<Reason> check_size(std::uint64_t original_bytes, std::uint64_t new_bytes,
                                 double max_size_ratio) {
  const std::uint64_t ratio = billionths(max_size_ratio);
  if (Wide{new_bytes} * kBillion < Wide{original_bytes} * ratio) return std::nullopt;
  const double percent = original_bytes == 0 ? 100.0
                                             : 100.0 * static_cast<double>(new_bytes) /
                                                   static_cast<double>(original_bytes);
  return Reason{
      ReasonCode::size_gate,
      fmt::format("the AV1 file reached {}, {:.1f} % of the original's {}; max_size_ratio "
                  "{:g} asks for less than {:g} %",
                  format_bytes(new_bytes), percent, format_bytes(original_bytes), max_size_ratio,
                  max_size_ratio * 100.0)};
}

std::uint64_t bytes_needed(std::uint64_t original_bytes, double max_size_ratio) {
  const Wide output = (Wide{original_bytes} * billionths(max_size_ratio) + kBillion - 1) / kBillion;
  const Wide needed = output + kReserveBytes;
  constexpr Wide kMost = std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(std::min(needed, kMost));
}

}  // namespace av1d
