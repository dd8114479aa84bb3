// Which streams, chapters and tags the output has: part of validate(). Pure.
#pragma once

#include <string>
#include <vector>

#include "av1d/validate.h"

namespace av1d {

// Count, order, type, codec, language, title, dispositions; names and kinds of attachments.
std::vector<std::string> find_inventory_problems(const MediaInfo& source,
                                                 const ExpectedOutput& expected,
                                                 const Observations& seen);
std::vector<std::string> find_chapter_problems(const MediaInfo& source,
                                               const ExpectedOutput& expected,
                                               const Observations& seen);
std::vector<std::string> find_tag_problems(const MediaInfo& source, const ExpectedOutput& expected,
                                           const Observations& seen);

}  // namespace av1d
