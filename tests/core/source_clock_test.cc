// Recordings pasted together: ffmpeg's joined clock beside the file's own.
#include "av1d/source_clock.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/media.h"

using namespace av1d;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

MediaInfo recording() {
  return test::media_of(Container::mpegts, {test::h264_video(), test::audio("mp2")});
}

// The lines of a silent film: decoded frames and packets, `count` of 40 ms from 0 on, as framecrc
// writes them.
SourceClock clock_of(const MediaInfo& source, int count) {
  SourceClockScan scan(source, {1});
  scan.add_line("#software: Lavf63.1.102");
  scan.add_line("#tb 0: 1/25");
  scan.add_line("#tb 1: 1/90000");
  scan.add_line("#tb 2: 1/48000");
  for (int i = 0; i < count; ++i) {
    const std::string ticks = std::to_string(i * 3600);
    scan.add_line("0,  " + std::to_string(i) + ",  " + std::to_string(i) + ", 1, 86400, 0x11");
    scan.add_line("1,  " + ticks + ",  " + ticks + ",  3600,  5000, 0x2f, F=0x0, S=1, 1, 0x0");
    scan.add_line("2,  " + std::to_string(i * 1920) + ",  " + std::to_string(i * 1920) +
                  ",  1920,  384, 0x3d");
  }
  return scan.finish();
}

// Two recordings of `frames` frames each: how their own clocks add up.
void paste(MediaInfo& source, int frames) {
  auto& facts = source.packets[0];
  facts.count = facts.shown = static_cast<std::uint64_t>(2 * frames);
  facts.clock_jumps = 1;
  facts.steady_ns = 2 * (frames - 1) * test::kFrameNs;
}

}  // namespace

TEST_CASE("SourceClockScan reads frames, packets and sound, each in its own time base",
          "[source_clock]") {
  const SourceClock clock = clock_of(recording(), 50);
  REQUIRE(clock.frame_times_ns.size() == 50);
  CHECK(clock.frame_times_ns.back() == 49 * test::kFrameNs);
  CHECK(clock.packets[0].count == 50);
  CHECK(clock.packets[0].pts_ns.back() == 49 * test::kFrameNs);
  CHECK(clock.packets[0].end_ns == 2 * kSecond);
  CHECK(clock.packets[1].first_pts_ns == 0);
  CHECK(clock.packets[1].end_ns == 2 * kSecond);
}

TEST_CASE("SourceClockScan keeps frames that share a time and passes over hidden packets",
          "[source_clock]") {
  SourceClockScan scan(recording(), {});
  for (const char* line : {"#tb 0: 1/25", "#tb 1: 1/25", "0, 0, 0, 1, 9, 0x1", "0, 2, 2, 1, 9, 0x1",
                           "0, 2, 2, 1, 9, 0x1", "0, NOPTS, -9223372036854775808, 1, 9, 0x1",
                           "1, 0, 0, 1, 9, 0x1, F=0x5", "1, 1, 1, 1, 9, 0x1, F=0x1, S=1",
                           "2, 0, 0, 1, 9, 0x1", "nonsense", "#tb x", "#tb 9: 1/1", "", ","}) {
    scan.add_line(line);
  }
  const SourceClock clock = scan.finish();
  CHECK(clock.frame_times_ns ==
        std::vector<std::int64_t>{0, 2 * test::kFrameNs, 2 * test::kFrameNs});
  CHECK(clock.packets[0].count == 2);
  CHECK(clock.packets[0].shown == 1);
  CHECK(clock.packets[1].count == 0);
}

TEST_CASE("SourceClockScan survives any text", "[source_clock]") {
  CHECK_PROPERTY([](const std::string& line) {
    SourceClockScan scan(recording(), {1});
    scan.add_line(line);
    scan.add_line("#tb " + line);
    scan.add_line("1," + line);
    return scan.finish().packets.size() == 2;
  });
}

TEST_CASE("a clock that joins two recordings closes jumps only", "[source_clock]") {
  MediaInfo source = recording();
  paste(source, 50);
  CHECK(has_clock_jumps(source));
  CHECK(closes_jumps_only(source, clock_of(source, 100)));
  // Packets that it does not have are no closed jump.
  CHECK_FALSE(closes_jumps_only(source, clock_of(source, 99)));
  // Nor is a clock that ran for longer than both of them and a pause at the joint.
  source.packets[0].steady_ns -= 20 * kSecond;
  CHECK_FALSE(closes_jumps_only(source, clock_of(source, 100)));
}

TEST_CASE("a clock without jumps must be the file's own", "[source_clock]") {
  MediaInfo source = recording();
  CHECK_FALSE(has_clock_jumps(source));
  source.packets[0].count = 100;
  source.packets[0].steady_ns = 99 * test::kFrameNs;
  CHECK(closes_jumps_only(source, clock_of(source, 100)));
  source.packets[0].steady_ns -= 2 * test::kFrameNs;
  CHECK_FALSE(closes_jumps_only(source, clock_of(source, 100)));
}

// The times are those of a film at 60 fps whose fourth packet is timed before its third.
TEST_CASE("a decoder that shows frames at times of its own guesses them", "[source_clock]") {
  constexpr std::int64_t kMs = 1'000'000;
  MediaInfo source = recording();
  PacketFacts& packets = source.packets[0];
  packets.pts_ns = {0, 33 * kMs, 50 * kMs, 67 * kMs, 99 * kMs};
  const auto guesses = [&](std::vector<std::int64_t> frames) {
    return guesses_times(source, {{}, std::move(frames)});
  };
  CHECK_FALSE(guesses(packets.pts_ns));
  CHECK_FALSE(guesses({33 * kMs, 51 * kMs, 51 * kMs, 98 * kMs}));  // in other ticks
  CHECK(guesses({0, 33 * kMs, 67 * kMs, 83 * kMs}));
  CHECK(guesses({0, 103 * kMs}));
  packets.without_pts = 1;
  CHECK_FALSE(guesses({0, 33 * kMs, 67 * kMs, 83 * kMs}));
}

TEST_CASE("source_clock_args decodes the main video and copies it beside the others",
          "[source_clock]") {
  const Argv argv = source_clock_args("ffmpeg", "/films/-a:%d.ts", recording(), {1});
  const auto has = [&](const Argv& words) {
    return std::search(argv.begin(), argv.end(), words.begin(), words.end()) != argv.end();
  };
  CHECK(has({"-i", "file:/films/-a:%d.ts", "-map", "0:0", "-map", "0:0", "-map", "0:1"}));
  CHECK(has({"-protocol_whitelist", "file,pipe"}));
  CHECK(has({"-probesize", "200M"}));
  CHECK(has({"-c", "copy", "-copyinkf", "-c:0", "wrapped_avframe"}));
  CHECK(has({"-f", "framecrc", "pipe:1"}));
}
