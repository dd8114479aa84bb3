// One pass over the libraries: scan, gates, stability, and every eligible file through run_job().
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "av1d/scan.h"
#include "daemon/pipeline.h"

namespace av1d {

// How many files met one fate, and their bytes.
struct Tally {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

// A file that the file gates turned down.
struct GatedFile {
  fs::path path;
  std::uint64_t bytes = 0;
  ReasonCode code{};
};

struct PassReport {
  std::uint64_t files = 0;
  std::map<ReasonCode, Tally> gated;   // turned down by the file gates, no job
  std::vector<GatedFile> gated_files;  // the same one by one
  Tally answered;                      // known from the job store
  Tally unstable;                      // still changing: the next pass looks again
  std::map<JobStatus, Tally> jobs;     // run in this pass, by their end
  std::uint64_t bytes_before = 0;      // of the successes
  std::uint64_t bytes_after = 0;
};

// Scans, and sorts the candidates into answered, gated and eligible (biggest first). Writes the
// sidecars of gated files if `write_sidecars`. Logs the scan's line.
enum class Sidecars { write, leave };
std::vector<Candidate> find_work(const Config& config, const JobStore& store,
                                 std::string_view ffmpeg_version, Sidecars sidecars,
                                 PassReport& report, std::stop_token stop);

// The whole pass. Returns early when stopped.
PassReport run_pass(const Workshop& workshop, std::stop_token stop);

// Sleeps until `time` or until stopped; false when stopped.
bool sleep_until(std::chrono::steady_clock::time_point time, std::stop_token stop);

}  // namespace av1d
