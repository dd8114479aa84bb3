// `.daemon`: what av1top reads.
#include "av1d/heartbeat.h"

#include <cerrno>

#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;

namespace {

Heartbeat example() {
  Heartbeat beat;
  beat.pid = 4711;
  beat.version = "0.1.0";
  beat.started_at = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22);
  beat.updated_at = beat.started_at + std::chrono::hours(3);
  beat.state = DaemonState::paused;
  beat.pause_reason = "quiet hours until 08:00";
  beat.waiting = 14;
  beat.running = 2;
  beat.bytes = 99'000'000'000;
  beat.saved_bytes = 1'400'000'000'000;
  beat.library_roots = {"/srv/films", "/srv/\xc3\xa4 \"b\""};
  beat.temp_output_dir = "/var/lib/av1d/temp";
  beat.scan_interval_secs = 60;
  return beat;
}

std::string with(std::string text, std::string_view part, std::string_view other) {
  return text.replace(text.find(part), part.size(), other);
}

}  // namespace

TEST_CASE("a heartbeat reads back as it was written", "[heartbeat]") {
  const auto back = parse_heartbeat(to_json(example()));
  REQUIRE(back);
  CHECK(*back == example());
}

TEST_CASE("a heartbeat has the fields that readers know", "[heartbeat]") {
  const std::string json = to_json(example());
  for (const char* part :
       {R"("schema": 1)", R"("pid": 4711)", R"("started_at": "2026-11-22T00:00:00Z")",
        R"("updated_at": "2026-11-22T03:00:00Z")", R"("state": "paused")",
        R"("pause_reason": "quiet hours until 08:00")", R"("waiting": 14)", R"("running": 2)",
        R"("bytes": 99000000000)", R"("scan_interval_secs": 60)"}) {
    CHECK_THAT(json, ContainsSubstring(part));
  }
}

TEST_CASE("a heartbeat that is not one is refused with the place", "[heartbeat]") {
  const std::string good = to_json(example());
  CHECK_FALSE(parse_heartbeat(""));
  CHECK_FALSE(parse_heartbeat("[]"));
  CHECK_FALSE(parse_heartbeat(good.substr(0, good.size() / 2)));
  const auto newer = parse_heartbeat(with(good, R"("schema": 1)", R"("schema": 2)"));
  REQUIRE_FALSE(newer);
  CHECK_THAT(newer.error().message, ContainsSubstring("/schema"));
  const auto negative = parse_heartbeat(with(good, R"("waiting": 14)", R"("waiting": -1)"));
  REQUIRE_FALSE(negative);
  CHECK_THAT(negative.error().message, ContainsSubstring("/queue/waiting"));
  const auto odd = parse_heartbeat(with(good, R"("paused")", R"("asleep")"));
  REQUIRE_FALSE(odd);
  CHECK_THAT(odd.error().message, ContainsSubstring("/state"));
}

TEST_CASE("a heartbeat is replaced on disk and taken away at the end", "[heartbeat]") {
  const test::TempDir dir;
  CHECK(read_heartbeat(dir.path()).error().errno_value == ENOENT);
  test::write_file(dir / ".daemon.tmp", "what a crash left");
  REQUIRE(write_heartbeat(dir.path(), example()));
  Heartbeat next = example();
  next.state = DaemonState::running;
  next.pause_reason.reset();
  REQUIRE(write_heartbeat(dir.path(), next));
  const auto back = read_heartbeat(dir.path());
  REQUIRE(back);
  CHECK(*back == next);
  REQUIRE(remove_heartbeat(dir.path()));
  REQUIRE(remove_heartbeat(dir.path()));
  CHECK(read_heartbeat(dir.path()).error().errno_value == ENOENT);
}
