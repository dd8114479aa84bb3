// The columns of the list: one table, from which the screen, the help and the man page are made or
// checked. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "monitor/display_text.h"
#include "monitor/job_table.h"
#include "monitor/screen.h"

namespace av1d {

// By the terminal's width in columns: below 80, 80 to 119, 120 to 159, 160 and more.
enum class WidthClass { critical, minimal, essential, all };
WidthClass width_class(int columns);

struct CellContext {
  Charset charset = Charset::utf8;
  Time now{};
};

struct Column {
  std::string_view title;
  std::string_view meaning;  // for the help
  WidthClass from;           // the narrowest screen that shows it
  int width;                 // in columns; 0: takes what is left
  Align align;
  // What it says of a job; `width` is the width to fill.
  void (*cell)(Line& line, const JobRow& row, int width, const CellContext& context);
};

std::span<const Column> all_columns();
bool is_shown(const Column& column, WidthClass width);

// The heading and one line of the list, `columns` wide. The first column of each line is a margin.
Line heading_line(int columns);
Line job_line(const JobRow& row, int columns, const CellContext& context);

Style style_of(JobStatus status);
// What a job is doing or has come to: its stage, the word of its reason, or "".
std::string_view outcome_word(const JobRow& row);
// Since when it is as it is, in seconds.
double age_secs(const JobRow& row, Time now);

}  // namespace av1d
