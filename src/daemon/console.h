// The log, and a line of progress per running job when standard error is a terminal.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "av1d/config.h"
#include "av1d/job_store.h"

namespace av1d {

// Sets up spdlog's default logger to write to standard error: with `<N>` priorities when that is
// the journal, with time and level otherwise. AV1D_LOG in the environment overrides `level`.
class Console {
 public:
  explicit Console(LogLevel level);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // After a reload. AV1D_LOG still overrides it. Thread-safe.
  static void set_level(LogLevel level);

  // Shows or renews the job's line while it runs, takes it away after. Thread-safe. Does nothing
  // where standard error is no terminal.
  void show(const Job& job);

 private:
  class Screen;
  std::shared_ptr<Screen> screen_;
};

// One line on a running job: stage, name, bar, percent, fps, ETA; at most `columns` wide. Pure.
std::string progress_line(const Job& job, std::size_t columns);

}  // namespace av1d
