// The lines above the list; see header.h.
#include "monitor/header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "av1d/text.h"
#include "monitor/columns.h"

namespace av1d {

namespace {

constexpr int kTallScreen = 20;  // lines from which on the header takes its full height

// Pieces of a line, put one after the other as long as they fit.
class Row {
 public:
  explicit Row(int columns) : left_(columns - 1) { line_.add(" "); }

  void add(const std::vector<Span>& piece) {
    int width = empty_ ? 0 : kGap;
    for (const auto& span : piece) width += display_width(span.text);
    if (width > left_) return;
    if (!empty_) line_.add(std::string(kGap, ' '));
    for (const auto& span : piece) line_.add(span.text, span.style);
    left_ -= width;
    empty_ = false;
  }
  void add_at_the_right(const std::string& text, Style style) {
    const int width = display_width(text) + 1;
    if (width + kGap > left_) return;
    line_.add(std::string(static_cast<std::size_t>(left_ - width), ' '));
    line_.add(text, style);
    left_ = 0;
  }
  int left() const { return left_; }
  Line take() { return std::move(line_); }

 private:
  static constexpr int kGap = 3;
  Line line_;
  int left_;
  bool empty_ = true;
};

std::vector<Span> meter(const std::string& label, double fraction, const std::string& figure,
                        int width, Charset charset) {
  const Bar parts = bar(fraction, width, charset);
  const Style style = fraction >= 0.95 ? Style::warning : Style::meter;
  return {{label + " ", Style::dim},
          {parts.full, style},
          {parts.empty, Style::dim},
          {" " + figure, Style::plain}};
}

// ---- Lines ------------------------------------------------------------------------------------

Line daemon_line(const HeaderFacts& facts, const JobTotals& totals, int columns, Charset charset,
                 Time now) {
  const DaemonSentence sentence = daemon_sentence(facts.daemon, totals, now);
  const std::string sign = charset == Charset::utf8 ? "● " : "* ";
  const std::string text = displayable_text(sentence.text, charset);
  Row row(columns);
  row.add({{"av1top", Style::title}});
  row.add({{sign, sentence.style},
           {cut_end(text, std::max(row.left() - 5, 1), charset), Style::plain}});
  row.add_at_the_right(displayable(facts.directory, charset), Style::dim);
  return row.take();
}

Line machine_line(const SystemFacts& system, int columns, Charset charset) {
  Row row(columns);
  const int width = std::clamp(columns / 8, 6, 20);
  if (system.cpu) {
    row.add(meter("CPU", *system.cpu, fmt::format("{:3.0f}%", *system.cpu * 100), width, charset));
  }
  if (system.memory_bytes > 0) {
    const double share =
        static_cast<double>(system.memory_used_bytes) / static_cast<double>(system.memory_bytes);
    row.add(meter("Mem", share,
                  short_bytes(system.memory_used_bytes) + "/" + short_bytes(system.memory_bytes),
                  width, charset));
  }
  if (system.gpu) {
    row.add(
        meter("GPU", *system.gpu, fmt::format("{:3.0f}%", *system.gpu * 100), width / 2, charset));
  }
  if (system.load) {
    const auto& load = *system.load;
    row.add({{"Load ", Style::dim},
             {fmt::format("{:.2f} {:.2f} {:.2f}", load[0], load[1], load[2]), Style::plain}});
  }
  if (system.cores.size() > 1) {
    row.add({{"Cores ", Style::dim}, {sparks(system.cores, charset), Style::meter}});
  }
  return row.take();
}

Line space_line(const std::vector<FreeSpace>& space, int columns, Charset charset) {
  Row row(columns);
  const int width = std::clamp(columns / 16, 4, 10);
  for (const auto& place : space) {
    const std::string label = cut_middle(displayable_text(place.label, charset), 24, charset);
    if (!place.answers) {
      row.add({{label + " ", Style::dim}, {"does not answer", Style::warning}});
      continue;
    }
    const double used = place.total_bytes == 0 ? 0
                                               : 1 - static_cast<double>(place.free_bytes) /
                                                         static_cast<double>(place.total_bytes);
    row.add(meter(label, used, short_bytes(place.free_bytes) + " free", width, charset));
  }
  return row.take();
}

std::string signed_bytes(std::int64_t bytes) {
  const auto magnitude = static_cast<std::uint64_t>(std::abs(bytes));
  return (bytes < 0 ? "-" : "") + format_bytes(magnitude);
}

Line totals_line(const JobTable& jobs, const DaemonFacts& daemon, int columns) {
  const JobTotals& totals = jobs.totals();
  Row row(columns);
  for (const JobStatus status : {JobStatus::running, JobStatus::pending, JobStatus::success,
                                 JobStatus::failed, JobStatus::skipped}) {
    const std::size_t count = totals.count(status);
    row.add({{fmt::format("{}", count), count > 0 ? style_of(status) : Style::dim},
             {fmt::format(" {}", to_string(status)), Style::dim}});
  }
  if (totals.saved_bytes != 0) {
    row.add({{signed_bytes(totals.saved_bytes), Style::strong}, {" saved", Style::dim}});
  }
  if (const auto rate = totals.success_rate()) {
    row.add({{fmt::format("{:.1f}%", std::floor(*rate * 1000) / 10), Style::plain},
             {" well", Style::dim}});
  }
  if (const auto eta = queue_eta_secs(jobs, daemon)) {
    row.add({{"queue ", Style::dim}, {short_span(*eta), Style::plain}});
  }
  return row.take();
}

Line notice_line(const HeaderFacts& facts, const JobTotals& totals, int columns, Charset charset) {
  Line line;
  line.add(" ");
  if (facts.unread > 0) {
    const std::size_t all = totals.all() + facts.unread;
    line.add(fmt::format("reading job files: {} of {}", totals.all(), all), Style::dim);
  } else {
    line.add(cut_end(displayable_text(facts.notice, charset), columns - 2, charset),
             Style::warning);
  }
  return line;
}

std::string pid_of(const DaemonFacts& daemon) {
  return daemon.heartbeat ? fmt::format(" (pid {})", daemon.heartbeat->pid) : "";
}

std::string work_of(const JobTotals& totals) {
  const std::size_t running = totals.count(JobStatus::running);
  if (running == 0) return "waits for new films";
  return fmt::format("works on {} film{}", running, running == 1 ? "" : "s");
}

DaemonSentence living_sentence(const Heartbeat& beat, const JobTotals& totals, Time now) {
  const std::string up =
      ", up " + short_span(std::chrono::duration<double>(now - beat.started_at).count());
  if (beat.state == DaemonState::paused) {
    const std::string why = beat.pause_reason.value_or("");
    return {"av1d is paused" + (why.empty() ? "" : ": " + printable(why)), Style::warning};
  }
  if (beat.state == DaemonState::stopping) return {"av1d is stopping", Style::warning};
  return {"av1d " + work_of(totals) + up, Style::success};
}

}  // namespace

DaemonSentence daemon_sentence(const DaemonFacts& daemon, const JobTotals& totals, Time now) {
  switch (daemon.life) {
    case DaemonLife::absent:
      return {"av1d has not run here yet", Style::dim};
    case DaemonLife::stopped:
      return {"av1d is not running", Style::failed};
    case DaemonLife::working:
      return {"av1d " + work_of(totals), Style::success};
    case DaemonLife::silent: {
      const Time last = daemon.heartbeat ? daemon.heartbeat->updated_at : now;
      return {fmt::format("av1d{} has not answered for {}", pid_of(daemon),
                          short_span(std::chrono::duration<double>(now - last).count())),
              Style::failed};
    }
    case DaemonLife::alive:
      break;
  }
  return living_sentence(daemon.heartbeat.value_or(Heartbeat{}), totals, now);
}

std::optional<double> queue_eta_secs(const JobTable& jobs, const DaemonFacts& daemon) {
  const JobTotals& totals = jobs.totals();
  double left = 0;
  double workers = 0;
  for (const auto& row : jobs.rows()) {
    if (row.status != JobStatus::running) continue;
    ++workers;
    if (row.progress && row.progress->eta_secs) left += *row.progress->eta_secs;
  }
  const bool told = daemon.life == DaemonLife::alive && daemon.heartbeat;
  const std::uint64_t waiting = told ? daemon.heartbeat->bytes : totals.pending_bytes;
  if (waiting > 0) {
    if (totals.encoded_bytes == 0) return std::nullopt;
    left += static_cast<double>(waiting) * totals.encoded_secs /
            static_cast<double>(totals.encoded_bytes);
  }
  if (left <= 0) return std::nullopt;
  return left / std::max(workers, 1.0);
}

std::vector<Line> header_lines(const HeaderFacts& facts, const JobTable& jobs, int columns,
                               int rows, Charset charset, Time now) {
  const bool is_tall = rows >= kTallScreen;
  std::vector<Line> lines;
  lines.push_back(daemon_line(facts, jobs.totals(), columns, charset, now));
  lines.push_back(machine_line(facts.system, columns, charset));
  if (is_tall && !facts.space.empty()) lines.push_back(space_line(facts.space, columns, charset));
  lines.push_back(totals_line(jobs, facts.daemon, columns));
  const bool has_notice = facts.unread > 0 || !facts.notice.empty();
  if (has_notice) lines.push_back(notice_line(facts, jobs.totals(), columns, charset));
  if (is_tall && !has_notice) lines.emplace_back();
  return lines;
}

}  // namespace av1d
