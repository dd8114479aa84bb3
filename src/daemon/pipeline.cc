// One file through the whole pipeline; see pipeline.h.
#include "daemon/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "av1d/matroska.h"
#include "av1d/mp4.h"
#include "av1d/plan.h"
#include "av1d/quality.h"
#include "av1d/replace.h"
#include "av1d/scan.h"
#include "av1d/size_gate.h"
#include "av1d/text.h"
#include "daemon/encode.h"
#include "daemon/examine.h"
#include "daemon/job_record.h"
#include "daemon/measure.h"
#include "daemon/outcome.h"
#include "daemon/prove.h"

namespace av1d {

namespace {

using Clock = std::chrono::system_clock;
using MaybeReason = std::optional<Reason>;

// Files in temp that belong to one job: the output and the extracted covers. Removed when the job
// ends, however it ends; a result that was renamed away is simply no longer there.
class TempFiles {
 public:
  explicit TempFiles(const Examination& exam) {
    if (exam.plan) {
      paths_.push_back(exam.output);
      for (const auto& stream : exam.plan->streams) {
        if (!stream.extracted.empty()) paths_.push_back(stream.extracted);
      }
    }
    remove();  // what a killed daemon left under these names
  }
  ~TempFiles() { remove(); }
  TempFiles(const TempFiles&) = delete;
  TempFiles& operator=(const TempFiles&) = delete;

 private:
  void remove() const {
    for (const auto& path : paths_) {
      std::error_code ignored;  // not there is as good as removed
      fs::remove(path, ignored);
    }
  }
  std::vector<fs::path> paths_;
};

Reason from_error(ReasonCode code, const Error& error) {
  if (error.errno_value == ECANCELED) return {ReasonCode::interrupted, "it was stopped"};
  return {error.errno_value == ENOSPC ? ReasonCode::no_space : code, error.message};
}

class Pipeline {
 public:
  Pipeline(const Candidate& candidate, const Workshop& workshop, JobRecord& record,
           EncodePlaces::Ticket& ticket, std::stop_token stop)
      : candidate_(candidate),
        workshop_(workshop),
        config_(workshop.config),
        record_(record),
        ticket_(ticket),
        asker_{workshop.runner, workshop.tools, workshop.config.nice, stop},
        prover_{workshop.runner, workshop.tools, nice_beside(workshop.config.nice), stop} {}

  // The page, in three parts: every step says why it went no further.
  MaybeReason look_into_it() {
    if (const Status begun = record_.begin(); !begun) {
      return from_error(ReasonCode::io_error, begun.error());
    }
    clear_the_place();
    if (auto reason = claim_output(record_.job().output_path)) return reason;
    exam_ = examine(candidate_, config_, asker_, PreflightMode::writing, record_.job().output_path);
    record_.note(exam_);
    return exam_.reason ? exam_.reason : claim_output(exam_.final_path);
  }

  // The films before it may take hours yet. False where it was recalled.
  bool await_turn(const std::stop_token& recall) {
    if (!recall.stop_requested() && ticket_.try_enter()) return true;
    record_.rest();
    if (!ticket_.enter(recall)) return false;
    record_.resume();
    return true;
  }

  MaybeReason make_it() {
    if (auto reason = look_again()) return reason;

    // From here on the file will be encoded.
    const TempFiles temp(exam_);
    if (auto reason = reserve_space()) return reason;
    auto reason = encode_and_prove();
    if (reason && drop_web_flags(*reason)) reason = encode_and_prove();
    if (!reason) reason = measure_it();
    if (reason) return blame_the_change(*std::move(reason));

    // From here on the original may be gone.
    return replace_it();
  }

 private:
  // What a failed attempt could not take away again. With a journal that is recovery's.
  void clear_the_place() {
    if (record_.job().journal) return;
    const Status removed = remove_staging(candidate_.path, record_.job().id);
    if (!removed) record_.warn(removed.error().message);
  }

  // Two films may want to become one (b.avi and b.ts): the second one isn't encoded in vain.
  MaybeReason claim_output(const fs::path& path) {
    if (path.empty() || path == candidate_.path) return std::nullopt;
    if (output_claim_ && output_claim_->path() == path) return std::nullopt;
    output_claim_.reset();
    auto claim = workshop_.claims.take(path);
    if (claim) output_claim_.emplace(*std::move(claim));
    if (output_claim_) return std::nullopt;
    return Reason{ReasonCode::name_taken, fmt::format("'{}' is what another film in work becomes",
                                                      printable(path.filename().native()))};
  }

  // What may have changed while it waited.
  MaybeReason look_again() const {
    if (auto reason = call_off(candidate_)) return reason;
    return preflight(replace_request(candidate_, exam_.job_id, exam_.final_path, config_));
  }

  // A film that waits for space lets others encode meanwhile: one of them may hold what it needs.
  MaybeReason reserve_space() {
    const std::uint64_t bytes = bytes_needed(candidate_.stamp.size_bytes, config_.max_size_ratio);
    auto space = workshop_.space.reserve({config_.temp_output_dir, candidate_.path.parent_path()},
                                         bytes, asker_.stop, [this](const std::string& shortage) {
                                           ticket_.leave();
                                           log_waiting(record_.job(), shortage);
                                         });
    if (!space) return from_error(ReasonCode::io_error, space.error());
    space_ = *std::move(space);
    return std::nullopt;
  }

  MaybeReason encode_and_prove() {
    if (!ticket_.enter(asker_.stop)) return Reason{ReasonCode::interrupted, "it was stopped"};
    log_encoding(record_.job());
    record_.stage(JobStage::encoding);
    if (auto reason = encode_it()) return reason;
    if (auto reason = weigh_it()) return reason;
    if (auto reason = carry_over()) return reason;
    if (auto reason = weigh_it()) return reason;  // what was carried over counts as well
    record_.stage(JobStage::validating);
    ticket_.leave();
    return prove_it();
  }

  // The flags of web-like sources can lose frames at the start; without them nothing is lost. True
  // when there is such a second plan to try.
  bool drop_web_flags(const Reason& reason) {
    if (!exam_.plan->web_flags || !timestamps_blamed_) return false;
    exam_.plan->web_flags = false;
    exam_.plan->reasons.push_back("tried again without -copyts: " + reason.text);
    exam_.argv = encode_args(*exam_.plan, exam_.media, workshop_.tools.ffmpeg, candidate_.path,
                             exam_.output);
    record_.note(exam_);
    return true;
  }

  // A film that was changed or removed under the encoder looks damaged; it isn't.
  Reason blame_the_change(Reason reason) const {
    const bool suspect = reason.code == ReasonCode::damaged_source ||
                         reason.code == ReasonCode::validation ||
                         reason.code == ReasonCode::encoder_failed;
    if (!suspect) return reason;
    auto change = call_off(candidate_);
    return change ? *std::move(change) : reason;
  }

  MaybeReason encode_it() {
    if (const Status covers = extract_covers(exam_, asker_); !covers) {
      return from_error(ReasonCode::encoder_failed, covers.error());
    }
    EncodeListener listener;
    listener.on_progress = [this](const Progress& progress) { record_.progress(progress); };
    listener.on_log = [this](std::vector<std::string> lines) {
      record_.job().log_tail = std::move(lines);
    };
    const auto began = std::chrono::steady_clock::now();
    auto run = encode(exam_, config_, asker_, listener);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    record_.job().encode_secs = record_.job().encode_secs.value_or(0) + took.count();
    if (!run) return run.error();
    run_ = *std::move(run);
    return std::nullopt;
  }

  // What of the source's own container ffmpeg's muxer does not write.
  MaybeReason carry_over() const {
    Status carried;
    if (const auto carry = matroska_carry(exam_.media, *exam_.plan)) {
      carried = carry_matroska(candidate_.path, exam_.output, *carry);
    } else if (const auto languages = matroska_languages(*exam_.plan); !languages.empty()) {
      carried = write_languages(exam_.output, languages);
    }
    if (const Mp4Carry& carry = exam_.plan->mp4_carry; !carry.empty()) {
      carried = carry_mp4(candidate_.path, exam_.output, carry);
    }
    if (!carried) return from_error(ReasonCode::encoder_failed, carried.error());
    return std::nullopt;
  }

  // The size gate's last word, before hours of reading are spent on a file that can't pass.
  MaybeReason weigh_it() {
    std::error_code error;
    const auto bytes = fs::file_size(exam_.output, error);
    if (error) {
      return Reason{ReasonCode::validation,
                    "the encoder ended well but its output is not there: " + error.message()};
    }
    record_.job().new_bytes = static_cast<std::uint64_t>(bytes);
    return check_size(candidate_.stamp.size_bytes, *record_.job().new_bytes,
                      config_.max_size_ratio);
  }

  MaybeReason prove_it() {
    auto proof = prove(exam_, run_, prover_);
    if (!proof) return from_error(ReasonCode::validation, proof.error());
    for (const auto& note : proof->notes) record_.warn(note);
    timestamps_blamed_ = blames_timestamps(proof->problems);
    if (proof->problems.empty()) {
      proof_ = *std::move(proof);
      return std::nullopt;
    }
    std::string text;
    for (const auto& problem : proof->problems) {
      text += fmt::format("{}{} ({})", text.empty() ? "" : "; ", problem.text,
                          to_string(problem.check));
    }
    const bool changed = std::any_of(
        proof->problems.begin(), proof->problems.end(),
        [](const Problem& problem) { return problem.check == Check::source_unchanged; });
    return Reason{changed ? ReasonCode::source_changed : ReasonCode::validation, std::move(text)};
  }

  // The quality goes on record; it decides only where the owner asks for one.
  MaybeReason measure_it() {
    if (config_.xpsnr_windows == 0) return std::nullopt;
    auto quality = measure_quality(exam_, proof_, config_.xpsnr_windows, prover_);
    if (!quality && quality.error().errno_value == ECANCELED) {
      return from_error(ReasonCode::interrupted, quality.error());
    }
    const std::string why = quality ? "" : quality.error().message;
    if (quality) {
      record_.job().quality = *std::move(quality);
    } else {
      record_.warn("the quality could not be measured: " + why);
    }
    return check_quality(record_.job().quality, why, config_.min_xpsnr);
  }

  MaybeReason replace_it() {
    auto replaced = replace_original(
        replace_request(candidate_, exam_.job_id, exam_.final_path, config_), exam_.output,
        [this](const ReplaceJournal& journal) { return write_journal(journal); }, asker_.stop);
    if (!replaced) {
      forget_journal_if_clean();
      return replaced.error();
    }
    record_.job().kept_original = kept_original(*record_.job().journal);
    record_.job().journal.reset();
    for (const auto& warning : replaced->warnings) record_.warn(warning);
    record_.job().result = replaced->result;
    record_.job().new_bytes = replaced->result.size_bytes;
    return std::nullopt;
  }

  // A failed replace cleans up behind itself; where it could not, the next start still needs to
  // know what the names beside the film are.
  void forget_journal_if_clean() {
    auto& journal = record_.job().journal;
    std::error_code error;
    if (journal && !fs::exists(fs::symlink_status(journal->staged, error)) &&
        !fs::exists(fs::symlink_status(journal->old_name, error))) {
      journal.reset();
    }
  }

  Status write_journal(const ReplaceJournal& journal) {
    record_.job().journal = journal;
    record_.job().stage = JobStage::replacing;
    return workshop_.store.save(record_.job(), Clock::now(), JobStore::Durability::durable);
  }

  const Candidate& candidate_;
  const Workshop& workshop_;
  const Config& config_;
  JobRecord& record_;
  EncodePlaces::Ticket& ticket_;
  Asker asker_;
  Asker prover_;  // no encode waits for it
  Examination exam_;
  EncodeRun run_;
  Proof proof_;
  bool timestamps_blamed_ = false;
  SpaceLedger::Reservation space_;
  std::optional<Claims::Claim> output_claim_;
};

}  // namespace

std::optional<Job> run_job(const Candidate& candidate, const Workshop& workshop,
                           EncodePlaces::Ticket& ticket, std::stop_token stop,
                           std::stop_token recall) {
  JobRecord record(candidate, workshop);
  Pipeline pipeline(candidate, workshop, record, ticket, stop);
  MaybeReason reason = pipeline.look_into_it();
  if (!reason && !pipeline.await_turn(recall)) {
    // Gone, changed or marked, or else as it was and to be looked into once more.
    if (!stop.stop_requested()) reason = call_off(candidate);
    if (!reason) return std::nullopt;
  }
  if (!reason) reason = pipeline.make_it();
  record.settle(std::move(reason));
  if (workshop.on_end) workshop.on_end(record.job(), record.news());
  return record.job();
}

}  // namespace av1d
