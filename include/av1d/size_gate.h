// Is the result small enough to be worth it? Pure.
#pragma once

#include <optional>

#include "av1d/types.h"

namespace av1d {

// Rejects an output of `new_bytes` >= ratio x original. The same question live, while the output
// grows, and at the end.
std::optional<Reason> check_size(std::uint64_t original_bytes, std::uint64_t new_bytes,
                                 double max_size_ratio);

// The bytes that must be free in temp before an encode starts: ratio x original + 64 MiB.
std::uint64_t bytes_needed(std::uint64_t original_bytes, double max_size_ratio);

}  // namespace av1d
