// The real Runner: job threads block in run(), the loop's thread does the work. Everything that
// starts, signals or reaps a child happens on the thread that runs the io_context, because the
// kernel kills a child when the thread that forked it ends, and job threads come and go.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "av1d/runner.h"

namespace av1d {

struct ChildRegistry;

// The io_context must outlive the runner, be run by one thread that outlives the children, and keep
// running until every run() has returned: run() waits for it however long that takes. run() must
// not be called on the loop's thread, and main() leaves SIGCHLD at SIG_DFL.
class ProcessRunner : public Runner {
 public:
  explicit ProcessRunner(boost::asio::io_context& loop);
  ~ProcessRunner() override;
  ProcessRunner(const ProcessRunner&) = delete;
  ProcessRunner& operator=(const ProcessRunner&) = delete;

  // Any thread but the loop's, any number at a time. Beyond the contract in runner.h:
  // - A stop before the start starts nothing. After a stop no callback is called again; a run whose
  //   output was cut short by it says `stopped`, even if the child had ended by itself.
  // - A slow callback makes the child wait (4 MiB a stream are buffered); timeout and stop work all
  //   the same.
  // - What the child leaves running in its process group is killed at its end. A process that left
  //   the group and holds the pipes is not waited for longer than 2 s.
  Result<RunExit> run(const std::vector<std::string>& argv, const RunOptions& options,
                      std::stop_token stop = {}) override;

  // Any thread. No child, running or to come, gets more time from TERM to KILL than this. Never
  // lengthens it: the shortest value given counts. For the daemon's end.
  void set_kill_grace(std::chrono::milliseconds grace);

  // Any thread. To the process groups of all children that run now. Ending one that is stopped
  // continues it.
  void signal_all(int signo);

  // Any thread. Stops the process groups of all children, those to come included, until resume();
  // WhilePaused::run_on excepts one. Their timeouts and ChildStatus::elapsed stand still. Ending a
  // stopped child continues it.
  void pause();
  void resume();

  // The loop's thread. The leaders of the process groups of the children that a pause would stop.
  std::vector<int> pids() const;

  // Any thread. Children started and not reaped.
  std::size_t running() const;

 private:
  boost::asio::io_context& loop_;
  std::shared_ptr<ChildRegistry> registry_;  // posted handlers may outlive the runner
};

}  // namespace av1d
