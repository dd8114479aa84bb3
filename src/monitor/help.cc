// The help page; see help.h.
#include "monitor/help.h"

#include <algorithm>

#include "monitor/columns.h"
#include "monitor/keys.h"

namespace av1d {

namespace {

constexpr int kName = 13;

void add_title(std::vector<Line>& lines, std::string_view title, int columns) {
  if (!lines.empty()) lines.emplace_back();
  for (const auto& piece : wrapped(title, columns - 2)) {
    Line line;
    line.add(" " + piece, Style::title);
    lines.push_back(std::move(line));
  }
}

void add_entry(std::vector<Line>& lines, std::string_view name, std::string_view meaning,
               int columns) {
  std::string shown = padded(name, kName);
  for (const auto& piece : wrapped(meaning, std::max(columns - kName - 4, 8))) {
    Line line;
    line.add("  " + shown, Style::key);
    line.add(piece);
    lines.push_back(std::move(line));
    shown = std::string(kName, ' ');
  }
}

}  // namespace

std::vector<Line> help_lines(int columns) {
  std::vector<Line> lines;
  add_title(lines, "Keys", columns);
  for (const auto& key : all_keys()) add_entry(lines, key.keys, key.meaning, columns);
  add_entry(lines, "Mouse", "a click selects, a second one shows details, the wheel moves",
            columns);
  add_title(lines, "Columns (a wide terminal shows all)", columns);
  for (const auto& column : all_columns()) {
    add_entry(lines, column.title, column.meaning, columns);
  }
  return lines;
}

}  // namespace av1d
