// The command line of av1d.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "av1d/requests.h"
#include "av1d/types.h"

namespace av1d {

enum class Mode { serve, once, dry_run, explain, check_config, order };

struct Options {
  std::optional<fs::path> config_file;
  Mode mode = Mode::serve;
  std::vector<fs::path> files;  // --explain
  Request order;                // --undo, --retry, --retry-failed
};

// What is to be printed instead of running: --help, --version (status 0, standard output) or a
// usage mistake (status 64, standard error).
struct EarlyExit {
  int status = 0;
  std::string text;
};

std::expected<Options, EarlyExit> parse_options(int argc, const char* const* argv);

}  // namespace av1d
