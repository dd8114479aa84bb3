// The encode itself, watched while it runs.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "av1d/config.h"
#include "av1d/types.h"
#include "daemon/ask.h"
#include "daemon/examine.h"

namespace av1d {

// A finished run of the encoder: what it wrote stands at Examination::output.
struct EncodeRun {
  int exit_status = 0;
  std::uint64_t damage_lines = 0;
  std::uint64_t misuse_lines = 0;
  std::string first_bad_line;
};

// What is told while it runs and after: on the calling thread.
struct EncodeListener {
  std::function<void(const Progress&)> on_progress;      // about once a second
  std::function<void(std::vector<std::string>)> on_log;  // the last lines of ffmpeg, at the end
};

// Encodes by the examination's plan into exam.output (replacing a leftover of that name). Ends the
// encoder and says why as soon as the output can't pass the size gate, a marker appears, the source
// changes or shows damage, space runs out, or nothing advances for stall_timeout_secs. The output
// file is the caller's to remove. Blocks for hours.
std::expected<EncodeRun, Reason> encode(const Examination& exam, const Config& config,
                                        const Asker& asker, const EncodeListener& listener);

// What calls an encode off, before it and while it runs: a marker that stands, or another file at
// the candidate's path. One look at the disk.
std::optional<Reason> call_off(const Candidate& candidate);

// Extracts the cover pictures that the plan will attach.
Status extract_covers(const Examination& exam, const Asker& asker);

}  // namespace av1d
