// See tracer.h.
#include "campaign/tracer.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>

#if defined(__x86_64__)
#include "campaign/watched_calls.h"
#endif

namespace av1d::test {

#if defined(__x86_64__)

namespace {

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error("cannot " + what + ": " + std::strerror(errno));
}

// ---- The filter ---------------------------------------------------------------------------------

using Filter = std::vector<sock_filter>;

constexpr std::uint32_t low_word_of_argument(std::uint32_t at) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) + at * 8;
}

sock_filter statement(unsigned code, std::uint32_t value) {
  return {static_cast<std::uint16_t>(code), 0, 0, value};
}
sock_filter jump(unsigned code, std::uint32_t value, unsigned if_true, unsigned if_false) {
  return {static_cast<std::uint16_t>(BPF_JMP | code | BPF_K), static_cast<std::uint8_t>(if_true),
          static_cast<std::uint8_t>(if_false), value};
}

constexpr unsigned kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr unsigned kReturn = BPF_RET | BPF_K;

// Where argument `at` of the call has one of `bits`, the filter ends with `verdict`.
void add_by_bits(Filter& filter, long number, std::uint32_t at, std::uint32_t bits,
                 std::uint32_t verdict) {
  filter.push_back(jump(BPF_JEQ, static_cast<std::uint32_t>(number), 0, 4));
  filter.push_back(statement(kLoad, low_word_of_argument(at)));
  filter.push_back(jump(BPF_JSET, bits, 0, 1));
  filter.push_back(statement(kReturn, verdict));
  filter.push_back(statement(kLoad, offsetof(seccomp_data, nr)));
}

Filter make_filter(Watch watch, RenameFlags flags, bool has_judge) {
  Filter filter = {statement(kLoad, offsetof(seccomp_data, nr))};
  if (flags == RenameFlags::unknown) {
    add_by_bits(filter, SYS_renameat2, 4, ~0U, SECCOMP_RET_ERRNO | EINVAL);
  }
  for (const Watched& one : kWatched) {
    if (!has_judge || (watch == Watch::changes && one.kind == Kind::looks)) continue;
    const bool opens = one.number == SYS_openat;
    if (opens && watch == Watch::changes) {
      add_by_bits(filter, one.number, 2, O_CREAT, SECCOMP_RET_TRACE);
      continue;
    }
    filter.push_back(jump(BPF_JEQ, static_cast<std::uint32_t>(one.number), 0, 1));
    filter.push_back(statement(kReturn, SECCOMP_RET_TRACE));
  }
  filter.push_back(statement(kReturn, SECCOMP_RET_ALLOW));
  return filter;
}

bool install(const Filter& filter) {
  sock_fprog program{static_cast<unsigned short>(filter.size()),
                     const_cast<sock_filter*>(filter.data())};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// ---- The child ----------------------------------------------------------------------------------

constexpr int kNoTrace = 127;

// The child between two stops, each of which is the entry of a watched call.
class Tracee {
 public:
  Tracee(const std::function<int()>& action, const Filter& filter) : pid_(::fork()) {
    if (pid_ < 0) give_up("fork");
    if (pid_ == 0) {
      if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(kNoTrace);
      ::raise(SIGSTOP);
      if (!install(filter)) ::_exit(kNoTrace);
      ::_exit(action());
    }
    wait();
    if (!WIFSTOPPED(state_)) throw std::runtime_error("cannot trace");
    ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr,
             PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
  }
  ~Tracee() {
    if (!running()) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Tracee(const Tracee&) = delete;
  Tracee& operator=(const Tracee&) = delete;

  // To the entry of the next watched call; false where the child has ended.
  bool next_call() {
    return go_on(PTRACE_CONT, [this] { return state_ >> 8 == kSeccompStop; });
  }
  // From there to the call's end.
  bool end_of_call() {
    // Behind a seccomp stop an entry stop comes first.
    const auto at_stop = [this] { return WSTOPSIG(state_) == (SIGTRAP | 0x80); };
    return go_on(PTRACE_SYSCALL, at_stop) && go_on(PTRACE_SYSCALL, at_stop);
  }

  user_regs_struct registers() const {
    user_regs_struct all{};
    if (::ptrace(PTRACE_GETREGS, pid_, nullptr, &all) != 0) give_up("read registers");
    return all;
  }
  void set_registers(user_regs_struct all) const {
    if (::ptrace(PTRACE_SETREGS, pid_, nullptr, &all) != 0) give_up("write registers");
  }

  // At the entry: the call will not be made, and fails.
  void drop_call(int error) const {
    auto all = registers();
    all.orig_rax = ~0ULL;
    all.rax = static_cast<unsigned long long>(-static_cast<long long>(error));
    set_registers(all);
  }
  // At the end: what the caller hears.
  void answer(int error) const {
    auto all = registers();
    all.rax = static_cast<unsigned long long>(-static_cast<long long>(error));
    set_registers(all);
  }

  void kill() {
    drop_call(EINTR);
    ::kill(pid_, SIGKILL);
    while (running()) wait();
  }

  bool running() const { return !WIFEXITED(state_) && !WIFSIGNALED(state_); }
  int state() const { return state_; }
  pid_t pid() const { return pid_; }

 private:
  static constexpr int kSeccompStop = SIGTRAP | (PTRACE_EVENT_SECCOMP << 8);

  template <class There>
  bool go_on(__ptrace_request how, There there) {
    long signal = 0;
    for (;;) {
      if (::ptrace(how, pid_, nullptr, signal) != 0 && errno != ESRCH) give_up("trace");
      wait();
      if (!running()) return false;
      if (there()) return true;
      signal = state_ >> 16 == 0 && WSTOPSIG(state_) != SIGTRAP ? WSTOPSIG(state_) : 0;
    }
  }

  void wait() {
    while (::waitpid(pid_, &state_, 0) < 0) {
      if (errno != EINTR) give_up("wait for the child");
    }
  }

  pid_t pid_ = -1;
  int state_ = 0;
};

// What was chosen for the call that the child stands at. False where the child has ended.
bool meet_fate(Tracee& tracee, const Fate& fate) {
  using What = Fate::What;
  if (fate.what == What::fail) tracee.drop_call(fate.error);
  if (fate.what == What::cut_short) {
    auto all = tracee.registers();
    all.rdx = (all.rdx + 1) / 2;
    tracee.set_registers(all);
  }
  if (fate.what != What::lose_answer) return true;
  if (!tracee.end_of_call()) return false;
  tracee.answer(fate.error);
  return true;
}

}  // namespace

bool can_trace() {
  try {
    return trace([] { return 0; }, Watch::all, RenameFlags::known,
                 [](const Call&) { return Fate{}; })
               .status == 0;
  } catch (const std::exception&) {
    return false;
  }
}

Traced trace(const std::function<int()>& action, Watch watch, RenameFlags flags,
             const Judge& judge) {
  Tracee tracee(action, make_filter(watch, flags, static_cast<bool>(judge)));
  Traced traced;
  while (tracee.next_call()) {
    const auto all = tracee.registers();
    const Watched* watched = find_watched(static_cast<long>(all.orig_rax));
    if (watched == nullptr) continue;
    const Fate fate = judge({.name = watched->name,
                             .args = {all.rdi, all.rsi, all.rdx, all.r10, all.r8, all.r9},
                             .index = traced.calls++,
                             .pid = tracee.pid()});
    if (fate.what == Fate::What::die) {
      tracee.kill();
      traced.died = true;
      return traced;
    }
    if (!meet_fate(tracee, fate)) break;
  }
  if (WIFEXITED(tracee.state())) traced.status = WEXITSTATUS(tracee.state());
  if (WIFSIGNALED(tracee.state())) traced.signal = WTERMSIG(tracee.state());
  return traced;
}

#else

bool can_trace() {
  return false;
}
Traced trace(const std::function<int()>&, Watch, RenameFlags, const Judge&) {
  throw std::runtime_error("tracing knows the registers of x86-64 alone");
}

#endif

}  // namespace av1d::test
