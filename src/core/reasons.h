// What is known about each reason: one table, one row a reason.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "av1d/types.h"

namespace av1d {

enum class Lasting { until_decided_anew, looked_at_every_scan };
// plan_and_ffmpeg: also every key that shapes the encode.
enum class Decider { keys, keys_and_ffmpeg, plan_and_ffmpeg };

struct ReasonFacts {
  ReasonCode code{};
  std::string_view name;          // as in the job's reason_code
  std::string_view deciding_key;  // the key an owner would change, "" where none helps
  std::string_view other_keys;    // further keys that take part in the answer, space-separated
  Lasting lasting = Lasting::until_decided_anew;
  Decider decider = Decider::keys;
  std::string_view remedy;  // one sentence
};

// In the order of ReasonCode.
std::span<const ReasonFacts> all_reasons();
const ReasonFacts& facts_of(ReasonCode code);

}  // namespace av1d
