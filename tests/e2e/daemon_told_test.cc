// What the daemon is told while it runs: pauses, reloads, signals, the service manager.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "e2e/daemon.h"
#include "e2e/mount.h"

namespace av1d::test {

namespace {

// Where systemd would listen.
class Manager {
 public:
  explicit Manager(const fs::path& path) : path_(path), fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    REQUIRE(::bind(fd_, generic, sizeof address) == 0);
  }
  ~Manager() { ::close(fd_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  const fs::path& path() const { return path_; }
  // Waits for a message that begins so, throwing away what comes before it; "" if none comes.
  std::string next(const std::string& start) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      struct pollfd wanted {
        fd_, POLLIN, 0
      };
      if (::poll(&wanted, 1, 1000) <= 0) continue;
      std::array<char, 4096> buffer{};
      const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      const std::string text(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
      if (text.starts_with(start)) return text;
    }
    return {};
  }

 private:
  fs::path path_;
  int fd_;
};

std::string clock_text(int hours_from_now) {
  const std::time_t then = std::time(nullptr) + 3600 * hours_from_now;
  std::tm local{};
  ::localtime_r(&then, &local);
  std::array<char, 6> text{};
  std::strftime(text.data(), text.size(), "%H:%M", &local);
  return text.data();
}

}  // namespace

TEST_CASE("while .pause stands encoders stand still and none is started", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.config.stall_timeout_secs = 10;
  library.encode_for_ever();
  const fs::path first = library.add("first.mkv", plain_clip());
  library.add("second.mkv", short_clip());
  library.config.max_concurrent_jobs = 1;
  Daemon daemon(library);
  REQUIRE(eventually([&] { return library.encoder_pids().size() == 1; }, kPatience));
  const pid_t encoder = library.encoder_pids()[0];
  const fs::path pause = write_file(library.config.job_state_dir / ".pause", "");
  REQUIRE(eventually([&] { return state_of(encoder) == 'T'; }, kPatience));
  REQUIRE(daemon.comes_to([](const Heartbeat& beat) { return beat.state == DaemonState::paused; }));
  CHECK_THAT(daemon.beat().pause_reason.value_or(""), ContainsSubstring(".pause"));
  // More slots: nothing fills them while it is paused.
  library.config.max_concurrent_jobs = 2;
  daemon.reload();
  REQUIRE(daemon.comes_to_say("max_concurrent_jobs 1 -> 2"));
  // Longer than an encoder may do nothing: it does not count while it is stopped.
  std::this_thread::sleep_for(seconds(12));
  CHECK(library.verdict(first) == "running");
  CHECK(state_of(encoder) == 'T');
  CHECK(library.encoder_pids().size() == 1);
  fs::remove(pause);
  CHECK(eventually([&] { return state_of(encoder) != 'T'; }, kPatience));
  CHECK(eventually([&] { return library.encoder_pids().size() == 2; }, kPatience));
  CHECK(daemon.comes_to([](const Heartbeat& beat) {
    return beat.state == DaemonState::running && !beat.pause_reason;
  }));
  // And from here on its time counts again.
  CHECK(daemon.comes_to_say("neither frames nor CPU time advanced for 10 s"));
  CHECK(daemon.end().status == 0);
}

TEST_CASE("a paused encode goes on where it was, and a paused daemon ends", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.encode_with("exec @ffmpeg@ -re \"$@\"");  // at the speed of a clock
  const fs::path film = library.add("film.mkv", long_clip());
  Daemon daemon(library);
  REQUIRE(eventually([&] { return library.job(film).stage == JobStage::encoding; }, kPatience));
  const fs::path pause = write_file(library.config.job_state_dir / ".pause", "");
  REQUIRE(daemon.comes_to([](const Heartbeat& beat) { return beat.state == DaemonState::paused; }));
  SECTION("it goes on") {
    fs::remove(pause);
    CHECK(daemon.comes_to_verdict(film, "success"));
    CHECK(daemon.end().status == 0);
    CHECK(is_av1(film));
  }
  SECTION("it ends") {
    const Finished ended = daemon.end();
    CHECK_FALSE(ended.timed_out);
    CHECK(ended.status == 0);
    CHECK(library.verdict(film) == "pending interrupted");
    CHECK(library.leftovers() == Words{});
    CHECK(processes_naming(library.home().string()) == std::vector<pid_t>{});
  }
}

TEST_CASE("nothing is encoded in quiet hours, and a reload can end them", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  const std::string quiet_until = clock_text(2);  // asked once: the minute may turn meanwhile
  library.config.quiet_hours = clock_text(-2) + "-" + quiet_until;
  const fs::path film = library.add("film.mkv", short_clip());
  Daemon daemon(library);
  REQUIRE(daemon.comes_to([](const Heartbeat& beat) {
    return beat.state == DaemonState::paused && beat.waiting == 1;
  }));
  CHECK(daemon.beat().pause_reason == "quiet hours until " + quiet_until);
  CHECK(library.verdict(film) == "no job");
  library.config.quiet_hours = "";
  daemon.reload();
  CHECK(daemon.comes_to_verdict(film, "success"));
  CHECK(daemon.end().status == 0);
}

TEST_CASE("other work above pause_above_load holds encoders up", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.config.pause_above_load = 0.01;
  library.encode_for_ever();
  const fs::path film = library.add("film.mkv", plain_clip());
  const Child busy({"sh", "-c", "while :; do :; done"});
  Daemon daemon(library);
  REQUIRE(daemon.comes_to([](const Heartbeat& beat) {
    return beat.pause_reason == "other work has a load above 0.01";
  }));
  library.config.pause_above_load = 0;
  daemon.reload();
  CHECK(daemon.comes_to([](const Heartbeat& beat) { return beat.state == DaemonState::running; }));
  CHECK(daemon.end().status == 0);
}

TEST_CASE("SIGHUP takes up a good configuration and refuses a bad one", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.encode_for_ever();
  for (const char* name : {"a.mkv", "b.mkv", "c.mkv", "d.mkv"}) library.add(name, plain_clip());
  Daemon daemon(library);
  REQUIRE(eventually([&] { return library.encoder_pids().size() == 1; }, kPatience));

  write_file(library.home() / "config.toml", "max_concurrent_jobs = 99\nfoo = 1\n");
  daemon.signal(SIGHUP);
  REQUIRE(daemon.comes_to_say("the configuration stays as it was"));
  CHECK(daemon.says("config.toml:1:23: max_concurrent_jobs: must be 1 to 64, is 99"));
  CHECK(daemon.says("config.toml:2:1: foo: unknown key"));
  CHECK(library.encoder_pids().size() == 1);

  library.config.max_concurrent_jobs = 3;
  daemon.reload();
  REQUIRE(eventually([&] { return library.encoder_pids().size() == 3; }, kPatience));

  // Fewer: what runs goes on, what ends makes no room before there are fewer than that.
  library.config.max_concurrent_jobs = 2;
  daemon.reload();
  REQUIRE(daemon.comes_to_say("max_concurrent_jobs 3 -> 2"));
  library.config.max_attempts = 1;
  ::kill(library.encoder_pids()[0], SIGKILL);
  REQUIRE(daemon.comes_to([](const Heartbeat& beat) { return beat.running == 2; }));
  REQUIRE(daemon.comes_to_say("killed by signal 9"));
  CHECK(library.encoder_pids().size() == 3);
  ::kill(library.encoder_pids()[1], SIGKILL);
  CHECK(eventually([&] { return library.encoder_pids().size() == 4; }, kPatience));
  const Finished ended = daemon.end();
  INFO(ended.err);
  CHECK_FALSE(ended.timed_out);
  CHECK(ended.status == 0);
}

TEST_CASE("a storm of SIGHUPs is one or two reloads, and holds up no end", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  const ServedLibrary library;
  Daemon daemon(library);
  REQUIRE(daemon.comes_to_say("scan:"));
  for (int i = 0; i < 50; ++i) {
    daemon.signal(SIGHUP);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const Finished ended = daemon.end();
  CHECK_FALSE(ended.timed_out);
  CHECK(ended.status == 0);
  const Words lines = lines_of(ended.err);
  const auto reloads = std::ranges::count_if(lines, [](const std::string& line) {
    return line.find("configuration read again") != std::string::npos;
  });
  CHECK(reloads <= 10);
}

TEST_CASE("SIGUSR1 has the state of affairs put into the log", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.encode_for_ever();
  const fs::path film = library.add("film.mkv", plain_clip());
  Daemon daemon(library);
  REQUIRE(eventually([&] { return library.encoder_pids().size() == 1; }, kPatience));
  daemon.signal(SIGUSR1);
  CHECK(daemon.comes_to_say("status: 1 encoding, 0 waiting, 0 B saved"));
  CHECK(daemon.comes_to_say("status: '" + film.string() + "': encoding"));
  CHECK(daemon.end().status == 0);
}

TEST_CASE("a film that waits for space counts as waiting", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  fs::create_directories(library.state());
  const Mount disk =
      Mount::small_disk(library.config.temp_output_dir, "size=90m");  // for one, with the reserve
  if (!disk.mounted()) AV1D_SKIP("only root can mount a small filesystem");
  library.config.max_concurrent_jobs = 2;
  library.encode_for_ever();
  library.add("one.mkv", plain_clip());
  library.add("other.mkv", plain_clip());
  Daemon daemon(library);
  REQUIRE(eventually([&] { return library.encoder_pids().size() == 1; }, kPatience));
  REQUIRE(daemon.comes_to_say("waits for space"));
  daemon.signal(SIGUSR1);
  CHECK(daemon.comes_to_say("status: 1 encoding, 1 waiting, 0 B saved"));
  CHECK(daemon.end().status == 0);
}

TEST_CASE("the service manager is told what it wants to know", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  const ServedLibrary library;
  Manager manager(library.home() / "notify");
  Daemon daemon(library, {{"NOTIFY_SOCKET", manager.path()}, {"WATCHDOG_USEC", "400000"}});
  CHECK(manager.next("READY=1") == "READY=1");
  CHECK(manager.next("STATUS=") == "STATUS=0 encoding, 0 waiting, 0 B saved");
  CHECK(manager.next("WATCHDOG=1") == "WATCHDOG=1");
  CHECK(manager.next("WATCHDOG=1") == "WATCHDOG=1");
  daemon.signal(SIGHUP);
  const std::string reloading = manager.next("RELOADING=1\n");
  CHECK_THAT(reloading, ContainsSubstring("MONOTONIC_USEC="));
  CHECK(manager.next("READY=1") == "READY=1");
  daemon.signal(SIGTERM);
  CHECK(manager.next("STOPPING=1") == "STOPPING=1");
  CHECK(daemon.finish(seconds(10)).status == 0);
}

}  // namespace av1d::test
