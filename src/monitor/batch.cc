// A snapshot as text; see batch.h.
#include "monitor/batch.h"

#include <fmt/format.h>

#include "monitor/columns.h"

namespace av1d {

namespace {

// Wide enough for every line of the header.
constexpr int kHeaderColumns = 512;
constexpr int kHeaderRows = 1000;

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

bool is_name(const Column& column) {
  return column.width == 0;
}

// The columns of the widest screen but for the name, which ends the line uncut.
template <class F>
std::string line_of(F&& cell, std::string_view name) {
  std::string text;
  for (const auto& column : all_columns()) {
    const bool shown = is_shown(column, WidthClass::all) && !is_name(column);
    if (shown) text += cell(column) + "  ";
  }
  return trimmed(text.append(name)) + "\n";
}

std::string heading() {
  std::string_view name;
  for (const auto& column : all_columns()) {
    if (is_name(column)) name = column.title;
  }
  return line_of([](const Column& c) { return padded(c.title, c.width, c.align); }, name);
}

}  // namespace

std::string batch_text(const HeaderFacts& facts, const JobTable& jobs,
                       const std::vector<std::uint32_t>& list, Charset charset, Time now) {
  std::string text;
  for (const auto& line : header_lines(facts, jobs, kHeaderColumns, kHeaderRows, charset, now)) {
    // The directory stands at the right edge of a screen; here it follows.
    std::string row = trimmed(line.text());
    if (const auto gap = row.find("     "); gap != std::string::npos) {
      row.erase(gap, row.find_first_not_of(' ', gap) - gap - 3);
    }
    if (!row.empty()) text += row.substr(1) + "\n";
  }
  text += "\n" + heading();
  const CellContext context{charset, now};
  for (const std::uint32_t place : list) {
    const JobRow& row = jobs.rows()[place];
    const auto cell = [&](const Column& column) {
      Line line;
      column.cell(line, row, column.width, context);
      return line.text();
    };
    text += line_of(cell, displayable(file_name(row), charset));
  }
  return text;
}

}  // namespace av1d
