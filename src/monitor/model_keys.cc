// What a key does to the view; see model.h.
#include <algorithm>

#include "monitor/model.h"
#include "monitor/model_parts.h"

namespace av1d {

namespace {

constexpr std::size_t kWheelLines = 3;

std::size_t moved(std::size_t from, Action action, std::size_t page, std::size_t count) {
  const std::size_t last = count == 0 ? 0 : count - 1;
  switch (action) {
    case Action::up:
      return from > 0 ? from - 1 : 0;
    case Action::down:
      return std::min(from + 1, last);
    case Action::page_up:
      return from > page ? from - page : 0;
    case Action::page_down:
      return std::min(from + page, last);
    case Action::home:
      return 0;
    case Action::end:
      return last;
    default:
      return from;
  }
}

template <class T, std::size_t N>
T next_of(const std::array<T, N>& all, T current) {
  const auto at = std::find(all.begin(), all.end(), current);
  return at == all.end() || at + 1 == all.end() ? all.front() : *(at + 1);
}

void select_place(View& view, const Sight& sight, std::size_t place) {
  const JobId* id = id_at(sight, place);
  if (id == nullptr) return;
  view.place = place;
  view.selected = *id;
  view.is_held = true;
}

void open_page(View& view, Page page) {
  view.page = page;
  view.scroll = 0;
}

void act_in_list(View& view, Action action, const Sight& sight) {
  switch (action) {
    case Action::details:
      if (sight.list.empty()) return;
      select_place(view, sight, view.place);
      return open_page(view, Page::details);
    case Action::filter:
      view.order.filter = next_of(kFilters, view.order.filter);
      return;
    case Action::sort:
      view.order.sort = next_of(kSortKeys, view.order.sort);
      return;
    case Action::reverse:
      view.order.reversed = !view.order.reversed;
      return;
    case Action::search:
      view.is_typing = true;
      return;
    case Action::back:
      view.order.search.clear();
      view.order.filter = Filter::all;
      return;
    case Action::help:
      return open_page(view, Page::help);
    default:
      return select_place(view, sight,
                          moved(view.place, action, list_height(view, sight), sight.list.size()));
  }
}

void act_on_page(View& view, Action action, const Sight& sight) {
  const bool closes = action == Action::back ||
                      (action == Action::help && view.page == Page::help) ||
                      (action == Action::details && view.page == Page::details);
  if (closes) return open_page(view, Page::list);
  if (action == Action::help) return open_page(view, Page::help);
  const std::size_t height = page_height(view);
  const std::size_t lines = page_lines(view, sight).size();
  const std::size_t tops = lines > height ? lines - height + 1 : 1;
  view.scroll = moved(view.scroll, action, height, tops);
}

void encode_utf8(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0U | (code >> 6U));
  } else if (code < 0x10000) {
    put(0xe0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3fU));
  } else {
    put(0xf0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3fU));
    put(0x80U | ((code >> 6U) & 0x3fU));
  }
  put(0x80U | (code & 0x3fU));
}

// Every letter narrows the list at once. False: not a matter of the search.
bool type(View& view, const KeyPress& press) {
  constexpr std::size_t kLongestSearch = 200;
  std::string& text = view.order.search;
  switch (press.kind) {
    case KeyKind::character:
      if (press.character >= 0x20 && text.size() < kLongestSearch) {
        encode_utf8(text, press.character);
      }
      return true;
    case KeyKind::backspace:
      while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0U) == 0x80U) {
        text.pop_back();
      }
      if (!text.empty()) text.pop_back();
      return true;
    case KeyKind::enter:
      view.is_typing = false;
      return true;
    case KeyKind::escape:
      view.is_typing = false;
      text.clear();
      return true;
    default:
      return false;
  }
}

void point(View& view, const KeyPress& press, const Sight& sight) {
  const bool up = press.kind == KeyKind::wheel_up;
  if (up || press.kind == KeyKind::wheel_down) {
    const Action action = up ? Action::up : Action::down;
    for (std::size_t i = 0; i < kWheelLines; ++i) {
      view.page == Page::list ? act_in_list(view, action, sight) : act_on_page(view, action, sight);
    }
    return;
  }
  if (view.page != Page::list) return;
  const int first = static_cast<int>(header_of(view, sight).size()) + 1;
  const int line = press.line - first;
  if (line < 0 || static_cast<std::size_t>(line) >= list_height(view, sight)) return;
  const std::size_t place = view.top + static_cast<std::size_t>(line);
  if (place >= sight.list.size()) return;
  select_place(view, sight, place);
  if (press.kind == KeyKind::double_click) open_page(view, Page::details);
}

bool is_pointing(KeyKind kind) {
  return kind == KeyKind::click || kind == KeyKind::double_click || kind == KeyKind::wheel_up ||
         kind == KeyKind::wheel_down;
}

}  // namespace

View after_key(View view, const KeyPress& press, const Sight& sight) {
  if (view.is_typing && type(view, press)) return view;
  if (is_pointing(press.kind)) {
    point(view, press, sight);
    return view;
  }
  const auto action = action_of(press);
  if (!action) return view;
  if (*action == Action::quit) {
    view.wants_to_quit = true;
  } else if (view.page == Page::list) {
    act_in_list(view, *action, sight);
  } else {
    act_on_page(view, *action, sight);
  }
  return view;
}

}  // namespace av1d
