// The shape of a job file: which value stands under which name, and in which order. One description
// for both ways: `visitor` either writes the values of `self` or reads them from JSON.
#pragma once

#include "av1d/job_store.h"
#include "json_fields.h"

namespace av1d {

template <class Visitor, class Self>
void describe_stamp(Visitor& visitor, Self& self) {
  visitor.whole("size", self.size_bytes, Need::required);
  visitor.whole("mtime_ns", self.mtime_ns, Need::required);
  visitor.whole("device", self.device);
  visitor.whole("inode", self.inode);
  visitor.whole("ctime_ns", self.ctime_ns);
  visitor.whole("link_count", self.link_count);
}

template <class Visitor, class Self>
void describe_classification(Visitor& visitor, Self& self) {
  visitor.word("source_class", self.source_class, Need::required);
  visitor.whole("web_score", self.web_score);
  visitor.whole("disc_score", self.disc_score);
  visitor.lines("reasons", self.reasons);
}

template <class Visitor, class Self>
void describe_progress(Visitor& visitor, Self& self) {
  visitor.whole("frame", self.frame);
  visitor.whole("frames_total", self.frames_total);
  visitor.real("percent", self.percent);
  visitor.real("fps", self.fps);
  visitor.real("speed", self.speed);
  visitor.whole("output_bytes", self.output_bytes);
  visitor.real("eta_secs", self.eta_secs);
}

template <class Visitor, class Self>
void describe_quality(Visitor& visitor, Self& self) {
  visitor.real("xpsnr_y_min", self.xpsnr_y_min);
  visitor.real("xpsnr_y_mean", self.xpsnr_y_mean);
  visitor.list("windows", self.windows, [](Visitor& v, auto& window) {
    v.real("start_secs", window.start_secs);
    v.real("length_secs", window.length_secs);
    v.whole("frames", window.frames);
    v.real("xpsnr_y", window.xpsnr_y);
  });
}

// Recovery renames and removes by these words: none may be missing.
template <class Visitor, class Self>
void describe_journal(Visitor& visitor, Self& self) {
  visitor.word("kind", self.kind);  // absent: replace
  visitor.path("source", self.source, Need::required);
  visitor.path("final_path", self.final_path, Need::required);
  visitor.path("staged", self.staged, Need::required);
  visitor.path("old_name", self.old_name, Need::required);
  visitor.truth("keep_original", self.keep_original, Need::required);
  visitor.object("original", Need::required, [&](Visitor& v) { describe_stamp(v, self.original); });
  visitor.object("staged_stamp", Need::required,
                 [&](Visitor& v) { describe_stamp(v, self.staged_stamp); });
}

template <class Visitor, class Self>
void describe_result(Visitor& visitor, Self& self) {
  visitor.path("path", self.path, Need::required);
  visitor.whole("size", self.size_bytes, Need::required);
  visitor.whole("mtime_ns", self.mtime_ns, Need::required);
}

template <class Visitor, class Self>
void describe_history(Visitor& visitor, Self& self) {
  visitor.word("status", self.status, Need::required);
  visitor.word("stage", self.stage);
  visitor.reason(self.reason);
  visitor.text("decision_digest", self.decision_digest);
  visitor.whole("attempts", self.attempts);
  visitor.whole("interruptions", self.interruptions);
  visitor.time("created_at", self.created_at, Need::required);
  visitor.time("started_at", self.started_at);
  visitor.time("finished_at", self.finished_at);
  visitor.time("updated_at", self.updated_at, Need::required);
  visitor.time("retry_after", self.retry_after);
}

template <class Visitor, class Self>
void describe_video(Visitor& visitor, Self& self) {
  visitor.whole("original_bytes", self.original_bytes);
  visitor.whole("new_bytes", self.new_bytes);
  visitor.word("encoder_used", self.encoder_used);
  visitor.whole("crf_used", self.crf_used);
  visitor.whole("preset_used", self.preset_used);
  visitor.text_or_null("video_codec", self.video_codec);
  visitor.whole("video_width", self.video_width);
  visitor.whole("video_height", self.video_height);
  visitor.truth("is_hdr", self.is_hdr);
  visitor.shown_class(self.classification);
}

template <class Visitor, class Self>
void describe_details(Visitor& visitor, Self& self) {
  visitor.object("source", Need::required, [&](Visitor& v) { describe_stamp(v, self.source); });
  visitor.object("media", Need::optional, [&](Visitor& v) {
    v.text_or_null("format_name", self.format_name);
    v.real("duration_secs", self.duration_secs);
    v.whole("video_bits_per_sec", self.video_bits_per_sec);
    v.lines("streams", self.streams);
  });
  visitor.maybe("classification", self.classification,
                [](Visitor& v, auto& it) { describe_classification(v, it); });
  visitor.object("plan", Need::optional, [&](Visitor& v) {
    v.lines("reasons", self.plan_reasons);
    v.words("argv", self.argv);
  });
  visitor.real("encode_secs", self.encode_secs);
  visitor.maybe("progress", self.progress, [](Visitor& v, auto& it) { describe_progress(v, it); });
  visitor.maybe("quality", self.quality, [](Visitor& v, auto& it) { describe_quality(v, it); });
  visitor.maybe("journal", self.journal, [](Visitor& v, auto& it) { describe_journal(v, it); });
  visitor.maybe("result", self.result, [](Visitor& v, auto& it) { describe_result(v, it); });
  visitor.maybe("kept_original", self.kept_original,
                [](Visitor& v, auto& it) { describe_result(v, it); });
  visitor.lines("warnings", self.warnings);
  visitor.lines("log_tail", self.log_tail);
}

// What a list of jobs shows: the top level without the nested records, and the progress.
template <class Visitor, class Self>
void describe_head(Visitor& visitor, Self& self) {
  visitor.text("id", self.id, Need::required);
  visitor.path("source_path", self.source_path, Need::required);
  describe_history(visitor, self);
  describe_video(visitor, self);
  visitor.maybe("progress", self.progress, [](Visitor& v, auto& it) { describe_progress(v, it); });
}

template <class Visitor, class Self>
void describe_job(Visitor& visitor, Self& self) {
  visitor.text("id", self.id, Need::required);
  visitor.path("source_path", self.source_path, Need::required);
  visitor.path("output_path", self.output_path);
  describe_history(visitor, self);
  describe_video(visitor, self);
  describe_details(visitor, self);
}

// The job that a document describes; names the JSON path of the first mistake. Pure.
Result<Job> job_of(const nlohmann::json& document);

}  // namespace av1d
