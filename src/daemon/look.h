// A look at the libraries: what a scan found, sorted into what is answered, turned down, and to do.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "av1d/backlog.h"
#include "av1d/config.h"
#include "av1d/job_store.h"
#include "av1d/scan.h"
#include "daemon/examine.h"
#include "daemon/notes.h"

namespace av1d {

// How many files met one fate, and their bytes.
struct Tally {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;

  void add(std::uint64_t more_bytes) {
    ++count;
    bytes += more_bytes;
  }
  void add(const Tally& more) {
    count += more.count;
    bytes += more.bytes;
  }
};

enum class Fate {
  gated,     // by the file gates; no job
  answered,  // by a job
  later,     // a failure that may pass: not before `retry_after`
  running,   // as a job
  eligible,
};

struct Sorted {
  Fate fate = Fate::eligible;
  std::optional<Reason> reason;  // gated: why. answered: why not, nothing for a success
  std::optional<Time> retry_after;
};

// What is to be done with one file. Costs no I/O but for a file that was turned down for something
// of the moment (permissions, names): in writing mode its directory is asked whether that still
// holds, in read_only mode it is to be tried.
Sorted sort_out(const Candidate& candidate, const Config& config, const JobStore& store,
                std::string_view ffmpeg_version, PreflightMode mode, Time now);

// A file that the file gates turned down.
struct GatedFile {
  fs::path path;
  std::uint64_t bytes = 0;
  ReasonCode code{};
};

struct ScanReport {
  std::uint64_t files = 0;
  Tally work;                           // to do, now or later
  Tally done;                           // encoded before
  std::map<ReasonCode, Tally> skipped;  // by the file gates or by a job
  std::map<ReasonCode, Tally> failed;   // for good
  std::uint64_t answered = 0;           // known from the job store, whatever the answer
};

// "scan: 120 files, 3 to do (9.0 GiB), 80 done (1.0 TiB); skipped: 17 too_small (1.2 GiB,
// min_bytes)". Pure.
std::string report_line(const ScanReport& report);

// "'/srv/films': library root is empty: is its filesystem mounted?". Pure.
std::string warning_line(const ScanWarning& warning);

struct Findings {
  ScanResult scan;
  ScanReport report;
  std::vector<Work> work;
  std::vector<GatedFile> gated_files;  // of a dry run; ordered by path
};

// Scans and sorts, on as many threads as worker_count() says, and keeps the notes beside the films.
// Without notes (a dry run) nothing is written.
Findings look_around(const Config& config, const JobStore& store, std::string_view ffmpeg_version,
                     Notes* notes, std::stop_token stop);

// For Backlog: a file and the time that a job's retry_after means on the other clock.
Work work_of(Candidate candidate, const std::optional<Time>& retry_after);

}  // namespace av1d
