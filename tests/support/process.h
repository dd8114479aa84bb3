// A program as a child of a test: started with posix_spawn (never a shell), its output kept in
// memory files so that no pipe can fill up, ended when the test ends.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/temp_dir.h"

namespace av1d::test {

using Words = std::vector<std::string>;

// How a child ended and what it said.
struct Finished {
  int status = -1;  // exit status; -1 where a signal ended it
  int signal = 0;
  bool timed_out = false;
  std::string out, err;

  bool ok() const { return status == 0 && !timed_out; }
};

// Where a child runs. `env` adds to, or with an empty value takes away from, the test's own.
struct Surroundings {
  std::filesystem::path directory{};
  std::map<std::string, std::string> env{};
};

// Asks every few milliseconds; false when the answer was still no at the deadline.
inline bool eventually(const std::function<bool()>& question, std::chrono::milliseconds limit,
                       std::chrono::milliseconds pause = std::chrono::milliseconds(10)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!question()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

class Child {
 public:
  explicit Child(const Words& argv, const Surroundings& where = {})
      : out_(memory_file()), err_(memory_file()) {
    spawn(argv, where);
    pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0U));
    if (pidfd_ < 0) throw_errno("watch", argv.front());
  }
  ~Child() {
    if (!reaped_) {
      ::kill(-pid_, SIGKILL);
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    for (const int fd : {out_, err_, pidfd_}) {
      if (fd >= 0) ::close(fd);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  std::string out() const { return text_of(out_); }  // so far
  std::string err() const { return text_of(err_); }
  void kill(int signal) const { ::kill(pid_, signal); }

  // True when it has ended within `limit`; it is not reaped yet.
  bool wait_for(std::chrono::milliseconds limit) const {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      struct pollfd wanted {
        pidfd_, POLLIN, 0
      };
      const int ready = ::poll(&wanted, 1, static_cast<int>(std::max(left.count(), {0})));
      if (ready > 0) return true;
      if (ready == 0) return false;
      if (errno != EINTR) throw_errno("wait for", std::to_string(pid_));
    }
  }

  // Waits for the end, which is KILL after `limit`, and reaps it.
  Finished finish(std::chrono::seconds limit = std::chrono::seconds(300)) {
    Finished finished;
    finished.timed_out = !wait_for(limit);
    if (finished.timed_out) ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    if (WIFEXITED(status)) finished.status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) finished.signal = WTERMSIG(status);
    finished.out = out();
    finished.err = err();
    return finished;
  }

 private:
  [[noreturn]] static void throw_errno(const std::string& verb, const std::string& object,
                                       int error = errno) {
    throw std::runtime_error("cannot " + verb + " '" + object + "': " + std::strerror(error));
  }

  static int memory_file() {
    const int fd = ::memfd_create("output", MFD_CLOEXEC);
    if (fd < 0) throw_errno("make", "memory file");
    return fd;
  }

  // pread, as the child goes on writing at the offset that it shares with us.
  static std::string text_of(int fd) {
    std::string text;
    std::array<char, 65536> block{};
    for (;;) {
      const ssize_t n = ::pread(fd, block.data(), block.size(), static_cast<off_t>(text.size()));
      if (n <= 0) return text;
      text.append(block.data(), static_cast<std::size_t>(n));
    }
  }

  static Words environment(const Surroundings& where) {
    Words words;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string word = *entry;
      if (!where.env.contains(word.substr(0, word.find('=')))) words.push_back(word);
    }
    for (const auto& [name, value] : where.env) {
      if (!value.empty()) words.push_back(name + "=" + value);
    }
    return words;
  }

  static std::vector<char*> pointers(Words& words) {
    std::vector<char*> all;
    for (auto& word : words) all.push_back(word.data());
    all.push_back(nullptr);
    return all;
  }

  // A process group of its own, no signal blocked or ignored, standard input empty.
  void spawn(Words argv, const Surroundings& where) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out_, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err_, STDERR_FILENO);
    if (!where.directory.empty()) {
      ::posix_spawn_file_actions_addchdir_np(&actions, where.directory.c_str());
    }
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    Words env = environment(where);
    const int error = ::posix_spawnp(&pid_, argv.front().c_str(), &actions, &attributes,
                                     pointers(argv).data(), pointers(env).data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error == 0) return;
    ::close(out_);
    ::close(err_);
    throw_errno("run", argv.front(), error);
  }

  int out_ = -1;
  int err_ = -1;
  int pidfd_ = -1;
  pid_t pid_ = -1;
  bool reaped_ = false;
};

inline Finished run(const Words& argv, const Surroundings& where = {},
                    std::chrono::seconds limit = std::chrono::seconds(300)) {
  return Child(argv, where).finish(limit);
}

// Whether a program is there and does well with these arguments: what a test needs besides av1d.
inline bool can_run(const Words& argv) {
  try {
    return run(argv).ok();
  } catch (const std::exception&) {
    return false;
  }
}

// The running processes (zombies are none) whose command line holds `part`.
inline std::vector<pid_t> processes_naming(const std::string& part) {
  std::vector<pid_t> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (read_file(entry.path() / "cmdline").find(part) != std::string::npos) {
      found.push_back(static_cast<pid_t>(std::stol(name)));
    }
  }
  return found;
}

}  // namespace av1d::test
