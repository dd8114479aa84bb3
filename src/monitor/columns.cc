// What each column says; see columns.h.
#include "monitor/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "monitor/listing.h"

namespace av1d {

namespace {

void put(Line& line, std::string_view text, int width, Align align, Style style, Charset charset) {
  line.add(padded(cut_end(text, width, charset), width, align), style);
}
void put_right(Line& line, std::string_view text, int width, Style style = Style::plain) {
  put(line, text, width, Align::right, style, Charset::ascii);
}
void put_left(Line& line, std::string_view text, int width, Style style = Style::plain) {
  put(line, text, width, Align::left, style, Charset::ascii);
}

bool is_encoding(const JobRow& row) {
  return row.status == JobStatus::running && row.stage == JobStage::encoding && row.progress;
}

std::string_view sign_of(JobStatus status, Charset charset) {
  static constexpr std::array<std::string_view, 5> kSigns = {"·", "▶", "✓", "✗", "-"};
  static constexpr std::array<std::string_view, 5> kAscii = {".", ">", "+", "!", "-"};
  const auto at = static_cast<std::size_t>(status);
  return charset == Charset::utf8 ? kSigns.at(at) : kAscii.at(at);
}

// ---- Cells ------------------------------------------------------------------------------------

void status_cell(Line& line, const JobRow& row, int width, const CellContext& context) {
  const std::string text =
      fmt::format("{} {}", sign_of(row.status, context.charset), to_string(row.status));
  put(line, text, width, Align::left, style_of(row.status), context.charset);
}

void stage_cell(Line& line, const JobRow& row, int width, const CellContext&) {
  put_left(line, to_string(row.stage), width);
}

void name_cell(Line& line, const JobRow& row, int width, const CellContext& context) {
  const std::string name = displayable(file_name(row), context.charset);
  const bool runs = row.status == JobStatus::running;
  const bool weak = row.status == JobStatus::skipped || row.status == JobStatus::pending;
  line.add(padded(cut_middle(name, width, context.charset), width), runs   ? Style::strong
                                                                    : weak ? Style::dim
                                                                           : Style::plain);
}

void resolution_cell(Line& line, const JobRow& row, int width, const CellContext&) {
  put_right(line, row.width > 0 ? fmt::format("{}x{}", row.width, row.height) : "", width);
}

void codec_cell(Line& line, const JobRow& row, int width, const CellContext& context) {
  put_left(line, displayable(row.codec, context.charset) + (row.is_hdr ? " HDR" : ""), width);
}

void size_cell(Line& line, const JobRow& row, int width, const CellContext&) {
  put_right(line, short_bytes(row.original_bytes), width);
}

void new_cell(Line& line, const JobRow& row, int width, const CellContext&) {
  const auto size = result_size(row);
  if (!size) return put_right(line, "", width);
  put_right(line, (size->is_projected ? "~" : "") + short_bytes(size->bytes), width,
            size->is_projected ? Style::dim : Style::plain);
}

void saved_cell(Line& line, const JobRow& row, int width, const CellContext&) {
  const auto size = result_size(row);
  const bool counts = row.status == JobStatus::success || (size && size->is_projected);
  if (!size || !counts || row.original_bytes == 0) return put_right(line, "", width);
  const double share =
      1.0 - static_cast<double>(size->bytes) / static_cast<double>(row.original_bytes);
  const double percent = std::max(share * 100, -999.0);
  put_right(line, fmt::format("{}{:.0f}%", size->is_projected ? "~" : "", percent), width,
            size->is_projected ? Style::dim : Style::success);
}

// The bar of an encode with its percent; of others the word that says why they are where they are.
void progress_cell(Line& line, const JobRow& row, int width, const CellContext& context) {
  if (!is_encoding(row)) {
    const Style style = row.status == JobStatus::failed ? Style::failed : Style::dim;
    return put_left(line, outcome_word(row), width, style);
  }
  constexpr int kNumber = 7;  // " 100.0%"
  const double percent = row.progress->percent;
  const Bar parts = bar(percent / 100, std::max(width - kNumber, 0), context.charset);
  line.add(parts.full, Style::running);
  line.add(parts.empty, Style::dim);
  put_right(line, fmt::format("{:.1f}%", percent), std::min(width, kNumber));
}

void percent_cell(Line& line, const JobRow& row, int width, const CellContext&) {
  put_right(line, row.progress ? fmt::format("{:.1f}%", row.progress->percent) : "", width);
}

void fps_cell(Line& line, const JobRow& row, int width, const CellContext&) {
  put_right(line, is_encoding(row) ? fmt::format("{:.1f}", row.progress->fps) : "", width);
}

void speed_cell(Line& line, const JobRow& row, int width, const CellContext&) {
  put_right(line, is_encoding(row) ? fmt::format("{:.2f}x", row.progress->speed) : "", width);
}

void eta_cell(Line& line, const JobRow& row, int width, const CellContext&) {
  const bool known = is_encoding(row) && row.progress->eta_secs;
  put_right(line, known ? short_span(*row.progress->eta_secs) : "", width, Style::strong);
}

void age_cell(Line& line, const JobRow& row, int width, const CellContext& context) {
  put_right(line, short_span(age_secs(row, context.now)), width, Style::dim);
}

// ---- The table --------------------------------------------------------------------------------

constexpr std::array kColumns = {
    Column{"STATUS", "pending, running, success, failed or skipped", WidthClass::critical, 9,
           Align::left, status_cell},
    Column{"STAGE", "of a running job: probing, encoding, validating, replacing", WidthClass::all,
           11, Align::left, stage_cell},
    Column{"NAME", "the file's name; Enter shows its path", WidthClass::critical, 0, Align::left,
           name_cell},
    Column{"RES", "width x height of the original's picture", WidthClass::essential, 9,
           Align::right, resolution_cell},
    Column{"CODEC", "of the original's picture, and whether it is HDR", WidthClass::all, 10,
           Align::left, codec_cell},
    Column{"SIZE", "of the original", WidthClass::minimal, 6, Align::right, size_cell},
    Column{"NEW", "size of the result; with ~ what a running encode will come to",
           WidthClass::essential, 7, Align::right, new_cell},
    Column{"SAVED", "share of the original's size", WidthClass::minimal, 5, Align::right,
           saved_cell},
    Column{"PROGRESS", "frames encoded, or why a job is where it is", WidthClass::minimal, 19,
           Align::left, progress_cell},
    Column{"DONE", "the same as a figure, on narrow screens", WidthClass::critical, 6, Align::right,
           percent_cell},
    Column{"FPS", "frames encoded in a second", WidthClass::all, 6, Align::right, fps_cell},
    Column{"SPEED", "1.00x is as fast as the film plays", WidthClass::all, 6, Align::right,
           speed_cell},
    Column{"ETA", "time until a running encode ends", WidthClass::critical, 6, Align::right,
           eta_cell},
    Column{"AGE", "time since the job ended, started, or was first seen", WidthClass::essential, 6,
           Align::right, age_cell},
};

constexpr int kMargin = 1;
constexpr int kGap = 2;

// What the column without a width of its own gets.
int flexible_width(int columns) {
  const WidthClass width = width_class(columns);
  int left = columns - 2 * kMargin + kGap;
  for (const auto& column : kColumns) {
    if (is_shown(column, width)) left -= column.width + kGap;
  }
  return std::max(left, 4);
}

template <class F>
Line line_of(int columns, F&& fill) {
  Line line;
  const WidthClass width = width_class(columns);
  const int flexible = flexible_width(columns);
  std::string gap(kMargin, ' ');
  for (const auto& column : kColumns) {
    if (!is_shown(column, width)) continue;
    line.add(std::exchange(gap, std::string(kGap, ' ')));
    fill(line, column, column.width > 0 ? column.width : flexible);
  }
  return line;
}

}  // namespace

WidthClass width_class(int columns) {
  if (columns >= 160) return WidthClass::all;
  if (columns >= 120) return WidthClass::essential;
  return columns >= 80 ? WidthClass::minimal : WidthClass::critical;
}

// DONE stands in for PROGRESS where that has no room.
bool is_shown(const Column& column, WidthClass width) {
  if (column.cell == percent_cell) return width == WidthClass::critical;
  return width >= column.from;
}

std::span<const Column> all_columns() {
  return kColumns;
}

Line heading_line(int columns) {
  Line line = line_of(columns, [](Line& out, const Column& column, int width) {
    out.add(padded(column.title, width, column.align), Style::heading);
  });
  line.kind = LineKind::heading;
  return line;
}

Line job_line(const JobRow& row, int columns, const CellContext& context) {
  return line_of(columns, [&](Line& out, const Column& column, int width) {
    column.cell(out, row, width, context);
  });
}

Style style_of(JobStatus status) {
  switch (status) {
    case JobStatus::pending:
      return Style::pending;
    case JobStatus::running:
      return Style::running;
    case JobStatus::success:
      return Style::success;
    case JobStatus::failed:
      return Style::failed;
    case JobStatus::skipped:
      return Style::skipped;
  }
  return Style::plain;
}

std::string_view outcome_word(const JobRow& row) {
  return row.reason ? to_string(*row.reason) : to_string(row.stage);
}

double age_secs(const JobRow& row, Time now) {
  const Time since = date_of(row);
  if (since == Time{}) return 0;
  return std::chrono::duration<double>(now - since).count();
}

}  // namespace av1d
