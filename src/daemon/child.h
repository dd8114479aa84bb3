// One child process as the kernel sees it: started in a process group of its own, signalled as a
// group, reaped by its own pid. The only place that starts a process. No event loop in here.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "av1d/owned_fd.h"
#include "av1d/result.h"

namespace av1d {

// What to run, complete: nothing is looked up after this.
struct Command {
  std::string program;  // found in PATH
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  int nice = 0;       // 0: as it is inherited
  std::string input;  // what it reads on standard input
};

// Reads PATH, the directories in it and the environment. "cannot run 'nope': No such file or
// directory" where argv[0] has no slash and no directory of PATH holds such a program. The
// environment is the daemon's, with SVT_LOG=1 unless it is set, and AV_LOG_FORCE_NOCOLOR=1.
Result<Command> prepare_command(std::vector<std::string> argv, int nice);

// "NAME=value", in place of what the environment has under that name. Pure.
void add_environment(Command& command, const std::vector<std::string>& entries);

// A running child. Its owner must call reap_child() in the end.
struct StartedChild {
  pid_t pid = 0;  // of the process and of its group
  OwnedFd pidfd;  // readable when the process has ended
  OwnedFd out;    // what it writes to standard output, not blocking
  OwnedFd err;
};

// Standard input is a file of its own with `input`, or /dev/null where that is empty; no other
// descriptor is passed on, all signals have their default action and none is blocked. The child is
// killed when the calling THREAD ends, so call this on a thread that outlives it. Returns after
// exec: an error of exec comes back as one of this call.
Result<StartedChild> start_child(const Command& command);

// The functions below are for a child that has not been reaped: its number is not free until then.

// To every process of its group. One that has ended already is no error.
void signal_group(pid_t pid, int signo);
// True from its end on; leaves it to be reaped.
bool has_exited(pid_t pid);
// User and system time so far, 0 where it can't be told.
std::chrono::duration<double> cpu_time(pid_t pid);

struct Reaped {
  int status = -1;  // exit status, -1 when a signal ended it
  int signal = 0;
  std::chrono::duration<double> cpu{};
  std::uint64_t max_rss_bytes = 0;  // Linux counts the daemon's own at the time of the start
};
// Blocks until its end; call it after has_exited().
Reaped reap_child(pid_t pid);

}  // namespace av1d
