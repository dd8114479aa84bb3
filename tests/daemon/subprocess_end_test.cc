// Every way in which a child comes to its end before its time.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <atomic>
#include <charconv>
#include <stdexcept>

#include "daemon/subprocess.h"
#include "daemon/subprocess_fixture.h"
#include "support/catch.h"
#include "support/temp_dir.h"

namespace av1d {

namespace {

using test::eventually;
using test::is_gone;
using test::LoopRunner;
using test::process_state;
using namespace std::chrono_literals;
using test::shell;

constexpr std::chrono::hours kLongGrace{1};

int to_pid(std::string_view text) {
  int pid = 0;
  std::from_chars(text.data(), text.data() + text.size(), pid);
  return pid;
}

TEST_CASE("a stop before the start starts nothing", "[subprocess]") {
  LoopRunner loop;
  const test::TempDir dir;
  std::stop_source stop;
  stop.request_stop();
  const auto exit = loop.runner.run({"touch", (dir / "x").string()}, {}, stop.get_token());
  REQUIRE(exit.has_value());
  CHECK(exit->stopped);
  CHECK_FALSE(exit->ok());
  CHECK_FALSE(std::filesystem::exists(dir / "x"));
}

TEST_CASE("a stop ends the child with TERM", "[subprocess]") {
  LoopRunner loop;
  std::stop_source stop;
  RunOptions options;
  options.kill_grace = kLongGrace;
  options.on_stdout = [&](std::string_view) { stop.request_stop(); };
  const auto exit =
      loop.runner.run(shell("echo ready; exec sleep 1000"), options, stop.get_token());
  REQUIRE(exit.has_value());
  CHECK(exit->stopped);
  CHECK(exit->signal == SIGTERM);
  CHECK_THAT(exit->describe(), ContainsSubstring("stopped after "));
}

TEST_CASE("a stop silences the callbacks and never looks like a good end", "[subprocess]") {
  LoopRunner loop;
  std::stop_source stop;
  int lines = 0;
  RunOptions options;
  options.on_stdout = [&](std::string_view) {
    ++lines;
    // The child has ended by itself, its second line is still on the way to us.
    CHECK(eventually([&] { return loop.runner.running() == 0; }));
    stop.request_stop();
  };
  const auto exit = loop.runner.run(shell("echo one; echo two"), options, stop.get_token());
  REQUIRE(exit.has_value());
  CHECK(lines == 1);
  CHECK(exit->status == 0);
  CHECK(exit->stopped);
}

TEST_CASE("a timeout ends the child although a callback hangs", "[subprocess]") {
  LoopRunner loop;
  RunOptions options;
  options.timeout = std::chrono::seconds(1);
  int pid = 0;
  options.on_stdout = [&](std::string_view line) {
    if (pid != 0) return;
    pid = to_pid(line);
    CHECK(eventually([&] { return is_gone(pid); }));
  };
  const auto exit = loop.runner.run(shell("echo $$; exec yes x"), options);
  REQUIRE(exit.has_value());
  CHECK(exit->timed_out);
  CHECK_FALSE(exit->stopped);
  CHECK(exit->signal == SIGTERM);
  CHECK(exit->wall.count() >= 1.0);
  CHECK_THAT(exit->describe(), ContainsSubstring("timed out after "));
}

TEST_CASE("a child that ignores TERM is killed after the grace", "[subprocess]") {
  LoopRunner loop;
  std::stop_source stop;
  RunOptions options;
  options.kill_grace = std::chrono::milliseconds(300);
  options.on_stdout = [&](std::string_view) { stop.request_stop(); };
  const auto exit = loop.runner.run(shell("trap '' TERM; echo ready; while :; do sleep 1; done"),
                                    options, stop.get_token());
  REQUIRE(exit.has_value());
  CHECK(exit->signal == SIGKILL);
  CHECK(exit->wall.count() >= 0.3);
}

TEST_CASE("set_kill_grace shortens the grace of a child that is ending", "[subprocess]") {
  LoopRunner loop;
  std::stop_source stop;
  RunOptions options;
  options.kill_grace = kLongGrace;
  options.on_stdout = [&](std::string_view line) {
    if (line == "ready") stop.request_stop();
  };
  std::jthread shutdown([&, token = stop.get_token()] {
    eventually([&] { return token.stop_requested(); });
    loop.runner.set_kill_grace(std::chrono::milliseconds(50));
    loop.runner.set_kill_grace(kLongGrace);  // never lengthens it
  });
  const auto script = shell("trap '' TERM; echo ready; while :; do sleep 1; done");
  const auto exit = loop.runner.run(script, options, stop.get_token());
  REQUIRE(exit.has_value());
  CHECK(exit->signal == SIGKILL);
  shutdown.join();

  // And of those to come.
  std::stop_source again;
  options.on_stdout = [&](std::string_view) { again.request_stop(); };
  const auto next = loop.runner.run(script, options, again.get_token());
  REQUIRE(next.has_value());
  CHECK(next->signal == SIGKILL);
}

TEST_CASE("on_tick ends the child with false", "[subprocess]") {
  LoopRunner loop;
  int ticks = 0;
  RunOptions options;
  options.on_tick = [&](const ChildStatus&) {
    ++ticks;
    return false;
  };
  const auto exit =
      loop.runner.run(shell("trap 'sleep 2; exit 0' TERM; while :; do sleep 0.1; done"), options);
  REQUIRE(exit.has_value());
  CHECK(ticks == 1);
  CHECK(exit->status == 0);
  CHECK(exit->ended_by_tick);
  CHECK_FALSE(exit->ok());
}

TEST_CASE("an exception of a callback ends the child and comes back", "[subprocess]") {
  LoopRunner loop;
  int pid = 0;
  int calls = 0;
  RunOptions options;
  options.on_stdout = [&](std::string_view line) {
    ++calls;
    pid = to_pid(line);
    throw std::runtime_error("of the callback");
  };
  const auto script = shell("echo $$; echo 1; echo 2; exec sleep 1000");
  CHECK_THROWS_WITH(loop.runner.run(script, options), "of the callback");
  CHECK(calls == 1);
  CHECK(pid > 1);
  CHECK(is_gone(pid));

  options.on_stdout = nullptr;
  options.on_tick = [&](const ChildStatus& status) -> bool {
    pid = status.pid;
    throw std::runtime_error("of the tick");
  };
  CHECK_THROWS_WITH(loop.runner.run(script, options), "of the tick");
  CHECK(is_gone(pid));
  CHECK(loop.runner.running() == 0);
}

TEST_CASE("the whole process group ends with its leader", "[subprocess]") {
  LoopRunner loop;
  std::stop_source stop;
  std::vector<int> pids;
  RunOptions options;
  SECTION("when it is stopped") {
    options.on_stdout = [&](std::string_view line) {
      pids.push_back(to_pid(line));
      if (pids.size() == 3) stop.request_stop();
    };
    const auto exit = loop.runner.run(
        shell("sleep 1000 & echo $!; sh -c 'trap \"\" TERM; echo $$; sleep 1000; sleep 1000' & "
              "sleep 1000 & echo $!; wait"),
        options, stop.get_token());
    REQUIRE(exit.has_value());
    CHECK(exit->signal == SIGTERM);
    CHECK(pids.size() == 3);
  }
  SECTION("when it ends by itself") {
    options.on_stdout = [&](std::string_view line) { pids.push_back(to_pid(line)); };
    const auto exit = loop.runner.run(shell("sleep 1000 & echo $!; exit 4"), options);
    REQUIRE(exit.has_value());
    CHECK(exit->status == 4);
    CHECK(pids.size() == 1);
  }
  for (const int pid : pids) CHECK(eventually([&] { return is_gone(pid); }));
}

TEST_CASE("a process that left the group does not hold run up for long", "[subprocess]") {
  LoopRunner loop;
  const test::TempDir dir;
  const auto pid_file = dir / "pid";
  std::vector<std::string> lines;
  RunOptions options;
  options.on_stdout = [&](std::string_view line) { lines.emplace_back(line); };
  const auto begin = std::chrono::steady_clock::now();
  const auto exit = loop.runner.run({"sh", "-c",
                                     "setsid sh -c 'echo $$ > \"$0\"; exec sleep 1000' \"$0\" & "
                                     "while [ ! -s \"$0\" ]; do :; done; echo done",
                                     pid_file.string()},
                                    options);
  const auto took = std::chrono::steady_clock::now() - begin;
  const int stranger = to_pid(test::read_file(pid_file));
  REQUIRE(exit.has_value());
  CHECK(exit->ok());
  CHECK(lines == std::vector<std::string>{"done"});
  CHECK(took < std::chrono::seconds(20));
  REQUIRE(stranger > 1);
  CHECK_FALSE(is_gone(stranger));
  ::kill(stranger, SIGKILL);
}

TEST_CASE("signal_all pauses and continues, and a paused child can be stopped", "[subprocess]") {
  LoopRunner loop;
  std::stop_source stop;
  RunOptions options;
  options.kill_grace = kLongGrace;
  options.on_stdout = [&](std::string_view line) {
    const int pid = to_pid(line);
    const auto paused = [&] { return test::process_state(pid) == 'T'; };
    CHECK(loop.runner.running() == 1);
    loop.runner.signal_all(SIGSTOP);
    CHECK(eventually(paused));
    loop.runner.signal_all(SIGCONT);
    CHECK(eventually([&] { return !paused(); }));
    loop.runner.signal_all(SIGSTOP);
    CHECK(eventually(paused));
    stop.request_stop();
  };
  const auto exit = loop.runner.run(shell("echo $$; exec sleep 1000"), options, stop.get_token());
  REQUIRE(exit.has_value());
  CHECK(exit->signal == SIGTERM);
}

TEST_CASE("a pause stops the clocks of a child, and of one that starts in it", "[subprocess]") {
  LoopRunner loop;
  std::atomic<int> pid = 0;
  std::atomic<double> elapsed = 0;
  RunOptions options;
  options.timeout = 2s;
  options.on_tick = [&](const ChildStatus& status) {
    pid = status.pid;
    elapsed = status.elapsed.count();
    return true;
  };
  bool before = GENERATE(true, false);
  if (before) loop.runner.pause();
  Result<RunExit> exit;
  std::thread job([&] { exit = loop.runner.run({"sleep", "1000"}, options); });
  const auto started = std::chrono::steady_clock::now();
  if (!before) {
    CHECK(eventually([&] { return loop.runner.running() == 1; }));
    loop.runner.pause();
  }
  // Longer than its timeout by the clock on the wall.
  CHECK(eventually([&] { return std::chrono::steady_clock::now() - started > 3s; }));
  CHECK(eventually([&] { return pid != 0; }));
  CHECK(process_state(pid) == 'T');
  CHECK(elapsed < 2);
  CHECK(loop.runner.running() == 1);
  loop.runner.resume();
  job.join();
  REQUIRE(exit);
  CHECK(exit->timed_out);
  CHECK(exit->wall > 4s);
}

TEST_CASE("a child that may run on is not paused, and a paused one can be stopped",
          "[subprocess]") {
  LoopRunner loop;
  loop.runner.pause();
  RunOptions on;
  on.while_paused = WhilePaused::run_on;
  const auto through = loop.runner.run({"true"}, on);
  REQUIRE(through);
  CHECK(through->ok());
  std::stop_source stop;
  Result<RunExit> exit;
  std::thread job([&] { exit = loop.runner.run({"sleep", "1000"}, {}, stop.get_token()); });
  CHECK(eventually([&] { return loop.runner.running() == 1; }));
  stop.request_stop();
  job.join();
  REQUIRE(exit);
  CHECK(exit->stopped);
  CHECK(exit->signal == SIGTERM);
}

TEST_CASE("many children stopped at every moment of their start are all reaped", "[subprocess]") {
  LoopRunner loop;
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  std::vector<std::stop_source> stops(60);
  for (auto& stop : stops) {
    threads.emplace_back([&loop, &good, &stop] {
      const auto exit = loop.runner.run({"sleep", "1000"}, {}, stop.get_token());
      good += exit && exit->stopped && (exit->signal == SIGTERM || exit->wall.count() == 0.0);
    });
  }
  for (std::size_t i = 0; i < stops.size(); ++i) {
    if (i == stops.size() / 2) CHECK(eventually([&] { return loop.runner.running() >= 20; }));
    stops[i].request_stop();
  }
  for (auto& thread : threads) thread.join();
  CHECK(good == 60);
  CHECK(loop.runner.running() == 0);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

// The daemon's part in the test below: tells its child's pid and never ends by itself.
[[noreturn]] void run_daemon(int report_fd) {
  boost::asio::io_context loop;
  ProcessRunner runner(loop);
  std::thread job([&] {
    RunOptions options;
    options.on_stdout = [&](std::string_view line) {
      const int pid = to_pid(line);
      if (::write(report_fd, &pid, sizeof pid) != ssize_t{sizeof pid}) ::_exit(1);
    };
    static_cast<void>(runner.run(shell("echo $$; exec sleep 1000"), options));
  });
  const auto guard = boost::asio::make_work_guard(loop);
  loop.run();
  ::_exit(1);
}

TEST_CASE("a child dies with a daemon that is killed", "[subprocess]") {
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);  // so that the orphan comes to us
  int ends[2] = {-1, -1};
  REQUIRE(::pipe(ends) == 0);
  const pid_t daemon = ::fork();
  if (daemon == 0) run_daemon(ends[1]);
  REQUIRE(daemon > 0);
  ::close(ends[1]);
  int child = 0;
  const bool told = ::read(ends[0], &child, sizeof child) == ssize_t{sizeof child};
  ::close(ends[0]);
  ::kill(daemon, SIGKILL);
  CHECK(::waitpid(daemon, nullptr, 0) == daemon);
  REQUIRE(told);
  int status = 0;
  CHECK(eventually([&] { return ::waitpid(child, &status, WNOHANG) == child; }));
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGKILL);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

}  // namespace

}  // namespace av1d
