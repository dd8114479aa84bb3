// The command line of av1top.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "av1d/types.h"

namespace av1d::monitor {

enum class Mode { screen, batch, batch_json };

// sysexits.h, as av1d uses them.
inline constexpr int kExitOk = 0;
inline constexpr int kExitUsage = 64;
inline constexpr int kExitNoInput = 66;
inline constexpr int kExitNoTerminal = 69;
inline constexpr int kExitConfig = 78;

struct Options {
  Mode mode = Mode::screen;
  std::optional<fs::path> config_file;
  std::optional<fs::path> job_state_dir;
};

// What is to be printed instead of running: --help, --version (status 0, standard output) or a
// usage mistake (status 64, standard error).
struct EarlyExit {
  int status = kExitOk;
  std::string text;
};

std::expected<Options, EarlyExit> parse_options(int argc, const char* const* argv);

}  // namespace av1d::monitor
