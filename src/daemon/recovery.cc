// What a dead daemon left; see recovery.h.
#include "daemon/recovery.h"

#include <spdlog/spdlog.h>

#include <system_error>

#include "av1d/replace.h"
#include "av1d/sidecars.h"
#include "av1d/text.h"

namespace av1d {

namespace {

using Clock = std::chrono::system_clock;

// The encoder's output and extracted covers: files in temp whose name begins with a job's id.
void clean_temp(const fs::path& temp, const JobStore& store) {
  constexpr std::size_t kIdLength = 32;
  std::error_code error;
  // Not a range-for: its increment throws where a directory cannot be read to its end.
  for (fs::directory_iterator at(temp, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().native();
    const bool ours = name.size() > kIdLength && name[kIdLength] == '.' &&
                      store.find(name.substr(0, kIdLength)).has_value();
    std::error_code failed;
    if (!ours || !fs::remove(at->path(), failed)) continue;
    spdlog::info("removed the leftover '{}'", printable(at->path().native()));
  }
  if (error) spdlog::warn("cannot read '{}': {}", printable(temp.native()), error.message());
}

void set_pending(Job& job) {
  job.stage = JobStage::none;
  job.journal.reset();
  job.progress.reset();
  job.status = JobStatus::pending;
  job.reason = Reason{ReasonCode::interrupted, "the daemon ended while it ran"};
  ++job.interruptions;
  if (job.attempts > 0) --job.attempts;
  if (job.interruptions < kMaxInterruptions) return;
  job.status = JobStatus::failed;
  job.reason->text = fmt::format("the daemon died under it {} times", job.interruptions);
}

void finish_replace(Job& job) {
  const Recovery recovery = recover(*job.journal);
  spdlog::info("'{}': {}", printable(job.source_path.native()), recovery.note);
  switch (recovery.what) {
    case Recovery::What::finished:
      job.status = JobStatus::success;
      job.stage = JobStage::none;
      job.reason.reset();
      job.result = recovery.result;
      job.kept_original = kept_original(*job.journal);
      job.journal.reset();
      if (recovery.result) job.new_bytes = recovery.result->size_bytes;
      job.finished_at = Clock::now();
      if (const Status removed = remove_why(job.source_path); !removed) {
        job.warnings.push_back(removed.error().message);
      }
      return;
    case Recovery::What::undone:
      set_pending(job);
      return;
    case Recovery::What::unsettled:  // of an undo only
    case Recovery::What::unexplained:
      // The journal stays: the owner, or the next start, may still need it.
      job.status = JobStatus::failed;
      job.reason = Reason{ReasonCode::replace_failed, recovery.note};
      spdlog::error("'{}' needs a look: {}", printable(job.source_path.native()), recovery.note);
      return;
  }
}

// An undo goes forward: either it had not begun, and the job is the success that it was, or the
// original is back.
void finish_undo(Job& job, const Config& config) {
  const Recovery recovery = recover(*job.journal);
  spdlog::info("'{}': {}", printable(job.source_path.native()), recovery.note);
  switch (recovery.what) {
    case Recovery::What::finished:
      job.journal.reset();
      return;
    case Recovery::What::undone:
      mark_undone(job, config);
      job.journal.reset();
      return;
    case Recovery::What::unsettled:
      mark_undone(job, config);
      spdlog::warn("{}", recovery.note);
      return;
    case Recovery::What::unexplained:
      spdlog::error("'{}' needs a look: {}", printable(job.source_path.native()), recovery.note);
      return;
  }
}

}  // namespace

void settle_journal(Job& job, const Config& config) {
  if (job.journal->kind == JournalKind::undo) return finish_undo(job, config);
  finish_replace(job);
}

void mark_undone(Job& job, const Config& config) {
  job.status = JobStatus::skipped;
  job.stage = JobStage::none;
  job.reason = Reason{ReasonCode::undone, "the original was taken back with av1d --undo"};
  job.decision_digest = decision_digest(job.reason->code, config, "");
  job.finished_at = Clock::now();
  job.result.reset();
  job.kept_original.reset();
  if (!config.write_why_sidecars) return;
  if (const Status told = write_why(job.source_path, *job.reason); !told) {
    spdlog::warn("{}", told.error().message);
  }
}

bool is_undone(const Job& job) {
  return job.status == JobStatus::skipped && job.reason && job.reason->code == ReasonCode::undone;
}

void recover_jobs(JobStore& store, const Config& config) {
  clean_temp(config.temp_output_dir, store);
  for (Job job : store.unfinished()) {
    if (job.journal) {
      settle_journal(job, config);
    } else {
      if (const Status removed = remove_staging(job.source_path, job.id); !removed) {
        spdlog::warn("{}", removed.error().message);
      }
      if (job.status != JobStatus::running) continue;
      set_pending(job);
      spdlog::info("'{}' was interrupted and will be done again",
                   printable(job.source_path.native()));
    }
    if (const Status saved = store.save(job, Clock::now(), JobStore::Durability::durable); !saved) {
      spdlog::error("{}", saved.error().message);
    }
  }
}

}  // namespace av1d
