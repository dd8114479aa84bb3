// Which key does what; see keys.h.
#include "monitor/keys.h"

#include <algorithm>
#include <array>

namespace av1d {

namespace {

constexpr std::array kKeys = {
    KeyBinding{Action::up, "Up, k", "one job up", "", KeyKind::up, "k"},
    KeyBinding{Action::down, "Down, j", "one job down", "", KeyKind::down, "j"},
    KeyBinding{Action::page_up, "PgUp", "one page up", "", KeyKind::page_up, ""},
    KeyBinding{Action::page_down, "PgDn, Space", "one page down", "", KeyKind::page_down, " "},
    KeyBinding{Action::home, "Home, g", "to the first job", "", KeyKind::home, "g"},
    KeyBinding{Action::end, "End, G", "to the last job", "", KeyKind::end, "G"},
    KeyBinding{Action::help, "F1, ?", "this help", "Help", KeyKind::f1, "?"},
    KeyBinding{Action::details, "Enter", "all that is known of the job, and back", "Details",
               KeyKind::enter, ""},
    KeyBinding{Action::filter, "f", "show All, Pending, Running, Success, Failed or Skipped",
               "Filter", KeyKind::character, "f"},
    KeyBinding{Action::sort, "s", "sort by Date, Size, Status or Savings", "Sort",
               KeyKind::character, "s"},
    KeyBinding{Action::reverse, "r", "reverse the order", "Reverse", KeyKind::character, "r"},
    KeyBinding{Action::search, "/", "search in the paths while you type; Enter keeps the search",
               "Search", KeyKind::character, "/"},
    KeyBinding{Action::back, "Esc", "back; in the list: forget search and filter", "",
               KeyKind::escape, ""},
    KeyBinding{Action::quit, "q", "quit", "Quit", KeyKind::character, "q"},
};

bool starts(const KeyBinding& binding, const KeyPress& press) {
  if (press.kind != KeyKind::character) return binding.kind == press.kind;
  return press.character < 0x80 &&
         binding.characters.find(static_cast<char>(press.character)) != std::string_view::npos;
}

}  // namespace

std::span<const KeyBinding> all_keys() {
  return kKeys;
}

std::optional<Action> action_of(const KeyPress& press) {
  const auto at = std::find_if(kKeys.begin(), kKeys.end(),
                               [&](const KeyBinding& key) { return starts(key, press); });
  return at == kKeys.end() ? std::nullopt : std::optional(at->action);
}

}  // namespace av1d
