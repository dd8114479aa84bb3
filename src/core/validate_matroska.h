// The head of a Matroska output as our own reader sees it, which shares nothing with ffprobe: part
// of validate(). Pure.
#pragma once

#include <string>
#include <vector>

#include "av1d/validate.h"

namespace av1d {

// Tracks with their codec, language, name and flags, names and kinds of attachments; what is
// carried over from a Matroska source: BCP 47 languages, UIDs, chapters, tags.
std::vector<std::string> find_head_problems(const MediaInfo& source, const ExpectedOutput& expected,
                                            const Observations& seen);

}  // namespace av1d
