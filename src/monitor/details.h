// Everything that one job file says, as lines to scroll through. Pure.
#pragma once

#include <vector>

#include "av1d/job_store.h"
#include "monitor/display_text.h"
#include "monitor/screen.h"

namespace av1d {

// Long values are wrapped, none is cut.
std::vector<Line> detail_lines(const Job& job, int columns, Charset charset, Time now);

}  // namespace av1d
