// What the header shows: the machine from files of /proc, the daemon from lock and heartbeat.
#include "jobs.h"
#include "monitor/daemon_watch.h"
#include "monitor/free_space.h"
#include "monitor/header.h"
#include "monitor/system_metrics.h"
#include "support/catch.h"
#include "support/process.h"
#include "support/temp_dir.h"

using namespace av1d;
using namespace av1d::test;

namespace {

// Two cores; the first works half of the time, the second all of it.
constexpr const char* kStatBefore =
    "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 50 0 50 400 0 0 0 0 0 0\ncpu1 50 0 50 400 0 0 0 0 0 0\n"
    "intr 12345\nctxt 1\n";
constexpr const char* kStatAfter =
    "cpu  200 0 150 850 0 0 0 0 0 0\ncpu0 75 0 75 450 0 0 0 0 0 0\ncpu1 125 0 75 400 0 0 0 0 0 0\n"
    "intr 12346\nctxt 2\n";

Heartbeat beat_at(Time time) {
  Heartbeat beat;
  beat.pid = 4711;
  beat.started_at = at(0);
  beat.updated_at = time;
  return beat;
}

}  // namespace

TEST_CASE("the machine's load is read from proc", "[metrics]") {
  const TempDir root;
  write_file(root / "proc/stat", kStatBefore);
  write_file(root / "proc/meminfo",
             "MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:    4000 kB\n");
  write_file(root / "proc/loadavg", "4.65 2.68 2.55 3/345 1234\n");
  SystemMetrics metrics(root.path());
  const SystemFacts first = metrics.read();
  CHECK_FALSE(first.cpu.has_value());
  CHECK(first.memory_bytes == 16000 * 1024);
  CHECK(first.memory_used_bytes == 12000 * 1024);
  CHECK(first.load == std::array{4.65, 2.68, 2.55});
  CHECK_FALSE(first.gpu.has_value());
  write_file(root / "proc/stat", kStatAfter);
  const SystemFacts second = metrics.read();
  CHECK(second.cpu == Approx(0.75));
  REQUIRE(second.cores.size() == 2);
  CHECK(second.cores[0] == Approx(0.5));
  CHECK(second.cores[1] == Approx(1.0));
}

TEST_CASE("a core that comes or goes costs one figure, no wrong one", "[metrics]") {
  const TempDir root;
  SystemMetrics metrics(root.path());
  write_file(root / "proc/stat", kStatBefore);
  metrics.read();
  write_file(root / "proc/stat", "cpu  1 0 1 1\ncpu0 1 0 1 1\n");
  CHECK_FALSE(metrics.read().cpu.has_value());
  CHECK(metrics.read().cpu == Approx(0.0));
}

TEST_CASE("the busiest card is the GPU's figure; plugs are no cards", "[metrics]") {
  const TempDir root;
  write_file(root / "sys/class/drm/card0/device/gpu_busy_percent", "12\n");
  write_file(root / "sys/class/drm/card1/device/gpu_busy_percent", "73\n");
  write_file(root / "sys/class/drm/card1-HDMI-A-1/device/gpu_busy_percent", "99\n");
  write_file(root / "sys/class/drm/card2/device/gpu_busy_percent", "no\n");
  CHECK(SystemMetrics(root.path()).read().gpu == Approx(0.73));
}

TEST_CASE("a system that tells nothing has no figures", "[metrics]") {
  const TempDir root;
  for (const char* garbage : {"", "cpu", "\xff\xff", "cpu  x y z\nMemTotal: -3 kB\n"}) {
    write_file(root / "proc/stat", garbage);
    write_file(root / "proc/meminfo", garbage);
    write_file(root / "proc/loadavg", garbage);
    const SystemFacts facts = SystemMetrics(root.path()).read();
    CHECK(facts.memory_bytes == 0);
    CHECK_FALSE(facts.load.has_value());
  }
}

TEST_CASE("a daemon is alive with its lock held and a fresh heartbeat", "[daemon_watch]") {
  const auto life = [](LockState lock, std::optional<Heartbeat> beat) {
    return judge_daemon(lock, std::move(beat), at(1000)).life;
  };
  CHECK(life(LockState::held, beat_at(at(950))) == DaemonLife::alive);
  CHECK(life(LockState::held, beat_at(at(800))) == DaemonLife::silent);
  CHECK(life(LockState::held, beat_at(at(5000))) == DaemonLife::silent);  // the clock was set back
  CHECK(life(LockState::held, std::nullopt) == DaemonLife::working);
  CHECK(life(LockState::free, beat_at(at(999))) == DaemonLife::stopped);
  CHECK(life(LockState::none, std::nullopt) == DaemonLife::absent);
  CHECK(life(LockState::unknown, beat_at(at(999))) == DaemonLife::alive);
}

TEST_CASE("the daemon is told in one sentence", "[daemon_watch]") {
  const JobTable jobs = table_of({encoding_job("/f/a.mkv")});
  const auto sentence = [&](Heartbeat beat) {
    return daemon_sentence(judge_daemon(LockState::held, beat, at(1000)), jobs.totals(), at(1000))
        .text;
  };
  Heartbeat beat = beat_at(at(990));
  CHECK(sentence(beat) == "av1d works on 1 film, up 16m40s");
  beat.state = DaemonState::paused;
  beat.pause_reason = "quiet hours until 07:00";
  CHECK(sentence(beat) == "av1d is paused: quiet hours until 07:00");
  beat.state = DaemonState::stopping;
  CHECK(sentence(beat) == "av1d is stopping");
  CHECK(sentence(beat_at(at(700))) == "av1d (pid 4711) has not answered for 5m00s");
}

TEST_CASE("the queue's end follows from the speed of what is done", "[header]") {
  JobTable jobs = table_of({success_job("/f/done.mkv", 1)});  // 4 GB in half an hour
  CHECK_FALSE(queue_eta_secs(jobs, {}).has_value());
  jobs.put(row_of(job_of("/f/waits.mkv", JobStatus::pending, 8'000'000'000)));
  CHECK(queue_eta_secs(jobs, {}) == Approx(3600));
  jobs.put(row_of(encoding_job("/f/now.mkv")));  // 3700 s to go
  CHECK(queue_eta_secs(jobs, {}) == Approx(7300));
  DaemonFacts told;
  told.life = DaemonLife::alive;
  told.heartbeat = beat_at(at(0));
  told.heartbeat->bytes = 16'000'000'000;
  CHECK(queue_eta_secs(jobs, told) == Approx(3700 + 7200));
}

TEST_CASE("free space is told once a filesystem", "[free_space]") {
  const TempDir dir;
  fs::create_directories(dir / "a");
  const auto space = read_free_space({dir.path(), dir / "a", dir / "missing"}, dir / "a");
  REQUIRE(space.size() == 1);
  CHECK(space[0].label == dir.path().native());
  CHECK(space[0].total_bytes > 0);
  CHECK(space[0].free_bytes <= space[0].total_bytes);
  FreeSpaceWatch watch;
  CHECK(watch.latest().empty());
  watch.watch({dir.path()}, {});
  CHECK(eventually([&] { return watch.latest().size() == 1; }, std::chrono::seconds(30)));
  watch.watch({}, dir / "a");
  CHECK(eventually([&] { return watch.latest().size() == 1 && watch.latest()[0].label == "temp"; },
                   std::chrono::seconds(30)));
}
