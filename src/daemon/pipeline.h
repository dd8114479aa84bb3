// run_job(): one file through the whole pipeline, as straight blocking code on a job thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>

#include "av1d/config.h"
#include "av1d/job_store.h"
#include "av1d/types.h"
#include "daemon/ask.h"
#include "daemon/claims.h"
#include "daemon/encode_places.h"
#include "daemon/errands.h"
#include "daemon/space.h"

namespace av1d {

// What all jobs share. Everything in it outlives them and is thread-safe or constant.
struct Workshop {
  const Config& config;
  const Toolchain& tools;
  Runner& runner;
  JobStore& store;
  SpaceLedger& space;
  Claims& claims;
  std::function<void(const Job&)> on_change;     // called on job threads at every saved change
  std::function<void(const Job&, News)> on_end;  // likewise, when the job has come to rest
};

// Takes one candidate that passed the file gates and was stable through the rest: looks into it,
// waits for a place to encode it, and leaves that as soon as it needs the encoder no more.
// Everything that happened is in the returned job, which is also on disk; its status is never
// `running`. `recall` ends the wait for a place, and nothing before or behind it: nothing is
// returned then, and the job is pending on disk as if it had not been begun.
std::optional<Job> run_job(const Candidate& candidate, const Workshop& workshop,
                           EncodePlaces::Ticket& ticket, std::stop_token stop,
                           std::stop_token recall);

// Whether the job of this very version of a file answers it for good. Pure.
bool answers(const Job& job, const Config& config, std::string_view ffmpeg_version);

// The job that answered this very version of the file for good: known from the store, so nothing is
// to be done. Costs no I/O. Nothing when the file is to be tried (again).
std::optional<Job> find_answer(const Candidate& candidate, const JobStore& store,
                               const Config& config, std::string_view ffmpeg_version);

// Failures that may pass by themselves: a full disk, a mount that is gone, a killed encoder.
bool may_pass(ReasonCode code);

// Each wait is twice the last one, from `first` (an interval between scans) up to kMaxRetryDelay.
// Pure.
inline constexpr std::chrono::minutes kMaxRetryDelay{30};
std::chrono::seconds next_retry_delay(std::optional<std::chrono::seconds> last,
                                      std::chrono::seconds first);

// What a reason makes of a job: skipped for facts about the file, failed for what went wrong,
// pending for what passes by itself.
JobStatus status_for(ReasonCode code);

}  // namespace av1d
