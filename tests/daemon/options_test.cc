// The command line of av1d: what it accepts, and what it says to the rest.
#include "daemon/options.h"

#include "daemon/exit_status.h"
#include "support/catch.h"

using namespace av1d;

namespace {

std::expected<Options, EarlyExit> parsed(std::vector<const char*> words) {
  words.insert(words.begin(), "av1d");
  return parse_options(static_cast<int>(words.size()), words.data());
}

EarlyExit refused(std::vector<const char*> words) {
  const auto options = parsed(std::move(words));
  REQUIRE_FALSE(options.has_value());
  return options.error();
}

}  // namespace

TEST_CASE("no option means to serve with the default configuration", "[options]") {
  const auto options = parsed({});
  REQUIRE(options.has_value());
  CHECK(options->mode == Mode::serve);
  CHECK_FALSE(options->config_file.has_value());
  CHECK(options->files.empty());
}

TEST_CASE("each mode has its option", "[options]") {
  CHECK(parsed({"--once"})->mode == Mode::once);
  CHECK(parsed({"--dry-run"})->mode == Mode::dry_run);
  CHECK(parsed({"--check-config"})->mode == Mode::check_config);
  CHECK(parsed({"--explain", "a.mkv"})->mode == Mode::explain);
  CHECK(parsed({"--once", "--dry-run"})->mode == Mode::dry_run);
}

TEST_CASE("each order has its option and takes names as they are", "[options]") {
  const auto undo = parsed({"--undo", "a b.mkv", "[c,d].avi", "--config", "x"});
  REQUIRE(undo.has_value());
  CHECK(undo->mode == Mode::order);
  CHECK(undo->order == Request{"undo", {"a b.mkv", "[c,d].avi"}});
  CHECK(undo->config_file == "x");
  CHECK(parsed({"--retry", "\xff\n.mkv"})->order == Request{"retry", {"\xff\n.mkv"}});
  CHECK(parsed({"--retry-failed"})->order == Request{"retry-failed", {}});
  CHECK(parsed({"--retry-failed"})->mode == Mode::order);
}

TEST_CASE(
    "the option --config takes a file, with a space or an equal sign, before or behind the mode",
    "[options]") {
  for (const auto& words : std::vector<std::vector<const char*>>{
           {"--config", "/e/a.toml", "--once"}, {"--once", "--config=/e/a.toml"}}) {
    const auto options = parsed(words);
    REQUIRE(options.has_value());
    CHECK(options->config_file == "/e/a.toml");
    CHECK(options->mode == Mode::once);
  }
}

TEST_CASE("the option --explain takes several files, with names as they are", "[options]") {
  const auto options = parsed({"--explain", "a b.mkv", "it's \"c\".mkv", "--config", "x"});
  REQUIRE(options.has_value());
  CHECK(options->files == std::vector<fs::path>{"a b.mkv", "it's \"c\".mkv"});
  CHECK(options->config_file == "x");
  CHECK(parsed({"--explain", "\xff\n.mkv"})->files == std::vector<fs::path>{"\xff\n.mkv"});
  CHECK(parsed({"--explain", "[Group] Film [1080p].mkv"})->files ==
        std::vector<fs::path>{"[Group] Film [1080p].mkv"});
  CHECK(parsed({"--explain", "a,b.mkv", "{c}.mkv", "d%20.mkv", "$(e).mkv"})->files.size() == 4);
}

// CLI11 reads "[a,b]" as a list.
TEST_CASE("the option --explain takes a name in brackets as it is", "[options]") {
  CHECK(parsed({"--explain", "[a,b]"})->files == std::vector<fs::path>{"[a,b]"});
}

TEST_CASE("modes exclude each other with status 64", "[options]") {
  for (const auto& words :
       std::vector<std::vector<const char*>>{{"--once", "--check-config"},
                                             {"--dry-run", "--explain", "a.mkv"},
                                             {"--explain", "a.mkv", "--check-config"},
                                             {"--once", "--dry-run", "--check-config"},
                                             {"--undo", "a.mkv", "--retry", "b.mkv"},
                                             {"--retry-failed", "--retry", "b.mkv"},
                                             {"--retry-failed", "--once"}}) {
    const EarlyExit exit = refused(words);
    CHECK(exit.status == kExitUsage);
    CHECK_THAT(exit.text, ContainsSubstring("exclude each other"));
  }
}

TEST_CASE("a usage mistake is told with status 64 and names what is wrong", "[options]") {
  const auto told = [](std::vector<const char*> words, const char* part) {
    const EarlyExit exit = refused(std::move(words));
    INFO(exit.text);
    return exit.status == kExitUsage && exit.text.starts_with("av1d: ") &&
           exit.text.find(part) != std::string::npos && exit.text.ends_with('\n');
  };
  CHECK(told({"--frobnicate"}, "--frobnicate"));
  CHECK(told({"film.mkv"}, "film.mkv"));
  CHECK(told({"--config"}, "--config"));
  CHECK(told({"--explain"}, "--explain"));
  CHECK(told({"--undo"}, "--undo"));
  CHECK(told({"--retry"}, "--retry"));
  CHECK(told({"--once=x"}, "--once"));
}

TEST_CASE("the option --version and --help answer with status 0", "[options]") {
  const EarlyExit version = refused({"--version"});
  CHECK(version.status == kExitOk);
  CHECK(version.text == "av1d " AV1D_VERSION "\n");
  const EarlyExit help = refused({"--help"});
  CHECK(help.status == kExitOk);
  for (const char* option :
       {"--config", "--once", "--dry-run", "--explain", "--check-config", "--version", "78"}) {
    CHECK_THAT(help.text, ContainsSubstring(option));
  }
}
