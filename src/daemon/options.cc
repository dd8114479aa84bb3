// The command line of av1d; see options.h.
#include "daemon/options.h"

#include <CLI/CLI.hpp>
#include <sstream>

#include "daemon/exit_status.h"

namespace av1d {

std::expected<Options, EarlyExit> parse_options(int argc, const char* const* argv) {
  Options options;
  std::string config_file;
  std::vector<std::string> files;
  bool once = false;
  bool dry_run = false;
  bool check_config = false;
  CLI::App app(
      "Finds the videos worth re-encoding, encodes them to AV1, proves that nothing was lost and\n"
      "swaps them in. Without an option it runs until SIGTERM or SIGINT.",
      "av1d");
  app.set_version_flag("--version", "av1d " AV1D_VERSION);
  app.add_option("--config", config_file, "Configuration file (default /etc/av1d/config.toml)")
      ->type_name("FILE");
  app.add_flag("--once", once, "One full pass over the libraries, then exit");
  app.add_flag("--dry-run", dry_run, "What one pass would do, as a table; writes nothing");
  app.add_option("--explain", files,
                 "Every step's verdict on FILE, and the ffmpeg command that would run")
      ->type_name("FILE");
  app.add_flag("--check-config", check_config, "Check the configuration and print it as TOML");
  app.footer(
      "Exit status: 0 well, 1 a job failed (--once), 64 usage, 66 no such file, 69 ffmpeg,\n"
      "73 cannot create a directory, 75 another av1d is running or space is short,\n"
      "78 configuration, 128+n ended by signal n.");
  // CLI11 reads "[a,b]" as a list of two; a name in brackets is one name.
  std::vector<std::string> words;
  for (int i = argc - 1; i > 0; --i) {  // parse() takes them from the back
    const std::string_view word = argv[i];
    words.push_back((word.starts_with("[") ? "./" : "") + std::string(word));
  }
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    const int code = app.exit(error, out, err);
    return std::unexpected(code == 0 ? EarlyExit{kExitOk, out.str()}
                                     : EarlyExit{kExitUsage, "av1d: " + err.str()});
  }
  const int modes = int{once} + int{dry_run} + int{check_config} + int{!files.empty()};
  // --once --dry-run says the same as --dry-run: what one pass would do.
  if (modes > 1 && !(modes == 2 && once && dry_run)) {
    return std::unexpected(EarlyExit{
        kExitUsage, "av1d: --once, --dry-run, --explain and --check-config exclude each other\n"});
  }
  if (!config_file.empty()) options.config_file = config_file;
  for (const std::string_view file : files) {
    options.files.emplace_back(file.starts_with("./[") ? file.substr(2) : file);
  }
  options.mode = check_config     ? Mode::check_config
                 : !files.empty() ? Mode::explain
                 : dry_run        ? Mode::dry_run
                 : once           ? Mode::once
                                  : Mode::serve;
  return options;
}

}  // namespace av1d
