// The keys: one table, from which the program, the help, the footer and the man page are made or
// checked. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace av1d {

// What the terminal delivered.
enum class KeyKind {
  character,
  up,
  down,
  page_up,
  page_down,
  home,
  end,
  enter,
  escape,
  backspace,
  f1,
  click,
  double_click,
  wheel_up,
  wheel_down,
};

struct KeyPress {
  KeyKind kind = KeyKind::character;
  char32_t character = 0;  // of `character`
  int line = 0;            // of `click` and `double_click`: the screen's line, from 0

  bool operator==(const KeyPress&) const = default;
};

enum class Action {
  up,
  down,
  page_up,
  page_down,
  home,
  end,
  details,
  filter,
  sort,
  reverse,
  search,
  back,
  help,
  quit,
};

struct KeyBinding {
  Action action;
  std::string_view keys;     // as people write them: "Up, k"
  std::string_view meaning;  // for the help
  std::string_view footer;   // in the footer; "" where there is no room for it
  KeyKind kind;              // that starts it, unless it is `character`
  std::string_view characters;
};

std::span<const KeyBinding> all_keys();

// Outside of the search, where characters are text. Nothing for a key without a meaning.
std::optional<Action> action_of(const KeyPress& press);

}  // namespace av1d
