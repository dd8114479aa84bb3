// A picture of the terminal as a value: what the pure model makes and the view draws.
#pragma once

#include <string>
#include <vector>

namespace av1d {

// What a piece of text means; the view decides how that looks on this terminal.
enum class Style {
  plain,
  dim,      // of little weight: labels, units, what is not yet
  strong,   // a figure that counts
  title,    // of a page
  heading,  // of the table's columns
  pending,
  running,
  success,
  failed,
  skipped,
  meter,  // the full part of a meter
  warning,
  key,  // a key's name in the footer and the help
};

struct Span {
  std::string text;  // displayable UTF-8
  Style style = Style::plain;

  bool operator==(const Span&) const = default;
};

// `selected` and `heading` reach over the whole width.
enum class LineKind { plain, selected, heading, footer };

struct Line {
  std::vector<Span> spans;
  LineKind kind = LineKind::plain;

  void add(std::string text, Style style = Style::plain) {
    if (!text.empty()) spans.push_back({std::move(text), style});
  }
  std::string text() const {
    std::string all;
    for (const auto& span : spans) all += span.text;
    return all;
  }
};

struct Screen {
  std::vector<Line> lines;
  int cursor_line = -1;  // where the search is typed; -1: no cursor
  int cursor_column = 0;
  int first_job_line = -1;  // the screen's line of the first job, -1 where there is no list
  int job_lines = 0;
};

}  // namespace av1d
