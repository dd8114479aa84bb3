// A ProcessRunner on a loop of its own, and questions to /proc about the processes it leaves.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnull-dereference"
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#pragma GCC diagnostic pop

#include "daemon/subprocess.h"
#include "support/catch.h"
#include "support/temp_dir.h"

namespace av1d::test {

// The destructor returns only when nothing is left to do in the loop: a forgotten timer or watch
// hangs the test.
class LoopRunner {
 public:
  LoopRunner() : runner(loop_), guard_(loop_.get_executor()), thread_([this] { loop_.run(); }) {}
  ~LoopRunner() {
    guard_.reset();
    thread_.join();
  }
  LoopRunner(const LoopRunner&) = delete;
  LoopRunner& operator=(const LoopRunner&) = delete;

 private:
  boost::asio::io_context loop_;

 public:
  ProcessRunner runner;

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::thread thread_;
};

// Asks until the answer is yes, for half a minute at most.
inline bool eventually(const std::function<bool()>& question) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!question()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// The letter of /proc/PID/stat: R, S, T, Z..., nothing where there is no such process.
inline std::optional<char> process_state(int pid) {
  const std::string text = read_file("/proc/" + std::to_string(pid) + "/stat");
  const auto paren = text.rfind(')');
  if (paren == std::string::npos || paren + 2 >= text.size()) return std::nullopt;
  return text[paren + 2];
}

// A zombie counts as gone: an orphan is reaped by whoever is init here, and when it pleases.
inline bool is_gone(int pid) {
  const auto state = process_state(pid);
  return !state || *state == 'Z' || *state == 'X';
}

inline std::size_t count_open_descriptors() {
  std::size_t count = 0;
  for (int fd = 0; fd < 4096; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) ++count;
  }
  return count;
}

inline std::vector<std::string> shell(const std::string& script) {
  return {"sh", "-c", script};
}

// The lines of standard output of a child that must end well.
inline std::vector<std::string> lines_of(const std::vector<std::string>& argv,
                                         RunOptions options = {}) {
  LoopRunner loop;
  std::vector<std::string> lines;
  options.on_stdout = [&](std::string_view line) { lines.emplace_back(line); };
  const auto exit = loop.runner.run(argv, options);
  REQUIRE(exit.has_value());
  CHECK(exit->ok());
  return lines;
}

}  // namespace av1d::test
