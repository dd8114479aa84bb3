// How the pipeline reaches a child process. An interface because tests stand a fake behind it; the
// real one is daemon/subprocess, the only place that starts a process.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/result.h"

namespace av1d {

struct ChildStatus {
  int pid = 0;
  std::chrono::duration<double> elapsed{};  // without the time in which it was paused
  std::chrono::duration<double> cpu{};      // user and system time used so far
};

// What a pause of the daemon means for a child.
enum class WhilePaused { stop, run_on };

struct RunOptions {
  int nice = 0;
  WhilePaused while_paused = WhilePaused::stop;
  std::chrono::seconds timeout{0};               // 0: none. On a clock that stops while paused
  std::chrono::milliseconds kill_grace{10'000};  // from TERM to KILL
  std::string input;                             // on standard input
  std::vector<std::string> environment;          // "NAME=value", beside the daemon's own
  // Called on the thread that called run(), line by line without the newline ('\r' ends a line
  // too). Lines longer than 64 KiB come in pieces. An exception ends the child and is rethrown.
  std::function<void(std::string_view)> on_stdout;
  std::function<void(std::string_view)> on_stderr;
  // About once a second, on the same thread, whether the child prints or not; false ends the child
  // with TERM, then KILL (RunExit::ended_by_tick).
  std::function<bool(const ChildStatus&)> on_tick;
};

struct RunExit {
  int status = -1;  // exit status, -1 when a signal ended it
  int signal = 0;
  bool timed_out = false;
  bool stopped = false;  // by the stop token
  bool ended_by_tick = false;
  std::vector<std::string> stderr_tail;  // the last lines: at most 40 of at most 1 KiB
  std::chrono::duration<double> wall{};
  std::chrono::duration<double> cpu{};
  std::uint64_t max_rss_bytes = 0;

  bool ok() const { return status == 0 && !timed_out && !stopped && !ended_by_tick; }
  // "exit status 234", "killed by signal 9 (Killed)", "stopped after 60 s".
  std::string describe() const;
};

class Runner {
 public:
  virtual ~Runner() = default;
  // Runs argv[0] (looked up in PATH unless it has a slash) without a shell, in a process group of
  // its own, standard input `input`, and waits for its end. Blocks the calling thread only. An
  // error when it could not be started: "cannot run 'ffmpeg': No such file or directory".
  virtual Result<RunExit> run(const std::vector<std::string>& argv, const RunOptions& options,
                              std::stop_token stop = {}) = 0;
};

}  // namespace av1d
