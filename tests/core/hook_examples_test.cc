// The README's hooks work as they are pasted: TOML that av1d takes, shell that a shell takes, and
// commands that reach their program with the words that it needs.
#include <regex>

#include "av1d/config.h"
#include "support/catch.h"
#include "support/process.h"

using namespace av1d;

namespace {

std::string section_of_readme(const std::string& title) {
  const std::string readme = test::read_file(fs::path(AV1D_SOURCE_DIR) / "README.md");
  const std::size_t from = readme.find("\n## " + title + "\n");
  REQUIRE(from != std::string::npos);
  return readme.substr(from + 1, readme.find("\n## ", from + 1) - from);
}

std::vector<std::string> toml_blocks(const std::string& text) {
  std::vector<std::string> blocks;
  const std::string fence = "```toml\n";
  for (std::size_t at = 0; (at = text.find(fence, at)) != std::string::npos;) {
    const std::size_t start = at + fence.size();
    at = text.find("```\n", start);
    blocks.push_back(text.substr(start, at - start));
  }
  return blocks;
}

std::vector<std::vector<std::string>> hooks_of(const std::string& block) {
  const auto config = parse_config(block, "README.md");
  INFO(block);
  REQUIRE(config);
  std::vector<std::vector<std::string>> hooks;
  for (const auto& argv : {config->on_success, config->on_failure, config->on_skip}) {
    if (!argv.empty()) hooks.push_back(argv);
  }
  REQUIRE_FALSE(hooks.empty());
  return hooks;
}

// A program of that name that writes down its words and what it reads.
void stand_in(const fs::path& directory, const std::string& name) {
  const fs::path path = test::write_file(
      directory / name, "#!/bin/sh\nprintf '%s\\n' \"$@\" >'" + (directory / "words").string() +
                            "'\ncat >'" + (directory / "input").string() + "'\n");
  fs::permissions(path, fs::perms::owner_all);
}

}  // namespace

TEST_CASE("every hook of the README is one that av1d and a shell take", "[documents][hooks]") {
  const auto blocks = toml_blocks(section_of_readme("Hooks"));
  CHECK(blocks.size() >= 5);
  for (const auto& block : blocks) {
    for (const auto& argv : hooks_of(block)) {
      INFO(block);
      CHECK((argv[0] == "curl" || argv[0] == "sh"));
      if (argv[0] != "sh") continue;
      REQUIRE(argv.size() == 3);
      CHECK(argv[1] == "-c");
      const auto checked = test::run({"sh", "-n", "-c", argv[2]});
      INFO(checked.err);
      CHECK(checked.status == 0);
    }
  }
}

TEST_CASE("the README's shell hooks hand odd names on as they are", "[documents][hooks]") {
  const test::TempDir dir;
  stand_in(dir.path(), "curl");
  const std::string name = "/films/it's \"a\" $(b) & c";
  const test::Surroundings where{
      dir.path(), {{"PATH", dir.path().string() + ":/usr/bin:/bin"}, {"AV1D_DIRECTORY", name}}};
  int tried = 0;
  for (const auto& block : toml_blocks(section_of_readme("Hooks"))) {
    for (const auto& argv : hooks_of(block)) {
      if (argv[0] != "sh" || argv[2].find("curl") == std::string::npos) continue;
      ++tried;
      const auto finished = test::run(argv, where);
      INFO(argv[2] << '\n' << finished.err);
      CHECK(finished.status == 0);
      CHECK_THAT(test::read_file(dir / "words"), ContainsSubstring("path=" + name + "\n"));
    }
  }
  CHECK(tried > 0);
}

TEST_CASE("the README names every variable that a hook gets", "[documents][hooks]") {
  const std::string section = section_of_readme("Hooks");
  const std::string source = test::read_file(fs::path(AV1D_SOURCE_DIR) / "src/daemon/hooks.cc");
  const std::regex variable("\"(AV1D_[A-Z_]+)=");
  int found = 0;
  for (auto at = std::sregex_iterator(source.begin(), source.end(), variable);
       at != std::sregex_iterator(); ++at) {
    ++found;
    CHECK_THAT(section, ContainsSubstring("`" + (*at)[1].str() + "`"));
  }
  CHECK(found >= 11);
}
