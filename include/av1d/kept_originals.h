// Which kept originals (NAME.orig) have had their time: by age, and earlier where space is short.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "av1d/job_store.h"
#include "av1d/types.h"

namespace av1d {

struct KeptOriginal {
  std::string job_id;
  fs::path path;
  std::uint64_t bytes = 0;       // that its removal would free; 0 where another link keeps them
  Time replaced_at{};            // when its encode took its place
  std::uint64_t filesystem = 0;  // device number of where it lies
};

struct KeepingRules {
  int keep_days = 0;                 // 0: for ever
  std::uint64_t min_free_bytes = 0;  // 0: off
};

// Those to remove, oldest first: all that are older than keep_days, then of each filesystem with
// less than min_free_bytes free as many of the oldest as it takes. `free_bytes` is what is free by
// filesystem; one that is not in it is not short. A time in the future is no age. Pure.
std::vector<KeptOriginal> choose_expired(std::vector<KeptOriginal> kept, const KeepingRules& rules,
                                         const std::map<std::uint64_t, std::uint64_t>& free_bytes,
                                         Time now);

}  // namespace av1d
