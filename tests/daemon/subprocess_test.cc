// Starting a child and hearing from it; subprocess_end_test.cc is about its end.
#include "daemon/subprocess.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <stdexcept>

#include "daemon/subprocess_fixture.h"
#include "support/catch.h"
#include "support/temp_dir.h"

namespace av1d {

namespace {

using test::eventually;
using test::lines_of;
using test::LoopRunner;
using test::shell;
using Lines = std::vector<std::string>;

std::string run_error(const std::vector<std::string>& argv) {
  LoopRunner loop;
  const auto exit = loop.runner.run(argv, {});
  CHECK(loop.runner.running() == 0);
  return exit ? "no error" : exit.error().message;
}

TEST_CASE("run reports exit statuses and the signal that killed a child", "[subprocess]") {
  LoopRunner loop;
  for (const int status : {0, 1, 9, 255}) {
    const auto exit = loop.runner.run({"sh", "-c", "exit $0", std::to_string(status)}, {});
    REQUIRE(exit.has_value());
    CHECK(exit->status == status);
    CHECK(exit->signal == 0);
    CHECK(exit->ok() == (status == 0));
  }
  const auto killed = loop.runner.run(shell("kill -KILL $$"), {});
  REQUIRE(killed.has_value());
  CHECK(killed->status == -1);
  CHECK(killed->describe() == "killed by signal 9 (Killed)");
}

TEST_CASE("run says why a program can't be run", "[subprocess]") {
  const test::TempDir dir;
  const std::string script = test::write_file(dir / "plain", "#!/bin/sh\n").string();
  const std::string garbage = test::write_file(dir / "garbage", "\x01\x02").string();
  std::filesystem::permissions(garbage, std::filesystem::perms::all);

  CHECK(run_error({"nope"}) == "cannot run 'nope': No such file or directory");
  CHECK(run_error({"/nope/nope"}) == "cannot run '/nope/nope': No such file or directory");
  CHECK(run_error({script}) == "cannot run '" + script + "': Permission denied");
  CHECK(run_error({dir.path().string()}) ==
        "cannot run '" + dir.path().string() + "': Permission denied");
  CHECK(run_error({garbage}) == "cannot run '" + garbage + "': Exec format error");
  CHECK(run_error({""}) == "cannot run '': No such file or directory");
  CHECK(run_error({}) == "cannot run '': No such file or directory");
  CHECK(run_error({"echo", std::string("a\0b", 3)}) == "cannot run 'echo': Invalid argument");
}

TEST_CASE("run looks a program up in PATH and passes over what it can't execute", "[subprocess]") {
  const test::TempDir dir;
  test::write_file(dir / "a/av1d-tool", "#!/bin/sh\necho wrong\n");
  test::write_file(dir / "b/av1d-tool", "#!/bin/sh\necho right\n");
  std::filesystem::permissions(dir / "b/av1d-tool", std::filesystem::perms::all);
  const std::string before = ::getenv("PATH");

  ::setenv("PATH", ((dir / "a").string() + ":" + (dir / "b").string() + ":" + before).c_str(), 1);
  const auto lines = lines_of({"av1d-tool"});
  ::setenv("PATH", (dir / "a").c_str(), 1);
  const auto error = run_error({"av1d-tool"});
  ::setenv("PATH", before.c_str(), 1);

  CHECK(lines == Lines{"right"});
  CHECK(error == "cannot run 'av1d-tool': Permission denied");
}

TEST_CASE("run passes arguments without a shell", "[subprocess]") {
  const Lines words = {"a b", "$(id)", "*", "", "it's", "\xff\xfe"};
  std::vector<std::string> argv = {"printf", "%s\\n"};
  argv.insert(argv.end(), words.begin(), words.end());
  CHECK(lines_of(argv) == words);
}

TEST_CASE("run delivers every line of both streams in order", "[subprocess]") {
  LoopRunner loop;
  constexpr int kLines = 200'000;
  int out = 0;
  int err = 0;
  bool in_order = true;
  RunOptions options;
  options.on_stdout = [&](std::string_view line) { in_order &= line == std::to_string(++out); };
  options.on_stderr = [&](std::string_view line) { in_order &= line == std::to_string(++err); };
  const auto exit = loop.runner.run(shell("seq 200000 & seq 200000 >&2; wait"), options);
  REQUIRE(exit.has_value());
  CHECK(exit->ok());
  CHECK(in_order);
  CHECK(out == kLines);
  CHECK(err == kLines);
  REQUIRE(exit->stderr_tail.size() == 40);
  CHECK(exit->stderr_tail.front() == "199961");
  CHECK(exit->stderr_tail.back() == "200000");
}

TEST_CASE("run ends a line at carriage returns and keeps NUL bytes", "[subprocess]") {
  CHECK(lines_of({"printf", "a\\rb\\r\\nc\\n\\nd\\000\\377e\\nlast"}) == Lines{"a", "b", "c", "",
                                                                               std::string("d\0\xff"
                                                                                           "e",
                                                                                           4),
                                                                               "last"});
}

TEST_CASE("run hands over a long line in pieces of 64 KiB", "[subprocess]") {
  const auto lines = lines_of(shell("head -c 150000 /dev/zero | tr '\\000' x; echo; echo end"));
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == std::string(65536, 'x'));
  CHECK(lines[1] == std::string(65536, 'x'));
  CHECK(lines[2] == std::string(150000 - 2 * 65536, 'x'));
  CHECK(lines[3] == "end");
}

TEST_CASE("run keeps the end of standard error without being asked", "[subprocess]") {
  LoopRunner loop;
  const auto exit = loop.runner.run(
      shell("echo first >&2; head -c 5000 /dev/zero | tr '\\000' y >&2; exit 3"), {});
  REQUIRE(exit.has_value());
  CHECK(exit->describe() == "exit status 3");
  CHECK(exit->stderr_tail == Lines{"first", std::string(1024, 'y')});
}

TEST_CASE("run calls back on the thread that called it", "[subprocess]") {
  LoopRunner loop;
  const auto caller = std::this_thread::get_id();
  int elsewhere = 0;
  int ticks = 0;
  const auto note = [&](std::string_view) { elsewhere += std::this_thread::get_id() != caller; };
  RunOptions options;
  options.on_stdout = note;
  options.on_stderr = note;
  options.on_tick = [&](const ChildStatus&) {
    note({});
    return ++ticks < 2;
  };
  const auto exit = loop.runner.run(shell("echo a; echo b >&2; exec sleep 1000"), options);
  REQUIRE(exit.has_value());
  CHECK(ticks == 2);
  CHECK(elsewhere == 0);
}

TEST_CASE("on_tick sees the child's time and CPU time grow", "[subprocess]") {
  LoopRunner loop;
  std::vector<ChildStatus> seen;
  RunOptions options;
  options.on_tick = [&](const ChildStatus& status) {
    seen.push_back(status);
    return seen.size() < 30 && (seen.size() < 2 || status.cpu.count() < 0.2);
  };
  const auto exit = loop.runner.run(shell("while :; do :; done"), options);
  REQUIRE(exit.has_value());
  REQUIRE(seen.size() >= 2);
  CHECK(seen[0].pid > 1);
  CHECK(seen[0].elapsed.count() >= 0.5);
  CHECK(seen.back().elapsed > seen.front().elapsed);
  CHECK(seen.back().cpu > seen.front().cpu);
  CHECK(exit->cpu >= seen.back().cpu - std::chrono::milliseconds(20));
  CHECK(exit->wall >= seen.back().elapsed);
  CHECK(exit->max_rss_bytes > 100'000);
}

TEST_CASE("a slow callback makes the child wait and loses nothing", "[subprocess]") {
  LoopRunner loop;
  const test::TempDir dir;
  const auto progress = dir / "progress";
  std::size_t bytes = 0;
  std::uintmax_t written_ahead = 0;
  RunOptions options;
  // The first line waits until the child has not come further for half a second.
  options.on_stdout = [&](std::string_view line) {
    bytes += line.size();
    if (bytes != line.size()) return;
    auto since = std::chrono::steady_clock::now();
    CHECK(eventually([&] {
      std::error_code none_yet;
      const auto size = std::filesystem::file_size(progress, none_yet);
      const auto now = std::chrono::steady_clock::now();
      if (!none_yet && size != written_ahead) {
        written_ahead = size;
        since = now;
      }
      return written_ahead > 0 && now - since > std::chrono::milliseconds(500);
    }));
  };
  const auto exit = loop.runner.run({"sh", "-c",
                                     "for i in $(seq 32); do head -c 1048576 /dev/zero | tr "
                                     "'\\000' x; echo; printf . >> $0; done",
                                     progress.string()},
                                    options);
  REQUIRE(exit.has_value());
  CHECK(exit->ok());
  CHECK(written_ahead <= 6);  // MiB
  CHECK(bytes == std::size_t{32} * 1024 * 1024);
}

TEST_CASE("a child has three descriptors and an empty standard input", "[subprocess]") {
  const int inheritable = ::open("/dev/null", O_RDONLY);  // no O_CLOEXEC
  REQUIRE(inheritable >= 0);
  CHECK(lines_of(shell("ls /proc/$$/fd; cat; readlink /proc/$$/fd/0")) ==
        Lines{"0", "1", "2", "/dev/null"});
  ::close(inheritable);
}

TEST_CASE("a daemon without a standard input of its own starts children all the same",
          "[subprocess]") {
  LoopRunner loop;
  std::vector<std::string> lines;
  RunOptions options;
  options.on_stdout = [&](std::string_view line) { lines.emplace_back(line); };
  // Asio makes its own descriptors at the first run; they must not be what is restored over below.
  REQUIRE(loop.runner.run({"true"}, {}).has_value());
  const int saved = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
  ::close(STDIN_FILENO);
  const auto exit = loop.runner.run(shell("ls /proc/$$/fd; cat; echo err >&2"), options);
  if (saved >= 0) {
    ::dup2(saved, STDIN_FILENO);
    ::close(saved);
  }
  REQUIRE(exit.has_value());
  CHECK(exit->ok());
  CHECK(lines == Lines{"0", "1", "2"});
  CHECK(exit->stderr_tail == Lines{"err"});
}

TEST_CASE("a child gets an empty signal mask and ignores nothing", "[subprocess]") {
  const auto before = ::signal(SIGUSR1, SIG_IGN);
  const auto pipe_before = ::signal(SIGPIPE, SIG_IGN);
  sigset_t usr2;
  sigset_t mask_before;
  ::sigemptyset(&usr2);
  ::sigaddset(&usr2, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &usr2, &mask_before);
  const auto lines = lines_of({"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"});
  ::pthread_sigmask(SIG_SETMASK, &mask_before, nullptr);
  ::signal(SIGPIPE, pipe_before);
  ::signal(SIGUSR1, before);
  REQUIRE(lines.size() == 2);
  for (const auto& line : lines) CHECK_THAT(line, ContainsSubstring("\t0000000000000000"));
}

TEST_CASE("a child leads a process group of its own and is as nice as asked", "[subprocess]") {
  RunOptions options;
  options.nice = 19;
  const auto lines = lines_of(shell("nice; cut -d' ' -f1,5 /proc/$$/stat; echo $$"), options);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "19");
  CHECK(lines[1] == lines[2] + " " + lines[2]);
}

TEST_CASE("a child inherits the environment with a quiet log", "[subprocess]") {
  const auto script = shell("echo \"$AV1D_TEST $SVT_LOG $AV_LOG_FORCE_NOCOLOR\"");
  ::setenv("AV1D_TEST", "here", 1);
  ::unsetenv("SVT_LOG");
  CHECK(lines_of(script) == Lines{"here 1 1"});
  ::setenv("SVT_LOG", "3", 1);
  CHECK(lines_of(script) == Lines{"here 3 1"});
  ::unsetenv("SVT_LOG");
  ::unsetenv("AV1D_TEST");
}

TEST_CASE("200 children at a time leave no zombie and no descriptor", "[subprocess]") {
  LoopRunner loop;
  REQUIRE(loop.runner.run({"true"}, {}).has_value());
  const std::size_t descriptors = test::count_open_descriptors();
  std::vector<char> good(200, 0);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < good.size(); ++i) {
    threads.emplace_back([&, i] {
      const std::string name = std::to_string(i);
      Lines out;
      RunOptions options;
      options.on_stdout = [&](std::string_view line) { out.emplace_back(line); };
      const auto exit =
          loop.runner.run({"sh", "-c", "echo o$0; echo e$0 >&2; exit $0", name}, options);
      good[i] = exit && exit->status == static_cast<int>(i) && out == Lines{"o" + name} &&
                exit->stderr_tail == Lines{"e" + name};
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(std::accumulate(good.begin(), good.end(), std::size_t{0}) == good.size());
  CHECK(loop.runner.running() == 0);
  CHECK(test::count_open_descriptors() == descriptors);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
}

}  // namespace

}  // namespace av1d
