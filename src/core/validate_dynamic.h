// Metadata of each frame, Dolby Vision and HDR10+, against the source's: part of validate(). Pure.
#pragma once

#include <string>
#include <vector>

#include "av1d/expected_output.h"
#include "av1d/validate.h"

namespace av1d {

std::vector<std::string> find_dynamic_problems(const ExpectedOutput& expected,
                                               const Observations& seen);

}  // namespace av1d
