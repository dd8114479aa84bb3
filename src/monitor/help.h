// The help page, made from the tables of keys and columns. Pure.
#pragma once

#include <vector>

#include "monitor/screen.h"

namespace av1d {

std::vector<Line> help_lines(int columns);

}  // namespace av1d
