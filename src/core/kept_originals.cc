// Which kept originals have had their time; see kept_originals.h.
#include "av1d/kept_originals.h"

#include <algorithm>
#include <tuple>

namespace av1d {

std::vector<KeptOriginal> choose_expired(std::vector<KeptOriginal> kept, const KeepingRules& rules,
                                         const std::map<std::uint64_t, std::uint64_t>& free_bytes,
                                         Time now) {
  std::ranges::sort(kept, {}, [](const KeptOriginal& each) {
    return std::tuple(each.replaced_at, each.path.native(), each.job_id);
  });
  const auto is_old = [&](const KeptOriginal& each) {
    return rules.keep_days > 0 && now - each.replaced_at >= std::chrono::days(rules.keep_days);
  };
  auto left = free_bytes;
  for (const auto& each : kept) {
    const auto at = left.find(each.filesystem);
    if (at != left.end() && is_old(each)) at->second += each.bytes;
  }
  std::vector<KeptOriginal> chosen;
  for (auto& each : kept) {
    const auto at = left.find(each.filesystem);
    const bool is_short = at != left.end() && at->second < rules.min_free_bytes;
    const bool helps = is_short && each.bytes > 0 && !is_old(each);
    if (helps) at->second += each.bytes;
    if (helps || is_old(each)) chosen.push_back(std::move(each));
  }
  return chosen;
}

}  // namespace av1d
