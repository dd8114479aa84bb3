// Questions to ffmpeg and ffprobe: short runs whose answer is read whole.
#pragma once

#include <algorithm>
#include <functional>
#include <stop_token>
#include <string>

#include "av1d/config.h"
#include "av1d/result.h"
#include "av1d/runner.h"
#include "av1d/startup.h"
#include "av1d/stderr_rules.h"

namespace av1d {

// What a step that starts processes needs. Cheap to copy; the runner outlives it.
struct Asker {
  Runner& runner;
  const Toolchain& tools;
  int nice = 0;
  std::stop_token stop;

  using LineSink = std::function<void(std::string_view)>;

  // Runs argv; lines of its standard output go to `on_line`, those of stderr to `judge` if given.
  // An error when it could not start, took longer than `timeout`, was stopped or ended with a
  // status other than 0; the message carries the last line of its stderr.
  Status ask(const std::vector<std::string>& argv, std::chrono::seconds timeout,
             const LineSink& on_line, StderrJudge* judge = nullptr) const;

  // The same with all of the standard output as one text of at most 64 MiB.
  Result<std::string> ask_text(const std::vector<std::string>& argv,
                               std::chrono::seconds timeout) const;
};

// The nice value of proofs beside encoders of `encoder_nice`: they take what those leave.
// Ten more make a tenth of the share (sched(7)); the kernel knows no more than 19.
constexpr int nice_beside(int encoder_nice) {
  return std::min(encoder_nice + 10, 19);
}

// A header is read in seconds even from a sleeping disk.
inline constexpr std::chrono::seconds kProbeTimeout{180};
// 200 GB at 10 MB/s, a remux on a slow NAS.
inline constexpr std::chrono::seconds kReadTimeout{6 * 3600};

}  // namespace av1d
