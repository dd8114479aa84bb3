// Collects what validate() needs and asks for its verdict.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "av1d/validate.h"
#include "daemon/ask.h"
#include "daemon/encode.h"
#include "daemon/examine.h"

namespace av1d {

struct Proof {
  std::vector<Problem> problems;  // none: nothing was lost
  MediaInfo output;
  // When the source's first frame is shown; nothing where its packets don't tell.
  std::optional<std::int64_t> source_start_ns;
  std::vector<std::string> notes;  // what a person should know although it is no problem
};

// True where a problem is about when frames are shown: a plan without -copyts may do better.
bool blames_timestamps(const std::vector<Problem>& problems);

// Probes the output, hashes copied streams on both sides, decodes the new video from end to end.
// Reads both files several times; writes nothing. An error only when it was stopped (ECANCELED).
Result<Proof> prove(const Examination& exam, const EncodeRun& run, const Asker& asker);

}  // namespace av1d
