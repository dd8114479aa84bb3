// The kinds of keys in config.toml: how each is read from TOML, checked and written again. For
// config.cc alone, which has the table of the keys; the only file that includes toml++.
#pragma once

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "av1d/config.h"
#include "av1d/text.h"
#include "config_words.h"

namespace av1d::config_kinds {

// ---- Mistakes -----------------------------------------------------------------------------------

struct Mistakes {
  const std::string& file;
  std::vector<ConfigMistake> list{};

  void add(toml::source_position at, std::string_view key, std::string what) {
    list.push_back({file, static_cast<int>(at.line), static_cast<int>(at.column), std::string(key),
                    std::move(what)});
  }
  bool names(std::string_view key) const {
    return std::ranges::find(list, key, &ConfigMistake::key) != list.end();
  }
};

// One value in the file (or one element of a list), and where to complain about it.
struct Entry {
  const toml::node& node;
  std::string_view key;
  Mistakes& mistakes;

  void complain(std::string what) const { mistakes.add(node.source().begin, key, std::move(what)); }
};

inline std::string_view type_name(const toml::node& node) {
  // In the order of toml::node_type.
  constexpr auto kNames = std::to_array<std::string_view>(
      {"nothing", "a table", "a list", "a string", "an integer", "a float", "true or false",
       "a date", "a time", "a date and time"});
  const auto type = static_cast<std::size_t>(node.type());
  return type < kNames.size() ? kNames[type] : kNames[0];
}

// The value if it is of exactly this type; nothing is converted.
template <class T>
std::optional<T> read(const Entry& entry, std::string_view expected) {
  std::optional<T> value = entry.node.value_exact<T>();
  if (!value) entry.complain(fmt::format("expected {}, got {}", expected, type_name(entry.node)));
  return value;
}

// ---- Kinds of keys ------------------------------------------------------------------------------

struct Key {
  std::string_view name;
  void (*parse)(const Entry&, Config&);
  std::string (*format)(const Config&);
};

template <auto Member>
using ValueOf = std::remove_cvref_t<decltype(std::declval<Config&>().*Member)>;

constexpr std::int64_t kUnbounded = std::numeric_limits<std::int64_t>::max();

template <auto Member, std::int64_t Low, std::int64_t High>
constexpr Key integer_key(std::string_view name) {
  return {name,
          [](const Entry& entry, Config& config) {
            const auto value = read<std::int64_t>(entry, "an integer");
            if (!value) return;
            if (*value >= Low && *value <= High) {
              config.*Member = static_cast<ValueOf<Member>>(*value);
              return;
            }
            const auto bounds = High == kUnbounded ? fmt::format("{} or more", Low)
                                                   : fmt::format("{} to {}", Low, High);
            entry.complain(fmt::format("must be {}, is {}", bounds, *value));
          },
          [](const Config& config) { return fmt::format("{}", config.*Member); }};
}

// An integer is as good as a float.
inline std::optional<double> read_number(const Entry& entry) {
  if (const auto whole = entry.node.value_exact<std::int64_t>()) return static_cast<double>(*whole);
  return read<double>(entry, "a number");
}

template <auto Member, Complaint (*Check)(double)>
constexpr Key real_key(std::string_view name) {
  return {name,
          [](const Entry& entry, Config& config) {
            const std::optional<double> value = read_number(entry);
            if (!value) return;
            if (auto wrong = Check(*value)) return entry.complain(std::move(*wrong));
            config.*Member = *value;
          },
          [](const Config& config) { return toml_float(config.*Member); }};
}

template <auto Member>
constexpr Key bool_key(std::string_view name) {
  return {name,
          [](const Entry& entry, Config& config) {
            if (const auto value = read<bool>(entry, "true or false")) config.*Member = *value;
          },
          [](const Config& config) { return std::string(config.*Member ? "true" : "false"); }};
}

inline std::optional<std::string> read_text(const Entry& entry) {
  auto text = read<std::string>(entry, "a string");
  if (!text || text->find('\0') == std::string::npos) return text;
  entry.complain("must not contain a NUL byte");
  return std::nullopt;
}

inline const std::string& text_of(const std::string& text) {
  return text;
}
inline const std::string& text_of(const fs::path& path) {
  return path.native();
}

template <auto Member, Complaint (*Check)(const std::string&)>
constexpr Key text_key(std::string_view name) {
  return {name,
          [](const Entry& entry, Config& config) {
            auto text = read_text(entry);
            if (!text) return;
            if (auto wrong = Check(*text)) return entry.complain(std::move(*wrong));
            config.*Member = std::move(*text);
          },
          [](const Config& config) { return toml_string(text_of(config.*Member)); }};
}

template <class E>
std::optional<E> read_word(const Entry& entry) {
  const auto text = read<std::string>(entry, "a string");
  if (!text) return std::nullopt;
  const auto value = find_word<E>(*text);
  if (!value) {
    entry.complain(fmt::format("must be {}, is '{}'", alternatives<E>(), printable(*text)));
  }
  return value;
}

template <auto Member>
constexpr Key word_key(std::string_view name) {
  return {name,
          [](const Entry& entry, Config& config) {
            if (const auto value = read_word<ValueOf<Member>>(entry)) config.*Member = *value;
          },
          [](const Config& config) { return toml_string(word_of(config.*Member)); }};
}

template <class Take>
void for_each_element(const Entry& entry, Take take) {
  const toml::array* array = entry.node.as_array();
  if (array == nullptr) {
    return entry.complain(fmt::format("expected a list of strings, got {}", type_name(entry.node)));
  }
  for (const toml::node& element : *array) take(Entry{element, entry.key, entry.mistakes});
}

template <class List, class Text>
std::string format_list(const List& list, Text text) {
  std::string out = "[";
  for (const auto& element : list) {
    if (out.size() > 1) out += ", ";
    out += toml_string(text(element));
  }
  return out + "]";
}

template <auto Member, Complaint (*Check)(const std::string&)>
constexpr Key list_key(std::string_view name) {
  return {name,
          [](const Entry& entry, Config& config) {
            (config.*Member).clear();
            for_each_element(entry, [&](const Entry& element) {
              auto text = read_text(element);
              if (!text) return;
              if (auto wrong = Check(*text)) return element.complain(std::move(*wrong));
              (config.*Member).emplace_back(std::move(*text));
            });
          },
          [](const Config& config) {
            return format_list(config.*Member, [](const auto& value) { return text_of(value); });
          }};
}

template <auto Member>
constexpr Key word_set_key(std::string_view name) {
  using E = typename ValueOf<Member>::value_type;
  return {name,
          [](const Entry& entry, Config& config) {
            (config.*Member).clear();
            for_each_element(entry, [&](const Entry& element) {
              if (const auto value = read_word<E>(element)) (config.*Member).insert(*value);
            });
          },
          [](const Config& config) { return format_list(config.*Member, word_of<E>); }};
}

}  // namespace av1d::config_kinds
