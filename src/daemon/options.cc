// The command line of av1d; see options.h.
#include "daemon/options.h"

#include <CLI/CLI.hpp>
#include <sstream>

#include "daemon/exit_status.h"
#include "daemon/orders.h"

namespace av1d {

namespace {

// CLI11 reads "[a,b]" as a list of two; a name in brackets is one name: guarded() on the way in,
// bare() on the way out.
std::string guarded(std::string_view word) {
  return (word.starts_with("[") ? "./" : "") + std::string(word);
}
std::string bare(const std::string& word) {
  return word.starts_with("./[") ? word.substr(2) : word;
}

// What stands on the command line, as CLI11 leaves it.
struct Given {
  std::string config_file;
  std::vector<std::string> explain, undo, retry;
  bool once = false;
  bool dry_run = false;
  bool check_config = false;
  bool retry_failed = false;
};

void describe(CLI::App& app, Given& given) {
  app.set_version_flag("--version", "av1d " AV1D_VERSION);
  app.add_option("--config", given.config_file,
                 "Configuration file (default /etc/av1d/config.toml)")
      ->type_name("FILE");
  app.add_flag("--once", given.once, "One full pass over the libraries, then exit");
  app.add_flag("--dry-run", given.dry_run, "What one pass would do, as a table; writes nothing");
  app.add_option("--explain", given.explain,
                 "Every step's verdict on FILE, and the ffmpeg command that would run")
      ->type_name("FILE");
  app.add_option("--undo", given.undo, "Take the kept original (NAME.orig) of FILE back for good")
      ->type_name("FILE");
  app.add_option("--retry", given.retry, "Have FILE, or the file of a job, decided anew")
      ->type_name("FILE|JOB");
  app.add_flag("--retry-failed", given.retry_failed, "The same for all jobs that failed");
  app.add_flag("--check-config", given.check_config,
               "Check the configuration and print it as TOML");
  app.footer(
      "Exit status: 0 well, 1 a job failed (--once) or an order could not be carried out,\n"
      "64 usage, 66 no such file, 69 ffmpeg, 73 cannot create a directory, 75 another av1d is\n"
      "running or space is short, 78 configuration, 128+n ended by signal n.");
}

std::vector<std::string> bare(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const auto& word : words) out.push_back(bare(word));
  return out;
}

// All that the words ask for; more than one is too many.
std::vector<Options> options_of(const Given& given) {
  std::vector<Options> all;
  const auto add = [&](bool asked, Mode mode) -> Options* {
    if (!asked) return nullptr;
    all.push_back({.config_file = {}, .mode = mode, .files = {}, .order = {}});
    return &all.back();
  };
  // --once --dry-run says the same as --dry-run: what one pass would do.
  add(given.once && !given.dry_run, Mode::once);
  add(given.dry_run, Mode::dry_run);
  add(given.check_config, Mode::check_config);
  if (auto* explain = add(!given.explain.empty(), Mode::explain)) {
    for (auto& file : bare(given.explain)) explain->files.emplace_back(std::move(file));
  }
  if (auto* undo = add(!given.undo.empty(), Mode::order)) {
    undo->order = {kUndoOrder, bare(given.undo)};
  }
  if (auto* retry = add(!given.retry.empty(), Mode::order)) {
    retry->order = {kRetryOrder, bare(given.retry)};
  }
  if (auto* all_failed = add(given.retry_failed, Mode::order)) {
    all_failed->order = {kRetryFailedOrder, {}};
  }
  return all;
}

}  // namespace

std::expected<Options, EarlyExit> parse_options(int argc, const char* const* argv) {
  Given given;
  CLI::App app(
      "Finds the videos worth re-encoding, encodes them to AV1, proves that nothing was lost and\n"
      "swaps them in. Without an option it runs until SIGTERM or SIGINT.",
      "av1d");
  describe(app, given);
  std::vector<std::string> words;
  for (int i = argc - 1; i > 0; --i) words.push_back(guarded(argv[i]));  // taken from the back
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    const int code = app.exit(error, out, err);
    return std::unexpected(code == 0 ? EarlyExit{kExitOk, out.str()}
                                     : EarlyExit{kExitUsage, "av1d: " + err.str()});
  }
  const auto asked = options_of(given);
  if (asked.size() > 1) {
    return std::unexpected(EarlyExit{kExitUsage,
                                     "av1d: --once, --dry-run, --explain, --check-config, --undo, "
                                     "--retry and --retry-failed exclude each other\n"});
  }
  Options options = asked.empty() ? Options{} : asked.front();
  if (!given.config_file.empty()) options.config_file = given.config_file;
  return options;
}

}  // namespace av1d
