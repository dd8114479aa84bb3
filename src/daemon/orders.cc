// --undo, --retry and --retry-failed; see orders.h.
#include "daemon/orders.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "av1d/replace.h"
#include "av1d/scan.h"
#include "av1d/sidecars.h"
#include "av1d/text.h"
#include "daemon/exit_status.h"
#include "daemon/recovery.h"

namespace av1d {

namespace {

using Clock = std::chrono::system_clock;

std::string shown(const fs::path& path) {
  return "'" + printable(path.native()) + "'";
}

// What became of one name; the worst of all is the command's status.
struct Outcome {
  int status = kExitOk;
  std::string line;
};

// ---- Which job is meant -------------------------------------------------------------------------

bool is_named(const Job& job, const fs::path& path) {
  return job.source_path == path || job.source_path.native() + ".orig" == path.native() ||
         (job.result && job.result->path == path);
}

// The newest job of that film; of the path itself, and of the path as the scan would spell it.
std::optional<Job> find_job(const std::string& name, const Config& config, const JobStore& store) {
  if (auto job = store.find(name)) return job;
  const fs::path given = name;
  const fs::path spelt = library_path(given, config).value_or(given);
  std::optional<Job> newest;
  store.visit([&](const Job& job) {
    if (!is_named(job, given) && !is_named(job, spelt)) return;
    if (!newest || job.updated_at >= newest->updated_at) newest = job;
  });
  return newest;
}

Outcome unknown(const std::string& name) {
  return {kExitNoInput, fmt::format("no job knows '{}'; av1d --explain says what would be done "
                                    "with a file",
                                    printable(name))};
}

// From the last word of a job on disk to its end.
constexpr std::chrono::milliseconds kMomentToEnd{2000};

Outcome busy(const Job& job) {
  return {kExitTryAgain,
          shown(job.source_path) + " is being worked on; try again when that is over"};
}

// Finishes what a journal tells of; the job is as recovery leaves it. False where it could not.
bool settle_first(Job& job, const Config& config, JobStore& store) {
  if (!job.journal) return true;
  settle_journal(job, config);
  if (const Status saved = store.save(job, Clock::now(), JobStore::Durability::durable); !saved) {
    spdlog::error("{}", saved.error().message);
  }
  return !job.journal;
}

Outcome needs_a_look(const Job& job) {
  return {kExitJobsFailed, shown(job.source_path) + ": " +
                               (job.reason ? job.reason->text
                                           : std::string("an interrupted replace is in the way"))};
}

// ---- Undo ---------------------------------------------------------------------------------------

Outcome undone(const Job& job) {
  return {kExitOk, shown(job.source_path) + " is the original again; it is left alone from now on"};
}

Outcome swap_back(Job& job, const Config& config, JobStore& store) {
  const auto write_journal = [&](const ReplaceJournal& journal) {
    job.journal = journal;
    return store.save(job, Clock::now(), JobStore::Durability::durable);
  };
  const auto swapped = undo_replace(
      {.job_id = job.id, .source = job.source_path, .original = job.source, .result = *job.result},
      write_journal);
  if (!swapped) {
    const Outcome refused{kExitJobsFailed, swapped.error().text};
    return settle_first(job, config, store) && is_undone(job) ? undone(job) : refused;
  }
  mark_undone(job, config);
  if (!swapped->settled) job.warnings.push_back(swapped->note);
  if (swapped->settled) job.journal.reset();
  if (const Status saved = store.save(job, Clock::now(), JobStore::Durability::durable); !saved) {
    return {kExitJobsFailed, undone(job).line + "; but " + saved.error().message};
  }
  if (!swapped->settled) return {kExitJobsFailed, swapped->note + "; the next start removes it"};
  return undone(job);
}

Outcome undo(const std::string& name, const Config& config, JobStore& store, Claims& claims) {
  const auto found = find_job(name, config, store);
  if (!found) return unknown(name);
  const auto claim = claims.take(found->source_path, kMomentToEnd);
  auto job = store.find(found->id);  // as it is now that nobody else is at it
  if (!claim || !job || job->status == JobStatus::running) return busy(*found);
  if (!settle_first(*job, config, store)) return needs_a_look(*job);
  if (is_undone(*job)) return undone(*job);
  if (job->status != JobStatus::success || !job->result) {
    return {kExitJobsFailed, fmt::format("{} was not replaced: its job {} is {}",
                                         shown(job->source_path), job->id, to_string(job->status))};
  }
  Outcome outcome = swap_back(*job, config, store);
  spdlog::info("undo: {}", outcome.line);
  return outcome;
}

// ---- Retry --------------------------------------------------------------------------------------

Outcome reset(Job& job, const Config& config, JobStore& store) {
  if (!settle_first(job, config, store)) return needs_a_look(job);
  if (job.status == JobStatus::success) {
    return {kExitJobsFailed, shown(job.source_path) +
                                 " was replaced already; av1d --undo takes a kept original back"};
  }
  job.status = JobStatus::pending;
  job.stage = JobStage::none;
  job.reason.reset();
  job.decision_digest.clear();
  job.attempts = 0;
  job.interruptions = 0;
  job.retry_after.reset();
  job.finished_at.reset();
  if (const Status saved = store.save(job, Clock::now(), JobStore::Durability::durable); !saved) {
    return {kExitJobsFailed, saved.error().message};
  }
  if (const Status removed = remove_why(job.source_path); !removed) {
    spdlog::warn("{}", removed.error().message);
  }
  return {kExitOk, shown(job.source_path) + " will be tried again"};
}

Outcome retry(const Job& found, const Config& config, JobStore& store, Claims& claims) {
  const auto claim = claims.take(found.source_path, kMomentToEnd);
  auto job = store.find(found.id);
  if (!claim || !job || job->status == JobStatus::running) return busy(found);
  Outcome outcome = reset(*job, config, store);
  spdlog::info("retry: {}", outcome.line);
  return outcome;
}

// ---- The order as a whole -----------------------------------------------------------------------

Answer add_up(const std::vector<Outcome>& outcomes) {
  Answer answer;
  for (const auto& outcome : outcomes) {
    answer.exit_status = std::max(answer.exit_status, outcome.status);
    answer.text += outcome.line + "\n";
  }
  return answer;
}

Answer retry_failed(const Config& config, JobStore& store, Claims& claims) {
  std::vector<Outcome> outcomes;
  for (const auto& job : store.with_status(JobStatus::failed))
    outcomes.push_back(retry(job, config, store, claims));
  if (outcomes.empty()) return {kExitOk, "no job has failed\n"};
  return add_up(outcomes);
}

}  // namespace

Answer carry_out(const Request& order, const Config& config, JobStore& store, Claims& claims) {
  if (order.verb == kRetryFailedOrder) return retry_failed(config, store, claims);
  if (order.verb != kRetryOrder && order.verb != kUndoOrder) {
    return {kExitUsage,
            fmt::format("this av1d does not know the order '{}'\n", printable(order.verb))};
  }
  std::vector<Outcome> outcomes;
  for (const auto& name : order.arguments) {
    if (order.verb == kUndoOrder) {
      outcomes.push_back(undo(name, config, store, claims));
      continue;
    }
    const auto job = find_job(name, config, store);
    outcomes.push_back(job ? retry(*job, config, store, claims) : unknown(name));
  }
  return add_up(outcomes);
}

}  // namespace av1d
