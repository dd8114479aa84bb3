// Everything that is decided about a file before anything is written: probe, gates, class, plan.
// --explain, --dry-run and run_job all look at a file through this one step.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "av1d/config.h"
#include "av1d/types.h"
#include "daemon/ask.h"

namespace av1d {

enum class PreflightMode {
  writing,    // makes and removes a probe file beside the target
  read_only,  // --dry-run and --explain
};

// How far a file came, and why it went no further. Fields are filled in this order.
struct Examination {
  Candidate candidate;
  std::string job_id;
  MediaInfo media;
  Classification classification;
  std::optional<EncodePlan> plan;
  fs::path final_path;
  fs::path output;                      // where the encoder writes
  std::vector<std::string> extraction;  // of covers, before the encode; empty without any
  std::vector<std::string> argv;        // the encode
  std::optional<Reason> reason;         // none: it would be encoded
  std::vector<std::string> passed;      // the steps that it passed, for people
};

// Reads the file a few times at most (header, some frames, packets, bytes); writes nothing but the
// preflight's probe file in writing mode. `likely_final` is the output's path where an earlier look
// knows it, else empty: a name that is still taken is then found before any process is started.
Examination examine(const Candidate& candidate, const Config& config, const Asker& asker,
                    PreflightMode mode, const fs::path& likely_final = {});

// Probes `path` and reads all its packets: for source and output alike.
Result<MediaInfo> probe_media(const fs::path& path, const Asker& asker);
Status scan_packets(MediaInfo& media, const fs::path& path, const Asker& asker);

}  // namespace av1d
