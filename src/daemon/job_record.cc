// The record of one run of a job; see job_record.h.
#include "daemon/job_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "av1d/gates.h"
#include "av1d/sidecars.h"
#include "daemon/notes.h"

namespace av1d {

namespace {

using Clock = std::chrono::system_clock;

// Once a second a job at most, as often as readers look; where many run, sixteen times a second
// altogether: each save is synced, and a library's disk has other things to do.
std::chrono::duration<double> progress_interval(std::uint64_t running) {
  return std::chrono::duration<double>(std::max(1.0, static_cast<double>(running) / 16));
}

Job open_job(const Candidate& candidate, const std::optional<Job>& before) {
  Job job = before.value_or(Job{});
  if (!before) job.created_at = Clock::now();
  job.id = job_id(candidate.path, candidate.stamp);
  job.source_path = candidate.path;
  job.source = candidate.stamp;
  job.original_bytes = candidate.stamp.size_bytes;
  job.status = JobStatus::running;
  job.reason.reset();
  job.retry_after.reset();
  job.finished_at.reset();
  job.progress.reset();
  job.quality.reset();
  job.new_bytes.reset();
  job.encode_secs.reset();
  job.warnings.clear();
  job.log_tail.clear();
  job.started_at = Clock::now();
  ++job.attempts;
  return job;
}

std::string line_of(const Stream& stream) {
  static constexpr std::array kTypes = {"video", "audio", "subtitle", "attachment", "data"};
  std::string text =
      fmt::format("{} {} {}", stream.index, kTypes.at(static_cast<std::size_t>(stream.type)),
                  stream.codec.empty() ? stream.codec_tag : stream.codec);
  if (stream.type == StreamType::video)
    text += fmt::format(" {}x{} {}", stream.width, stream.height, stream.pixel_format);
  if (stream.type == StreamType::audio) text += fmt::format(" {} ch", stream.channels);
  if (!stream.language().empty()) text += " " + stream.language();
  for (const auto& flag : stream.dispositions) text += " " + flag;
  return text;
}

}  // namespace

JobRecord::JobRecord(const Candidate& candidate, const Workshop& workshop)
    : candidate_(candidate),
      workshop_(workshop),
      before_(workshop.store.find(job_id(candidate.path, candidate.stamp))),
      job_(open_job(candidate, before_)) {}

Status JobRecord::begin() {
  job_.stage = JobStage::probing;
  return write(JobStore::Durability::durable);
}

void JobRecord::save(JobStore::Durability durability) {
  if (const Status saved = write(durability); !saved) warn(saved.error().message);
}

Status JobRecord::write(JobStore::Durability durability) {
  Status saved = workshop_.store.save(job_, Clock::now(), durability);
  if (workshop_.on_change) workshop_.on_change(job_);
  return saved;
}

void JobRecord::stage(JobStage stage) {
  job_.stage = stage;
  save();
}

void JobRecord::rest() {
  job_.status = JobStatus::pending;
  job_.stage = JobStage::none;
  job_.started_at.reset();
  if (job_.attempts > 0) --job_.attempts;
  save();
}

void JobRecord::resume() {
  job_.status = JobStatus::running;
  job_.started_at = Clock::now();
  ++job_.attempts;
}

void JobRecord::progress(const Progress& progress) {
  const auto now = std::chrono::steady_clock::now();
  const bool changed = job_.progress != progress;
  job_.progress = progress;
  if (!changed || now - last_progress_ < progress_interval(running_jobs())) return;
  last_progress_ = now;
  save();
}

std::uint64_t JobRecord::running_jobs() const {
  return workshop_.store.totals().count(JobStatus::running);
}

void JobRecord::warn(const std::string& text) {
  if (std::find(job_.warnings.begin(), job_.warnings.end(), text) == job_.warnings.end()) {
    job_.warnings.push_back(text);
  }
}

void JobRecord::note(const Examination& exam) {
  Job& job = job_;
  job.output_path = exam.final_path;
  job.format_name = exam.media.format_name;
  job.duration_secs = exam.media.duration_secs;
  job.video_bits_per_sec = exam.media.video_bits_per_sec();
  job.streams.clear();
  for (const auto& stream : exam.media.streams) job.streams.push_back(line_of(stream));
  if (const Stream* video = exam.media.main_video()) {
    job.video_codec = video->codec;
    job.video_width = video->width;
    job.video_height = video->height;
    job.is_hdr = is_hdr(*video);
  }
  if (!exam.plan) return;
  job.classification = exam.classification;
  job.plan_reasons = exam.plan->reasons;
  job.argv = exam.argv;
  job.encoder_used = exam.plan->encoder;
  job.crf_used = exam.plan->crf;
  job.preset_used = exam.plan->preset;
}

void JobRecord::tell_owner() {
  Status status;
  const bool turned_down =
      job_.reason && job_.status != JobStatus::pending && deserves_note(*job_.reason);
  if (turned_down && workshop_.config.write_why_sidecars) {
    status = write_why(candidate_.path, *job_.reason);
  }
  if (job_.status == JobStatus::success) status = remove_why(candidate_.path);
  if (!status) warn(status.error().message);
}

// What may pass is tried again later and later. How long the last wait was stands in the job's own
// times.
void JobRecord::plan_retry() {
  const bool again =
      job_.reason && may_pass(job_.reason->code) &&
      (job_.status == JobStatus::pending || job_.attempts < workshop_.config.max_attempts);
  if (!again) return;
  std::optional<std::chrono::seconds> last;
  if (before_ && before_->retry_after && before_->finished_at) {
    last = std::chrono::duration_cast<std::chrono::seconds>(*before_->retry_after -
                                                            *before_->finished_at);
  }
  job_.retry_after =
      *job_.finished_at +
      next_retry_delay(last, std::chrono::seconds(workshop_.config.scan_interval_secs));
}

News JobRecord::news() const {
  const bool same = before_ && before_->status == job_.status && before_->reason == job_.reason &&
                    job_.reason.has_value();
  return same ? News::repeated : News::fresh;
}

void JobRecord::settle(std::optional<Reason> reason) {
  job_.stage = JobStage::none;
  job_.finished_at = Clock::now();
  job_.status = reason ? status_for(reason->code) : JobStatus::success;
  if (reason) {
    job_.decision_digest =
        decision_digest(reason->code, workshop_.config, workshop_.tools.version.text);
    const bool counts =
        reason->code != ReasonCode::interrupted && reason->code != ReasonCode::no_space;
    if (!counts && job_.attempts > 0) --job_.attempts;
  }
  job_.reason = std::move(reason);
  plan_retry();
  tell_owner();
  save(JobStore::Durability::durable);
}

}  // namespace av1d
