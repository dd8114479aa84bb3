// The owner's commands at the end of a job: on_success, on_failure, on_skip.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "av1d/config.h"
#include "av1d/job_store.h"
#include "av1d/runner.h"

namespace av1d {

// One hook, complete: the daemon may be configured anew before it runs.
struct HookRun {
  std::string event;  // "success", "failure", "skip"
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // AV1D_EVENT, AV1D_SOURCE, ...
  std::string input;                     // the job's JSON
  std::chrono::seconds timeout{0};
};

// The hook for this job's end; nothing where none is configured, and for a job that will go on by
// itself. `job_state_dir` is where its file lies. Pure.
std::optional<HookRun> hook_for(const Job& job, const Config& config);

// Runs hooks on threads of its own, a few at a time, in the order of their jobs. What a hook does
// or fails to do is logged and has no other effect. The runner's loop must run until the destructor
// has returned.
class Hooks {
 public:
  explicit Hooks(Runner& runner);
  // Ends the hooks that run (TERM, then KILL); those that wait are left out, and the log says so.
  ~Hooks();
  Hooks(const Hooks&) = delete;
  Hooks& operator=(const Hooks&) = delete;

  // Any thread; returns at once. Where too many wait already, it is left out and the log says so.
  void start(HookRun run);

  // Waits until all have run, or until stopped. For --once.
  void drain(const std::stop_token& stop);

  std::uint64_t failures() const;

 private:
  void work(const std::stop_token& stop);
  void run(const HookRun& hook, const std::stop_token& stop);
  void count_failure();

  Runner& runner_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<HookRun> waiting_;
  std::size_t running_ = 0;
  std::uint64_t failures_ = 0;
  bool is_full_ = false;  // the last one was left out
  std::vector<std::jthread> threads_;
};

}  // namespace av1d
