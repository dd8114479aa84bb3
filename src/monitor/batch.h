// One snapshot as text or JSON, for pipes and scripts. Pure.
#pragma once

#include <string>
#include <vector>

#include "monitor/header.h"
#include "monitor/job_table.h"

namespace av1d {

// The header's facts, then one line a job in the order of `list`, the name last and uncut.
std::string batch_text(const HeaderFacts& facts, const JobTable& jobs,
                       const std::vector<std::uint32_t>& list, Charset charset, Time now);

// The same as one JSON document with a final newline. Names of fields are those of the job files
// where they mean the same. See av1top(1).
std::string batch_json(const HeaderFacts& facts, const JobTable& jobs,
                       const std::vector<std::uint32_t>& list, Time now);

}  // namespace av1d
