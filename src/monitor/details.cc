// Everything that one job file says; see details.h.
#include "monitor/details.h"

#include <fmt/format.h>

#include <algorithm>

#include "av1d/config.h"
#include "av1d/text.h"
#include "monitor/columns.h"

namespace av1d {

namespace {

constexpr int kLabel = 16;

// Collects lines of a label and a value; what is empty is left out.
class Page {
 public:
  Page(int columns, Charset charset) : columns_(columns), charset_(charset) {}

  void section(const std::string& title) { pending_title_ = title; }

  // Text of av1d's own, or what printable() made of anyone's.
  void fact(std::string_view label, std::string_view text, Style style = Style::plain) {
    if (text.empty()) return;
    open_section();
    std::string shown_label = padded(label, kLabel);
    const int room = std::max(columns_ - kLabel - 3, 8);
    for (const auto& piece : wrapped(displayable_text(text, charset_), room)) {
      Line line;
      line.add("  " + shown_label, Style::dim);
      line.add(piece, style);
      lines_.push_back(std::move(line));
      shown_label = std::string(kLabel, ' ');
    }
  }
  void path(std::string_view label, const fs::path& path) { fact(label, printable(path.native())); }
  void time(std::string_view label, const std::optional<Time>& time, Time now) {
    if (!time || *time == Time{}) return;
    const double secs = std::chrono::duration<double>(now - *time).count();
    const std::string distance = secs >= 0 ? short_span(secs) + " ago" : "in " + short_span(-secs);
    fact(label, fmt::format("{}  ({})", format_time(*time), distance));
  }
  void list(std::string_view label, const std::vector<std::string>& texts,
            Style style = Style::plain) {
    for (const auto& text : texts) {
      fact(label, printable(text), style);
      label = "";
    }
  }

  std::vector<Line> take() { return std::move(lines_); }

 private:
  // A section without facts gets no title.
  void open_section() {
    if (pending_title_.empty()) return;
    if (!lines_.empty()) lines_.emplace_back();
    Line line;
    line.add(" " + pending_title_, Style::title);
    lines_.push_back(std::move(line));
    pending_title_.clear();
  }

  int columns_;
  Charset charset_;
  std::string pending_title_;
  std::vector<Line> lines_;
};

std::string bytes_text(std::uint64_t bytes) {
  return fmt::format("{}  ({} bytes)", format_bytes(bytes), bytes);
}

std::string size_change(const Job& job) {
  if (!job.new_bytes || job.original_bytes == 0) return "";
  const double share =
      static_cast<double>(*job.new_bytes) / static_cast<double>(job.original_bytes);
  return fmt::format("{:.1f}% of the original", share * 100);
}

void add_state(Page& page, const Job& job, Time now) {
  page.section("Job");
  page.path("file", job.source_path);
  if (job.output_path != job.source_path) page.path("becomes", job.output_path);
  std::string status(to_string(job.status));
  if (job.stage != JobStage::none) status += fmt::format(", {}", to_string(job.stage));
  page.fact("status", status, style_of(job.status));
  if (job.reason) {
    page.fact("reason", printable(job.reason->text),
              job.status == JobStatus::failed ? Style::failed : Style::plain);
    page.fact("", to_string(job.reason->code), Style::dim);
  }
  page.fact("attempts", fmt::format("{}", job.attempts));
  if (job.interruptions > 0) page.fact("interruptions", fmt::format("{}", job.interruptions));
  page.time("created", job.created_at, now);
  page.time("started", job.started_at, now);
  page.time("finished", job.finished_at, now);
  page.time("updated", job.updated_at, now);
  page.time("tried again", job.retry_after, now);
  if (job.started_at && job.finished_at && *job.finished_at > *job.started_at) {
    page.fact(
        "took",
        short_span(std::chrono::duration<double>(*job.finished_at - *job.started_at).count()));
  }
  page.fact("id", job.id);
}

void add_progress(Page& page, const Job& job, Charset charset) {
  if (!job.progress || job.status != JobStatus::running) return;
  const Progress& progress = *job.progress;
  page.section("Progress");
  const Bar parts = bar(progress.percent / 100, 30, charset);
  page.fact("done", fmt::format("{}{} {:.1f}%", parts.full, parts.empty, progress.percent),
            Style::running);
  page.fact("frames", fmt::format("{} of {}", progress.frame, progress.frames_total));
  page.fact("speed", fmt::format("{:.1f} fps, {:.2f}x", progress.fps, progress.speed));
  page.fact("written", bytes_text(progress.output_bytes));
  if (progress.eta_secs) page.fact("time left", short_span(*progress.eta_secs), Style::strong);
}

void add_sizes(Page& page, const Job& job) {
  page.section("Sizes");
  page.fact("original", bytes_text(job.original_bytes));
  if (job.new_bytes) page.fact("result", bytes_text(*job.new_bytes));
  page.fact("", size_change(job), Style::success);
}

void add_media(Page& page, const Job& job) {
  page.section("Original");
  page.fact("container", printable(job.format_name));
  if (job.duration_secs) page.fact("length", short_span(*job.duration_secs));
  if (!job.video_codec.empty()) {
    page.fact("picture", fmt::format("{} {}x{}{}", printable(job.video_codec), job.video_width,
                                     job.video_height, job.is_hdr ? ", HDR" : ""));
  }
  if (job.video_bits_per_sec > 0) {
    page.fact("picture's rate",
              fmt::format("{:.2f} Mb/s", static_cast<double>(job.video_bits_per_sec) / 1e6));
  }
  page.list("streams", job.streams);
  if (!job.classification) return;
  const Classification& found = *job.classification;
  page.section("Class");
  page.fact("class", fmt::format("{} (web {}, disc {})", to_string(found.source_class),
                                 found.web_score, found.disc_score));
  page.list("because", found.reasons);
}

void add_plan(Page& page, const Job& job) {
  page.section("Plan");
  if (job.encoder_used) {
    std::string text(to_string(*job.encoder_used));
    if (job.crf_used) text += fmt::format(", CRF {}", *job.crf_used);
    if (job.preset_used) text += fmt::format(", preset {}", *job.preset_used);
    page.fact("encoder", text);
  }
  page.list("because", job.plan_reasons);
  if (!job.argv.empty()) page.fact("command", shell_command(job.argv));
}

void add_quality(Page& page, const Job& job) {
  if (!job.quality) return;
  page.section("Quality");
  page.fact("XPSNR", fmt::format("{:.2f} dB at worst, {:.2f} dB on average of {} windows",
                                 job.quality->xpsnr_y_min, job.quality->xpsnr_y_mean,
                                 job.quality->windows.size()));
}

void add_words(Page& page, const Job& job) {
  page.section("Warnings");
  page.list("", job.warnings, Style::warning);
  page.section("Last lines of ffmpeg");
  page.list("", job.log_tail);
}

}  // namespace

std::vector<Line> detail_lines(const Job& job, int columns, Charset charset, Time now) {
  Page page(columns, charset);
  add_state(page, job, now);
  add_progress(page, job, charset);
  add_sizes(page, job);
  add_media(page, job);
  add_plan(page, job);
  add_quality(page, job);
  add_words(page, job);
  return page.take();
}

}  // namespace av1d
