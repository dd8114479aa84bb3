// While a film is encoded, the one before it is proven and the next one is looked into; and never
// two encodes run where one is allowed.
#include <algorithm>
#include <set>

#include "e2e/daemon.h"

namespace av1d::test {

TEST_CASE("the next film is encoded while the last one is proven", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path log = library.home() / "log.txt";
  // The first program that reads an output waits until another encode has begun, or in vain.
  library.config.ffmpeg_path =
      library.script("ffmpeg", "log='" + log.string() + "'\n" +
                                   "begun() { grep -c begin \"$log\"; }\n"
                                   "case \" $* \" in\n"
                                   "*libsvtav1*)\n"
                                   "  echo begin >>\"$log\"; @ffmpeg@ \"$@\"; status=$?\n"
                                   "  echo end >>\"$log\"; exit $status;;\n"
                                   "*'" +
                                   library.config.temp_output_dir.string() +
                                   "'*)\n"
                                   "  if mkdir \"$log.first\" 2>/dev/null; then\n"
                                   "    tries=0\n"
                                   "    while [ \"$(begun)\" -lt 2 ] && [ $tries -lt 600 ]; do\n"
                                   "      sleep 0.1; tries=$((tries + 1))\n"
                                   "    done\n"
                                   "    echo \"proof beside $(begun)\" >>\"$log\"\n"
                                   "  fi;;\n"
                                   "esac\n"
                                   "exec @ffmpeg@ \"$@\"\n");
  const Words names = {"one.mkv", "three.mkv", "two.mkv"};
  for (const auto& name : names) library.add(name, short_clip());
  const Finished pass = library.once();
  INFO(pass.err);
  INFO(read_file(log));
  CHECK(pass.status == 0);
  for (const auto& name : names) CHECK(library.verdict(library / name) == "success");
  Words lines = lines_of(read_file(log));
  CHECK(std::count(lines.begin(), lines.end(), "proof beside 2") == 1);
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("proof"); });
  CHECK(lines == Words{"begin", "end", "begin", "end", "begin", "end"});
  CHECK(library.leftovers() == Words{});
}

// An encode that never ends, and a film that waits behind it with its plan made.
struct Queue {
  ServedLibrary library;
  fs::path encoded, next;
  std::optional<Daemon> daemon;

  Queue() {
    library.encode_for_ever();
    library.config.max_attempts = 1;
    encoded = library.add("encoded.mkv", plain_clip());
    next = library.add("next.mkv", short_clip());
    daemon.emplace(library);
    REQUIRE(eventually([&] { return waits(); }, kPatience));
    REQUIRE(library.encoder_pids().size() == 1);
  }
  bool waits() const {
    return library.verdict(next) == "pending" && library.job(next).preset_used.has_value();
  }
  void end_the_encode() const { ::kill(library.encoder_pids()[0], SIGKILL); }
  bool comes_to_encoders(std::size_t count) const {
    return eventually([&] { return library.encoder_pids().size() == count; }, kPatience);
  }
};

TEST_CASE("the next film is looked into while one is encoded, and is no attempt before its turn",
          "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  Queue queue;
  CHECK(queue.library.job(queue.next).attempts == 0);
  CHECK(queue.daemon->comes_to(
      [](const Heartbeat& beat) { return beat.running == 1 && beat.waiting == 1; }));
  SECTION("its turn comes") {
    queue.end_the_encode();
    CHECK(queue.comes_to_encoders(2));
    CHECK(queue.library.verdict(queue.next) == "running");
    CHECK(queue.library.job(queue.next).attempts == 1);
  }
  SECTION("it is none when av1d ends") {}
  CHECK(queue.daemon->end().status == 0);
  CHECK(queue.library.verdict(queue.next).starts_with("pending"));
  CHECK(queue.library.job(queue.next).attempts == 0);
  CHECK(queue.library.leftovers() == Words{});
}

TEST_CASE("a film that waits with its plan gets a new one when the configuration changes",
          "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  Queue queue;
  const int preset = queue.library.job(queue.next).preset_used.value();
  queue.library.config.quality_tier = QualityTier::very_high;
  queue.daemon->reload();
  CHECK(eventually(
      [&] {
        return queue.waits() && queue.library.job(queue.next).preset_used.value() == preset - 1;
      },
      kPatience));
  CHECK(queue.library.encoder_pids().size() == 1);
  CHECK(queue.daemon->end().status == 0);
}

TEST_CASE("a film that is marked, or goes, while it waits with its plan is answered by that",
          "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  Queue queue;
  std::string verdict;
  SECTION("marked") {
    write_file(queue.next.native() + ".av1skip", "");
    verdict = "skipped marker";
  }
  SECTION("gone") {
    fs::remove(queue.next);
    verdict = "skipped source_changed";
  }
  CHECK(queue.daemon->comes_to_verdict(queue.next, verdict));
  CHECK(queue.daemon->comes_to([](const Heartbeat& beat) { return beat.waiting == 0; }));
  queue.end_the_encode();
  CHECK(queue.daemon->comes_to_verdict(queue.encoded, "failed encoder_failed"));
  CHECK(queue.library.encoder_pids().size() == 1);
  CHECK(queue.daemon->end().status == 0);
}

TEST_CASE("a film that waits with its plan is not encoded while .pause stands", "[e2e][daemon]") {
  AV1D_NEEDS_FFMPEG();
  Queue queue;
  const fs::path pause = write_file(queue.library.config.job_state_dir / ".pause", "");
  REQUIRE(queue.daemon->comes_to(
      [](const Heartbeat& beat) { return beat.state == DaemonState::paused; }));
  queue.end_the_encode();
  REQUIRE(queue.daemon->comes_to_verdict(queue.encoded, "failed encoder_failed"));
  CHECK(queue.daemon->comes_to([](const Heartbeat& beat) { return beat.running == 0; }));
  CHECK(queue.waits());
  CHECK(queue.library.encoder_pids().size() == 1);
  fs::remove(pause);
  CHECK(queue.comes_to_encoders(2));
  CHECK(queue.daemon->end().status == 0);
}

TEST_CASE("of two films that would become one, one is encoded", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path log = library.home() / "log.txt";
  library.encode_with("echo once >>'" + log.string() + "'; exec @ffmpeg@ \"$@\"");
  const fs::path avi = library.add("film.avi", plain_clip("avi"));
  const fs::path ts = library.add("film.ts", plain_clip("ts"));
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  CHECK(std::set<std::string>{library.verdict(avi), library.verdict(ts)} ==
        std::set<std::string>{"skipped name_taken", "success"});
  CHECK(lines_of(read_file(log)) == Words{"once"});
  CHECK(is_av1(library / "film.mkv"));
}

}  // namespace av1d::test
