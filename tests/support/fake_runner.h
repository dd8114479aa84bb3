// A Runner without processes: answers by script, remembers what it was asked. What it was not told
// about does not exist: "cannot run 'x': No such file or directory".
//
//   FakeRunner runner;
//   runner.when("ffprobe -version", {.out = "ffprobe version 9.0\n"});
//   runner.once("-i file:", {.exit = exit_status(234)});  // the first encode fails,
//   runner.when("-i file:", {.ticks = 3});                // later ones succeed
#pragma once

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "av1d/runner.h"

namespace av1d::test {

// An end with this exit status; 0 is a success.
inline RunExit exit_status(int status) {
  RunExit exit;
  exit.status = status;
  return exit;
}

// What the child does, in this order: effect, ticks, standard output, standard error, end.
struct FakeAnswer {
  std::string out{};  // line by line to on_stdout
  std::string err{};  // line by line to on_stderr and into the exit's stderr_tail
  RunExit exit = exit_status(0);
  std::optional<Error> error{};  // it could not be started at all
  int ticks = 0;                 // calls of on_tick; one that says false ends the child
  // What the child would do to the world, such as writing its output file.
  std::function<void(const std::vector<std::string>& argv)> effect{};
};

class FakeRunner : public Runner {
 public:
  // Answers every command that contains `part`: its argv joined by single spaces. Where several
  // fit, the one that was given first answers.
  FakeRunner& when(std::string part, FakeAnswer answer) {
    return add(std::move(part), std::move(answer), Uses::many);
  }
  // The same, but used up by one command.
  FakeRunner& once(std::string part, FakeAnswer answer) {
    return add(std::move(part), std::move(answer), Uses::one);
  }

  Result<RunExit> run(const std::vector<std::string>& argv, const RunOptions& options,
                      std::stop_token stop = {}) override {
    const std::optional<FakeAnswer> answer = record_and_find(argv);
    if (!answer) return fail_errno("run", argv.empty() ? "" : argv.front(), ENOENT);
    if (answer->error) return std::unexpected(*answer->error);
    if (answer->effect) answer->effect(argv);
    RunExit exit = answer->exit;
    if (!tick(*answer, options)) {
      exit.ended_by_tick = true;
    } else if (stop.stop_requested()) {
      exit.stopped = true;
    }
    if (exit.ended_by_tick || exit.stopped) {
      exit.status = -1;
      exit.signal = SIGTERM;
    }
    for_each_line(answer->out, options.on_stdout);
    for_each_line(answer->err, options.on_stderr);
    for_each_line(answer->err, [&](std::string_view line) { exit.stderr_tail.emplace_back(line); });
    return exit;
  }

  // Every command so far, in order.
  std::vector<std::vector<std::string>> commands() const {
    const std::scoped_lock lock(mutex_);
    return commands_;
  }
  // The same as lines: the words of each joined by single spaces.
  std::vector<std::string> command_lines() const {
    std::vector<std::string> lines;
    for (const auto& argv : commands()) lines.push_back(join(argv));
    return lines;
  }
  // How many commands contained `part`.
  int count(std::string_view part) const {
    int found = 0;
    for (const auto& line : command_lines()) found += line.find(part) != std::string::npos ? 1 : 0;
    return found;
  }

 private:
  enum class Uses { one, many };
  struct Rule {
    std::string part;
    FakeAnswer answer;
    Uses uses;
  };

  FakeRunner& add(std::string part, FakeAnswer answer, Uses uses) {
    const std::scoped_lock lock(mutex_);
    rules_.push_back({std::move(part), std::move(answer), uses});
    return *this;
  }

  // Locked only here: callbacks run unlocked, as several jobs may be asking at a time.
  std::optional<FakeAnswer> record_and_find(const std::vector<std::string>& argv) {
    const std::scoped_lock lock(mutex_);
    commands_.push_back(argv);
    const std::string line = join(argv);
    for (auto rule = rules_.begin(); rule != rules_.end(); ++rule) {
      if (line.find(rule->part) == std::string::npos) continue;
      FakeAnswer answer = rule->answer;
      if (rule->uses == Uses::one) rules_.erase(rule);
      return answer;
    }
    return std::nullopt;
  }

  static bool tick(const FakeAnswer& answer, const RunOptions& options) {
    ChildStatus status;
    status.pid = 4711;
    for (int i = 0; i < answer.ticks && options.on_tick; ++i) {
      status.elapsed += std::chrono::seconds(1);
      status.cpu += std::chrono::seconds(1);
      if (!options.on_tick(status)) return false;
    }
    return true;
  }

  static std::string join(const std::vector<std::string>& argv) {
    std::string line;
    for (const auto& word : argv) {
      if (!line.empty()) line += ' ';
      line += word;
    }
    return line;
  }

  static void for_each_line(std::string_view text,
                            const std::function<void(std::string_view)>& callback) {
    while (callback && !text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      callback(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  mutable std::mutex mutex_;
  std::vector<Rule> rules_;
  std::vector<std::vector<std::string>> commands_;
};

}  // namespace av1d::test
