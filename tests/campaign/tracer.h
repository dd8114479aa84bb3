// Runs a function in a child process and stops it at each system call that has to do with files, so
// that a test can kill it there, cut the power, or have the call fail. By ptrace, which a seccomp
// filter calls for the watched calls alone: what is tested is the program as it is, down to the
// kernel. x86-64 Linux; elsewhere can_trace() is false.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace av1d::test {

// A system call that is about to be made. The child stands still meanwhile.
struct Call {
  std::string_view name;  // "renameat2"
  std::array<std::uint64_t, 6> args{};
  int index = 0;  // of the calls that are watched, from 0
  pid_t pid = 0;

  // It may change what lies on the disk, or make sure of it.
  bool changes() const;
  // The file or directory behind the descriptor in args[at], "" where there is none.
  std::string file(std::size_t at = 0) const;
  // Nothing of ours: AddressSanitizer asks the kernel through a pipe whether it may read a place in
  // memory, and gives up where that fails.
  bool is_on_a_pipe() const { return file().starts_with("pipe:"); }
  // The string that args[at] points to.
  std::string text(std::size_t at) const;
  // Like "renameat2 film.mkv .av1d-1.tmp": for messages, and for tests of the order of calls.
  std::string shown() const;
};

struct Fate {
  enum class What {
    go_on,
    die,          // SIGKILL before the call is made
    fail,         // the call is not made, and fails with `error`
    lose_answer,  // the call is made, and fails with `error` all the same, as on a network
    cut_short,    // a write of half as many bytes
  };
  What what = What::go_on;
  int error = 0;
};

using Judge = std::function<Fate(const Call&)>;

struct Traced {
  bool died = false;  // by Fate::die
  int status = -1;    // what the function returned; -1 where it died
  int signal = 0;     // that ended it otherwise: a crash
  int calls = 0;      // that were watched
};

bool can_trace();

// Which calls the judge is asked about.
enum class Watch { changes, all };

// Whether renameat2 knows EXCHANGE and NOREPLACE; where it does not they fail with EINVAL.
enum class RenameFlags { known, unknown };

// `action` must start no thread. Its output goes where the test's goes. Without a judge the child
// runs freely.
Traced trace(const std::function<int()>& action, Watch watch, RenameFlags flags,
             const Judge& judge);

}  // namespace av1d::test
