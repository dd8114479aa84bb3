// The head of a Matroska output against the source's: part of validate(). Pure.
#pragma once

#include <string>
#include <vector>

#include "av1d/types.h"

namespace av1d {

std::vector<std::string> find_language_problems(const MatroskaFacts& want,
                                                const MatroskaFacts& got);
std::vector<std::string> find_tag_problems(const MatroskaFacts& want, const MatroskaFacts& got);
std::vector<std::string> find_chapter_problems(const MatroskaFacts& want, const MatroskaFacts& got);

}  // namespace av1d
