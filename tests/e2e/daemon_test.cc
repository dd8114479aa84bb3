// The daemon: what comes and goes while it runs, and how it ends. Each waits for the event.
#include "e2e/daemon.h"
#include "e2e/mount.h"

namespace av1d::test {

namespace {

void check_clean_end(const ServedLibrary& library, const Finished& ended) {
  INFO(ended.err);
  CHECK_FALSE(ended.timed_out);
  CHECK(ended.status == 0);
  CHECK(processes_naming(library.home().string()) == std::vector<pid_t>{});
  CHECK(library.leftovers() == Words{});
  CHECK_FALSE(fs::exists(library.config.job_state_dir / ".daemon"));
}

// Context switches that all threads of a process wanted, as they went to sleep.
long sleeps_of(pid_t pid) {
  long sum = 0;
  for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    for (const auto& line : lines_of(read_file(task.path() / "status"))) {
      if (line.starts_with("voluntary_ctxt_switches:")) sum += std::stol(line.substr(24));
    }
  }
  return sum;
}

}  // namespace

TEST_CASE("the daemon encodes what is there and what comes while it runs", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  const ServedLibrary library;
  const fs::path first = library.add("first.mkv", plain_clip());
  Daemon daemon(library);
  REQUIRE(daemon.comes_to_verdict(first, "success"));
  const fs::path second = library.add("new/second.mkv", short_clip());
  REQUIRE(daemon.comes_to_verdict(second, "success"));
  CHECK(daemon.comes_to([](const Heartbeat& beat) {
    return beat.saved_bytes > 0 && beat.waiting + beat.running == 0;
  }));
  check_clean_end(library, daemon.end());
  CHECK(is_av1(first));
  CHECK(is_av1(second));
}

TEST_CASE("a scan never waits for an encode, nor a job's end for a scan", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.encode_for_ever();
  const fs::path film = library.add("film.mkv", plain_clip());
  Daemon daemon(library);
  REQUIRE(eventually([&] { return library.encoder_pids().size() == 1; }, kPatience));
  // What is put beside it now is seen although its encode goes on for ever.
  const fs::path marked = library.add("marked.mkv", short_clip());
  write_file(marked.native() + ".av1skip", "");
  CHECK(eventually([&] { return library.why(marked).starts_with("av1d: "); }, kPatience));
  CHECK(library.job(film).stage == JobStage::encoding);
  check_clean_end(library, daemon.end());
}

TEST_CASE("a film that is still growing is left alone and holds nothing up", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.config.stability_secs = 3;
  const std::string whole = read_file(plain_clip());
  const fs::path growing = library / "a growing.mkv";
  const auto grow_to = [&](std::size_t bytes) { write_file(growing, whole.substr(0, bytes)); };
  grow_to(1000);
  const fs::path ready = library.add("ready.mkv", short_clip());
  Daemon daemon(library);
  std::size_t bytes = 1000;
  CHECK(eventually(
      [&] {
        grow_to(bytes += 10);
        return library.verdict(ready) == "success";
      },
      kPatience, std::chrono::milliseconds(200)));
  CHECK(library.verdict(growing) == "no job");
  // The job's file says success before the scheduler has struck the film from its queue.
  CHECK(daemon.comes_to([](const Heartbeat& beat) { return beat.waiting == 1; }));
  grow_to(whole.size());
  CHECK(daemon.comes_to_verdict(growing, "success"));
  check_clean_end(library, daemon.end());
  CHECK(library.jobs().size() == 2);  // no version in between was ever looked at
}

TEST_CASE("a file that goes, changes or gets a marker leaves the queue", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.encode_for_ever();
  library.add("a.mkv", plain_clip());
  const fs::path goes = library.add("goes.mkv", short_clip());
  const fs::path marked = library.add("marked.mkv", short_clip());
  Daemon daemon(library);
  REQUIRE(daemon.comes_to([](const Heartbeat& beat) {
    return beat.running == 1 && beat.waiting == 2 && beat.bytes > 0;
  }));
  fs::remove(goes);
  CHECK(daemon.comes_to([](const Heartbeat& beat) { return beat.waiting == 1; }));
  const fs::path marker = write_file(marked.native() + ".av1skip", "");
  CHECK(daemon.comes_to([](const Heartbeat& beat) { return beat.waiting == 0; }));
  fs::remove(marker);
  CHECK(daemon.comes_to([](const Heartbeat& beat) { return beat.waiting == 1; }));
  check_clean_end(library, daemon.end());
}

TEST_CASE("the queue has the order of the configuration", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.encode_for_ever();
  const fs::path big = library.add("b big.mkv", plain_clip());
  const fs::path small = library.add("a small.mkv", short_clip());
  REQUIRE(fs::file_size(big) > fs::file_size(small));
  fs::path expected = big;
  SECTION("biggest first, as it is") {}
  SECTION("by path") {
    library.config.order = Order::path;
    expected = small;
  }
  Daemon daemon(library);
  REQUIRE(eventually([&] { return library.encoder_pids().size() == 1; }, kPatience));
  CHECK(library.job(expected).stage == JobStage::encoding);
  check_clean_end(library, daemon.end());
}

TEST_CASE("a job file that its owner deletes has the film decided anew", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.encode_with("echo once >> '" + library.encoders().string() + "'; exit 3");
  library.config.max_attempts = 1;
  const fs::path film = library.add("film.mkv", plain_clip());
  Daemon daemon(library);
  REQUIRE(daemon.comes_to_verdict(film, "failed encoder_failed"));
  const fs::path file = library.config.job_state_dir / (library.job(film).id + ".json");
  fs::remove(file);
  CHECK(eventually([&] { return lines_of(read_file(library.encoders())).size() == 2; }, kPatience));
  check_clean_end(library, daemon.end());
}

TEST_CASE("a failure that may pass is tried again up to max_attempts, no more", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.encode_with("echo once >> '" + library.encoders().string() + "'; exit 3");
  library.config.max_attempts = 2;
  const fs::path film = library.add("film.mkv", plain_clip());
  Daemon daemon(library);
  REQUIRE(daemon.comes_to_say("(again after "));
  REQUIRE(eventually([&] { return library.job(film).attempts == 2; }, kPatience));
  REQUIRE(daemon.comes_to_say("1 encoder_failed"));  // the next scan knows the answer
  CHECK_FALSE(library.job(film).retry_after);
  CHECK(lines_of(read_file(library.encoders())).size() == 2);
  check_clean_end(library, daemon.end());
}

TEST_CASE("a film waits for space without using up attempts", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  const ServedLibrary library;
  fs::create_directories(library.state());
  const Mount disk = Mount::small_disk(library.config.temp_output_dir, "size=1m");
  if (!disk.mounted()) AV1D_SKIP("only root can mount a small filesystem");
  const fs::path film = library.add("film.mkv", plain_clip());
  Daemon daemon(library);
  REQUIRE(daemon.comes_to_verdict(film, "pending no_space"));
  REQUIRE(eventually([&] { return library.job(film).retry_after.has_value(); }, kPatience));
  CHECK(library.job(film).attempts == 0);
  REQUIRE(disk.remount("size=200m"));
  CHECK(daemon.comes_to_verdict(film, "success"));
  check_clean_end(library, daemon.end());
}

TEST_CASE("SIGTERM ends the daemon at once and the next one carries on", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.encode_for_ever();
  const fs::path film = library.add("film.mkv", plain_clip());
  {
    Daemon daemon(library);
    REQUIRE(eventually([&] { return library.encoder_pids().size() == 1; }, kPatience));
    check_clean_end(library, daemon.end());
  }
  CHECK(library.verdict(film) == "pending interrupted");
  CHECK(library.job(film).attempts == 0);
  CHECK(read_file(film) == read_file(plain_clip()));
  library.config.ffmpeg_path = tools().ffmpeg;
  Daemon daemon(library);
  CHECK(daemon.comes_to_verdict(film, "success"));
  check_clean_end(library, daemon.end());
}

TEST_CASE("a second signal ends the daemon without waiting for anything", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.encode_with("trap '' TERM\necho $$ >> '" + library.encoders().string() +
                      "'\nwhile :; do sleep 0.1; done");
  const fs::path film = library.add("film.mkv", plain_clip());
  Daemon daemon(library);
  REQUIRE(eventually([&] { return library.encoder_pids().size() == 1; }, kPatience));
  daemon.signal(SIGTERM);
  REQUIRE(daemon.comes_to_say("stopping (SIGTERM)"));
  daemon.signal(SIGINT);
  const Finished ended = daemon.finish(seconds(10));
  CHECK(ended.status == 128 + SIGINT);
  // The encoder goes with it, and the next start knows what to do.
  CHECK(eventually([&] { return state_of(library.encoder_pids()[0]) == '-'; }, kPatience));
  library.config.ffmpeg_path = tools().ffmpeg;
  CHECK(library.once().status == 0);
  CHECK(is_av1(film));
  CHECK(library.leftovers() == Words{});
}

TEST_CASE("a daemon that has nothing to do sleeps", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.config.scan_interval_secs = 86400;
  Daemon daemon(library);
  REQUIRE(daemon.comes_to_say("scan: 0 files"));
  REQUIRE(daemon.comes_to([](const Heartbeat& beat) { return beat.pid != 0; }));
  // Whatever was still to be written after the scan comes within a second or two; from then on
  // there are three seconds in a row in which no thread wakes up.
  CHECK(eventually(
      [&] {
        const long before = sleeps_of(daemon.pid());
        std::this_thread::sleep_for(seconds(3));
        return sleeps_of(daemon.pid()) == before;
      },
      kPatience));
  check_clean_end(library, daemon.end());
}

TEST_CASE("the job file of a film that is gone is removed in its time", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  library.config.job_history_days = 30;
  write_file(library / "stays.txt", "the library is mounted");
  Job job;
  job.source_path = library / "gone.mkv";
  job.id = job_id(job.source_path, job.source);
  job.status = JobStatus::failed;
  job.reason = Reason{ReasonCode::validation, "it lost a frame"};
  job.finished_at = Time::clock::now() - std::chrono::days(31);
  const fs::path old = write_file(library.config.job_state_dir / (job.id + ".json"), to_json(job));
  job.source_path = library / "gone too.mkv";
  job.id = job_id(job.source_path, job.source);
  job.finished_at = Time::clock::now();
  const fs::path young =
      write_file(library.config.job_state_dir / (job.id + ".json"), to_json(job));
  Daemon daemon(library);
  CHECK(eventually([&] { return !fs::exists(old); }, kPatience));
  CHECK(fs::exists(young));
  check_clean_end(library, daemon.end());
}

}  // namespace av1d::test
