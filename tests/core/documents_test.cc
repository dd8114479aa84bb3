// What people read about the configuration says what the program does: the README's table and
// av1d.toml(5), which is made from config.toml, against the program's own keys and defaults.
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "av1d/config.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;

namespace {

using Entry = std::pair<std::string, std::string>;  // a key and its default as TOML

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// What stands between the first `before` and the next `after`; nothing where one is missing.
std::optional<std::string> between(const std::string& text, const std::string& before,
                                   const std::string& after) {
  const std::size_t from = text.find(before);
  if (from == std::string::npos) return std::nullopt;
  const std::size_t start = from + before.size();
  const std::size_t end = text.find(after, start);
  if (end == std::string::npos) return std::nullopt;
  return text.substr(start, end - start);
}

// The rows "| `key` | `default` | ..." of the README's section on the configuration.
std::vector<Entry> table_of_readme() {
  const std::string readme = test::read_file(fs::path(AV1D_SOURCE_DIR) / "README.md");
  const auto section = between(readme, "\n## Configuration\n", "\n## ");
  REQUIRE(section);
  std::vector<Entry> rows;
  for (const auto& line : lines_of(*section)) {
    if (!line.starts_with("| `")) continue;
    INFO(line);
    const auto value = between(line, "` | `", "` |");
    REQUIRE(value);
    rows.emplace_back(*between(line, "| `", "`"), *value);
  }
  return rows;
}

// roff's words for characters, back to the characters.
std::string plain(std::string text) {
  for (const auto& [word, character] : {Entry{"\\(dq", "\""}, Entry{"\\-", "-"}}) {
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos;) {
      text.replace(at, word.size(), character);
    }
  }
  return text;
}

// The entries `.BR key " = default"` of av1d.toml(5).
std::vector<Entry> list_of_man_page() {
  std::vector<Entry> entries;
  for (const auto& line : lines_of(test::read_file(fs::path(AV1D_MAN_DIR) / "av1d.toml.5"))) {
    if (const auto key = between(line, ".BR ", " \" = ")) {
      entries.emplace_back(*key, plain(*between(line + "\n", " \" = ", "\"\n")));
    }
  }
  return entries;
}

// The same keys in the same order as the program's, each with its default.
void check_entries(const std::vector<Entry>& entries, const Config& defaults) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : entries) {
    INFO(key << " = " << value);
    keys.push_back(key);
    const auto read = parse_config(key + " = " + value, "documented");
    REQUIRE(read);
    CHECK(config_value(*read, key) == config_value(defaults, key));
  }
  CHECK(keys == config_keys());
}

}  // namespace

TEST_CASE("the README's table has every key of the configuration with its default", "[documents]") {
  check_entries(table_of_readme(), Config{});
}

TEST_CASE("av1d.toml(5) has every key of the configuration with its default", "[documents]") {
  Config shown;
  shown.library_roots = {"/media/movies", "/media/tv"};  // the example of the installed file
  check_entries(list_of_man_page(), shown);
}
