// --dry-run and --explain: the pipeline's decisions without its effects, for people.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "av1d/job_store.h"
#include "daemon/ask.h"
#include "daemon/examine.h"

namespace av1d {

// The table of what one pass would do, and its total, on standard output. Reads headers, packets
// and some frames of every file that would be looked at; writes nothing, starts no encode.
void print_dry_run(const Config& config, const JobStore& store, const Asker& asker);

// Every step's verdict on each file, with the ffmpeg command that would run. Returns the exit
// status: 66 where a file is not there.
int print_explanations(const std::vector<fs::path>& files, const Config& config,
                       const JobStore& store, const Asker& asker);

// The text of one explanation; `passed_over` says why a scan would not even look. Pure.
std::string explain(const Examination& exam, const std::optional<std::string>& passed_over,
                    const std::optional<Job>& answer);

}  // namespace av1d
