// fork, exec, signal, reap; see child.h.
//
// vfork because fork stops the daemon for milliseconds when its heap is large. The child borrows
// our memory until exec, so it does system calls only, on values prepared before. posix_spawn can
// set neither a parent-death signal nor a nice value.
#include "daemon/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace av1d {

namespace {

constexpr int kReportFd = 3;  // where the child keeps the pipe that tells of a failed exec

struct Pipe {
  OwnedFd read;
  OwnedFd write;
};

// Descriptors 0 to 2 are what the child will overwrite. A daemon that was started with one of them
// closed would get a pipe there.
Result<OwnedFd> above_stdio(OwnedFd fd) {
  if (fd.get() > kReportFd) return fd;
  OwnedFd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kReportFd + 1));
  if (!moved.valid()) return fail_errno("duplicate", "descriptor", errno);
  return moved;
}

Result<Pipe> make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make", "pipe", errno);
  OwnedFd read_end(ends[0]);
  OwnedFd write_end(ends[1]);
  auto read = above_stdio(std::move(read_end));
  if (!read) return std::unexpected(read.error());
  auto write = above_stdio(std::move(write_end));
  if (!write) return std::unexpected(write.error());
  return Pipe{std::move(*read), std::move(*write)};
}

Result<OwnedFd> open_null() {
  OwnedFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null.valid()) return fail_errno("open", "/dev/null", errno);
  return above_stdio(std::move(null));
}

// In memory, not a pipe: a child that reads nothing holds nobody up, and one that ends early sends
// nobody SIGPIPE.
Result<OwnedFd> open_input(std::string_view input) {
  if (input.empty()) return open_null();
  OwnedFd file(::memfd_create("av1d-input", MFD_CLOEXEC));
  if (!file.valid()) return fail_errno("make", "memory file", errno);
  while (!input.empty()) {
    const ssize_t written = ::write(file.get(), input.data(), input.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("write", "memory file", errno);
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return fail_errno("rewind", "memory file", errno);
  return above_stdio(std::move(file));
}

// What execvp would do, but in the parent: it allocates, which a vfork child must not.
Result<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;  // exec will say what is wrong with it
  const char* variable = std::getenv("PATH");
  std::string_view path = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  int why = ENOENT;
  for (bool more = !name.empty(); more;) {
    const auto colon = path.find(':');
    std::string candidate(path.substr(0, colon));
    candidate += candidate.empty() ? "./" : "/";
    candidate += name;
    struct stat st {};
    if (::stat(candidate.c_str(), &st) == 0 && S_ISREG(st.st_mode)) {
      if (::faccessat(AT_FDCWD, candidate.c_str(), X_OK, AT_EACCESS) == 0) return candidate;
      why = errno;
    }
    more = colon != std::string_view::npos;
    if (more) path.remove_prefix(colon + 1);
  }
  return fail_errno("run", name, why);
}

std::vector<std::string> child_environment() {
  std::vector<std::string> out;
  bool has_svt_log = false;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with("AV_LOG_FORCE_NOCOLOR=")) continue;
    has_svt_log = has_svt_log || text.starts_with("SVT_LOG=");
    out.emplace_back(text);
  }
  if (!has_svt_log) out.emplace_back("SVT_LOG=1");
  out.emplace_back("AV_LOG_FORCE_NOCOLOR=1");
  return out;
}

// exec wants char* and does not write through it.
std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

// All that the child needs, as plain values.
struct ExecPlan {
  const char* program;
  char* const* argv;
  char* const* environment;
  int in, out, err, report;
  int nice;
  pid_t parent;
};

[[noreturn]] void report_and_exit(int report_fd) {
  const int why = errno;
  // Fails only if the parent is gone, and then nobody is left to be told.
  [[maybe_unused]] const ssize_t ignored = ::write(report_fd, &why, sizeof why);
  ::_exit(127);
}

// Asio leaves its own descriptors open across exec. A kernel or a sandbox without close_range gets
// the plain way.
void close_all_above_report() {
  if (::close_range(kReportFd + 1, ~0U, 0) == 0) return;
  for (int fd = kReportFd + 1; fd < 4096; ++fd) ::close(fd);
}

// Ignored signals and the mask pass through exec. The handlers must not run in the child: Asio's
// would write to the daemon's pipe. Refused for KILL, STOP and those of libc, which is as it
// should.
void reset_signals() {
  struct sigaction default_action {};
  default_action.sa_handler = SIG_DFL;
  for (int signo = 1; signo < NSIG; ++signo) ::sigaction(signo, &default_action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// The child from fork to exec. System calls only.
[[noreturn]] void exec_program(const ExecPlan& plan) {
  if (::setpgid(0, 0) != 0) report_and_exit(plan.report);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) report_and_exit(plan.report);
  if (::getppid() != plan.parent) ::_exit(127);  // it died before the line above
  if (::dup2(plan.in, STDIN_FILENO) < 0 || ::dup2(plan.out, STDOUT_FILENO) < 0 ||
      ::dup2(plan.err, STDERR_FILENO) < 0 || ::dup3(plan.report, kReportFd, O_CLOEXEC) < 0) {
    report_and_exit(plan.report);
  }
  close_all_above_report();
  // Refused where the daemon itself is nicer than asked for: then the child stays as nice as that.
  if (plan.nice != 0) static_cast<void>(::setpriority(PRIO_PROCESS, 0, plan.nice));
  // The service's rights to give a film to its owner are not for decoders: without ambient
  // capabilities exec leaves none to a user other than root. Refused only where there are none.
  static_cast<void>(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
  reset_signals();
  ::execve(plan.program, plan.argv, plan.environment);
  report_and_exit(kReportFd);
}

// No signal may find the child with our handlers still in place. Returns -1 and errno on failure.
pid_t fork_and_exec(const ExecPlan& plan) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::vfork();
  if (pid == 0) exec_program(plan);
  const int why = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = why;
  return pid;
}

// 0 when exec closed the pipe, else the errno that the child reported.
int read_report(const OwnedFd& report) {
  int why = 0;
  ssize_t count = 0;
  do {
    count = ::read(report.get(), &why, sizeof why);
  } while (count < 0 && errno == EINTR);
  return count == ssize_t{sizeof why} ? why : 0;
}

Status set_nonblocking(const OwnedFd& fd) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return fail_errno("set up", "pipe", errno);
  }
  return {};
}

std::chrono::duration<double> cpu_seconds(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

std::unexpected<Error> cannot_run(const Command& command, const Error& cause) {
  return fail("cannot run '" + command.argv.front() + "': " + cause.message, cause.errno_value);
}

}  // namespace

Result<Command> prepare_command(std::vector<std::string> argv, int nice) {
  if (argv.empty()) return fail_errno("run", "", ENOENT);
  // exec would silently cut the word there.
  const bool has_nul = std::any_of(argv.begin(), argv.end(), [](const std::string& word) {
    return word.find('\0') != std::string::npos;
  });
  if (has_nul) return fail_errno("run", argv.front(), EINVAL);
  auto program = find_program(argv.front());
  if (!program) return std::unexpected(program.error());
  return Command{std::move(*program), std::move(argv), child_environment(), nice, {}};
}

void add_environment(Command& command, const std::vector<std::string>& entries) {
  for (const auto& entry : entries) {
    const std::string name = entry.substr(0, entry.find('=') + 1);
    std::erase_if(command.environment,
                  [&](const std::string& other) { return other.starts_with(name); });
    command.environment.push_back(entry);
  }
}

Result<StartedChild> start_child(const Command& command) {
  auto in = open_input(command.input);
  if (!in) return cannot_run(command, in.error());
  auto out = make_pipe();
  if (!out) return cannot_run(command, out.error());
  auto err = make_pipe();
  if (!err) return cannot_run(command, err.error());
  auto report = make_pipe();
  if (!report) return cannot_run(command, report.error());
  for (const OwnedFd* fd : {&out->read, &err->read}) {
    if (auto done = set_nonblocking(*fd); !done) return cannot_run(command, done.error());
  }

  const auto argv = pointers(command.argv);
  const auto environment = pointers(command.environment);
  const ExecPlan plan{
      command.program.c_str(), argv.data(),         environment.data(), in->get(), out->write.get(),
      err->write.get(),        report->write.get(), command.nice,       ::getpid()};
  const pid_t pid = fork_and_exec(plan);
  if (pid < 0) return fail_errno("run", command.argv.front(), errno);
  report->write.reset();
  int why = read_report(report->read);
  OwnedFd pidfd;
  if (why == 0) {
    pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd.valid()) why = errno;
  }
  if (why == 0)
    return StartedChild{pid, std::move(pidfd), std::move(out->read), std::move(err->read)};
  signal_group(pid, SIGKILL);
  reap_child(pid);
  return fail_errno("run", command.argv.front(), why);
}

void signal_group(pid_t pid, int signo) {
  const bool reached = ::kill(-pid, signo) == 0;
  // A child that has left its group must not survive that.
  if (!reached || signo == SIGKILL) static_cast<void>(::kill(pid, signo));
}

bool has_exited(pid_t pid) {
  siginfo_t info{};
  const int done = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT);
  // ECHILD: the kernel reaped it because somebody ignores SIGCHLD. There is nothing to wait for.
  return done == 0 ? info.si_pid == pid : errno == ECHILD;
}

std::chrono::duration<double> cpu_time(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Reaped reap_child(pid_t pid) {
  int status = 0;
  rusage usage{};
  pid_t done = -1;
  do {
    done = ::wait4(pid, &status, 0, &usage);
  } while (done < 0 && errno == EINTR);
  Reaped reaped;
  if (done != pid) return reaped;
  if (WIFEXITED(status)) reaped.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) reaped.signal = WTERMSIG(status);
  reaped.cpu = cpu_seconds(usage.ru_utime) + cpu_seconds(usage.ru_stime);
  reaped.max_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return reaped;
}

}  // namespace av1d
