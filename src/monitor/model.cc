// Jobs, facts and view to a picture; see model.h.
#include "monitor/model.h"

#include <fmt/format.h>

#include <algorithm>

#include "av1d/text.h"
#include "monitor/details.h"
#include "monitor/help.h"
#include "monitor/model_parts.h"

namespace av1d {

std::vector<Line> header_of(const View& view, const Sight& sight) {
  return header_lines(sight.header, sight.jobs, view.columns, view.rows, view.charset, sight.now);
}

// The list's share of the screen: without header, heading and footer.
std::size_t list_height(const View& view, const Sight& sight) {
  const int used = static_cast<int>(header_of(view, sight).size()) + 2;
  return static_cast<std::size_t>(std::max(view.rows - used, 1));
}

// Of details and help: without title and footer.
std::size_t page_height(const View& view) {
  return static_cast<std::size_t>(std::max(view.rows - 2, 1));
}

std::vector<Line> page_lines(const View& view, const Sight& sight) {
  if (view.page == Page::help) return help_lines(view.columns);
  if (sight.details != nullptr) {
    return detail_lines(*sight.details, view.columns, view.charset, sight.now);
  }
  Line line;
  line.add(" " + cut_end(displayable_text(sight.details_problem, view.charset), view.columns - 2,
                         view.charset),
           Style::warning);
  return {line};
}

const JobId* id_at(const Sight& sight, std::size_t place) {
  return place < sight.list.size() ? &sight.jobs.rows()[sight.list[place]].id : nullptr;
}

namespace {

std::optional<std::size_t> place_of(const JobId& id, const Sight& sight) {
  const auto rows = sight.jobs.rows();
  const auto at = std::find_if(sight.list.begin(), sight.list.end(),
                               [&](std::uint32_t place) { return rows[place].id == id; });
  if (at == sight.list.end()) return std::nullopt;
  return static_cast<std::size_t>(at - sight.list.begin());
}

// ---- Pictures ---------------------------------------------------------------------------------

Screen small_screen(const View& view) {
  Screen screen;
  for (const auto& text :
       {fmt::format("Too small: {}x{}", view.columns, view.rows),
        fmt::format("av1top needs {}x{}", kLeastColumns, kLeastLines), std::string("q quits")}) {
    Line line;
    line.add(cut_end(text, view.columns, Charset::ascii));
    screen.lines.push_back(std::move(line));
  }
  screen.lines.resize(std::min(screen.lines.size(), static_cast<std::size_t>(view.rows)));
  return screen;
}

// What an owner can do about a list without jobs.
std::vector<std::string> empty_advice(const View& view, const Sight& sight) {
  if (sight.header.unread > 0) return {};
  if (sight.jobs.totals().all() > 0) {
    return {"No job matches.", "Esc forgets search and filter."};
  }
  return {"There are no jobs yet.",
          "av1d writes one file for each film that it looks at more closely.",
          "Is it running? systemctl status av1d", "What would it do? av1d --dry-run",
          fmt::format("Jobs are read from {}", displayable(sight.header.directory, view.charset))};
}

void add_jobs(Screen& screen, const View& view, const Sight& sight) {
  const std::size_t height = list_height(view, sight);
  const CellContext context{view.charset, sight.now};
  screen.first_job_line = static_cast<int>(screen.lines.size());
  const std::size_t end = std::min(sight.list.size(), view.top + height);
  for (std::size_t place = view.top; place < end; ++place) {
    Line line = job_line(sight.jobs.rows()[sight.list[place]], view.columns, context);
    if (place == view.place) line.kind = LineKind::selected;
    screen.lines.push_back(std::move(line));
    ++screen.job_lines;
  }
  if (!sight.list.empty()) return;
  std::vector<std::string> advice = empty_advice(view, sight);
  advice.resize(std::min(advice.size(), height > 0 ? height - 1 : 0));
  if (!advice.empty()) screen.lines.emplace_back();
  for (const auto& text : advice) {
    Line line;
    line.add("   " + cut_end(text, view.columns - 4, view.charset),
             &text == &advice.front() ? Style::plain : Style::dim);
    screen.lines.push_back(std::move(line));
  }
}

// The keys that have room, and at the right where one is; its end tells more than its start.
Line footer(const View& view, const std::string& place) {
  Line line;
  line.kind = LineKind::footer;
  const std::string right = cut_start(place, view.columns - 2, view.charset);
  int left = view.columns - 2 - display_width(right);
  line.add(" ");
  for (const auto& key : all_keys()) {
    if (key.footer.empty()) continue;
    const std::string name(key.keys.substr(0, key.keys.find(',')));
    const int width = display_width(name) + 1 + static_cast<int>(key.footer.size()) + 2;
    if (width > left) continue;
    line.add(name, Style::key);
    line.add(" " + std::string(key.footer) + "  ");
    left -= width;
  }
  line.add(std::string(static_cast<std::size_t>(std::max(left, 0)), ' '));
  line.add(right, Style::dim);
  return line;
}

std::string chosen_order(const View& view, const Sight& sight) {
  std::string text;
  if (!view.order.search.empty()) {
    text += fmt::format("\"{}\" ",
                        cut_end(displayable(view.order.search, view.charset), 20, view.charset));
  }
  if (view.order.filter != Filter::all) text += fmt::format("{} ", to_string(view.order.filter));
  text +=
      fmt::format("by {}{} ", to_string(view.order.sort), view.order.reversed ? " reversed" : "");
  const std::size_t place = sight.list.empty() ? 0 : view.place + 1;
  return text + fmt::format("{}/{}", place, sight.list.size());
}

void add_search(Screen& screen, const View& view, const Sight& sight) {
  const std::string right = fmt::format("{} found ", sight.list.size());
  const int room = view.columns - 2 - static_cast<int>(right.size()) - 1;
  const std::string text =
      cut_start(displayable(view.order.search, view.charset), room - 9, view.charset);
  Line line;
  line.kind = LineKind::footer;
  line.add(" Search: ", Style::key);
  screen.cursor_line = static_cast<int>(screen.lines.size());
  screen.cursor_column = 9 + display_width(text);
  line.add(padded(text, room - 8));
  line.add(right, Style::dim);
  screen.lines.push_back(std::move(line));
}

void fill_up(Screen& screen, int rows) {
  screen.lines.resize(static_cast<std::size_t>(std::max(rows - 1, 0)));
}

Screen list_screen(const View& view, const Sight& sight) {
  Screen screen;
  screen.lines = header_of(view, sight);
  screen.lines.push_back(heading_line(view.columns));
  add_jobs(screen, view, sight);
  fill_up(screen, view.rows);
  if (view.is_typing) {
    add_search(screen, view, sight);
  } else {
    screen.lines.push_back(footer(view, chosen_order(view, sight)));
  }
  return screen;
}

Screen page_screen(const View& view, const Sight& sight) {
  Screen screen;
  const auto lines = page_lines(view, sight);
  Line title;
  title.kind = LineKind::heading;
  std::string name = "Help";
  if (view.page == Page::details && sight.details != nullptr) {
    name = displayable(sight.details->source_path.filename().native(), view.charset);
  }
  title.add(" " + cut_middle(name, view.columns - 2, view.charset), Style::heading);
  screen.lines.push_back(std::move(title));
  const std::size_t end = std::min(lines.size(), view.scroll + page_height(view));
  for (std::size_t i = std::min(view.scroll, lines.size()); i < end; ++i) {
    screen.lines.push_back(lines[i]);
  }
  fill_up(screen, view.rows);
  Line foot;
  foot.kind = LineKind::footer;
  foot.add(" Esc", Style::key);
  foot.add(" Back");
  const std::string right =
      fmt::format("{}-{} of {} ", std::min(view.scroll + 1, lines.size()), end, lines.size());
  const int gap = view.columns - 9 - static_cast<int>(right.size()) - 1;
  foot.add(std::string(static_cast<std::size_t>(std::max(gap, 1)), ' '));
  foot.add(right, Style::dim);
  screen.lines.push_back(std::move(foot));
  return screen;
}

}  // namespace

View settled(View view, const Sight& sight) {
  const std::size_t count = sight.list.size();
  if (!view.is_held) view.place = 0;
  if (view.is_held && view.selected) {
    if (const auto place = place_of(*view.selected, sight)) view.place = *place;
  }
  view.place = std::min(view.place, count == 0 ? 0 : count - 1);
  // On the details page the job is the page's, in the list or not.
  const bool keeps_job = view.page == Page::details && view.selected.has_value();
  const JobId* at_place = id_at(sight, view.place);
  if (!keeps_job && at_place != nullptr) view.selected = *at_place;
  const std::size_t height = list_height(view, sight);
  view.top = std::min(view.top, count > height ? count - height : 0);
  if (view.place < view.top) view.top = view.place;
  if (view.place >= view.top + height) view.top = view.place - height + 1;
  if (view.page == Page::list) return view;
  const std::size_t lines = page_lines(view, sight).size();
  view.scroll = std::min(view.scroll, lines > page_height(view) ? lines - page_height(view) : 0);
  return view;
}

Screen build_screen(const View& view, const Sight& sight) {
  if (view.columns < kLeastColumns || view.rows < kLeastLines) return small_screen(view);
  return view.page == Page::list ? list_screen(view, sight) : page_screen(view, sight);
}

}  // namespace av1d
