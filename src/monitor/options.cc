// The command line of av1top; see options.h.
#include "monitor/options.h"

#include <CLI/CLI.hpp>
#include <sstream>

namespace av1d::monitor {

std::expected<Options, EarlyExit> parse_options(int argc, const char* const* argv) {
  std::string config_file;
  std::string directory;
  bool batch = false;
  bool json = false;
  CLI::App app(
      "Shows what av1d does, from its job files. It writes nothing, and av1d need not be running.",
      "av1top");
  app.set_version_flag("--version", "av1top " AV1D_VERSION);
  app.add_option("--config", config_file,
                 "av1d's configuration, for job_state_dir (default /etc/av1d/config.toml)")
      ->type_name("FILE");
  app.add_option("--job-state-dir", directory, "Where the job files are; needs no configuration")
      ->type_name("DIR");
  CLI::Option* batch_option =
      app.add_flag("--batch", batch, "Print one snapshot and exit; needs no terminal");
  app.add_flag("--json", json, "The snapshot as one JSON document")->needs(batch_option);
  app.footer(
      "F1 shows the keys.\n"
      "Exit status: 0 well, 64 usage, 66 no job directory, 69 no usable terminal,\n"
      "78 configuration, 128+n ended by signal n.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    const int code = app.exit(error, out, err);
    return std::unexpected(code == 0 ? EarlyExit{kExitOk, out.str()}
                                     : EarlyExit{kExitUsage, "av1top: " + err.str()});
  }
  Options options;
  if (!config_file.empty()) options.config_file = config_file;
  if (!directory.empty()) options.job_state_dir = directory;
  options.mode = json ? Mode::batch_json : batch ? Mode::batch : Mode::screen;
  return options;
}

}  // namespace av1d::monitor
