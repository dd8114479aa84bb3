// ffmpeg's -progress as it is printed, hostile lines, and the laws of the meter.
#include "av1d/progress.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "support/catch.h"

namespace av1d {

namespace {

using Clock = ProgressMeter::Clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<ProgressBlock> parse(const std::vector<std::string>& lines) {
  ProgressParser parser;
  std::vector<ProgressBlock> blocks;
  for (const auto& line : lines) {
    if (auto block = parser.add_line(line)) blocks.push_back(*block);
  }
  return blocks;
}

std::vector<std::string> print(const ProgressBlock& block) {
  return {fmt::format("frame={}", block.frame),
          fmt::format("fps={}", block.fps),
          "bitrate=N/A",
          block.total_bytes ? fmt::format("total_size={}", *block.total_bytes) : "total_size=N/A",
          fmt::format("dup_frames={}", block.duplicated),
          fmt::format("drop_frames={}", block.dropped),
          block.speed ? fmt::format("speed={}x", *block.speed) : "speed=N/A",
          block.end ? "progress=end" : "progress=continue"};
}

ProgressBlock frames(std::uint64_t count) {
  ProgressBlock block;
  block.frame = count;
  return block;
}

}  // namespace

TEST_CASE("ProgressParser reads a block as ffmpeg prints it", "[progress]") {
  const auto blocks =
      parse({"frame=231", "fps=10.36", "stream_0_0_q=23.0", "bitrate= 913.3kbits/s",
             "total_size=1054920", "out_time_us=9240000", "out_time=00:00:09.240000",
             "dup_frames=1", "drop_frames=2", "speed=   1.2x", "progress=continue"});
  REQUIRE(blocks.size() == 1);
  CHECK(blocks[0].frame == 231);
  CHECK(blocks[0].fps == Approx(10.36));
  CHECK(blocks[0].speed == 1.2);
  CHECK(blocks[0].total_bytes == 1054920U);
  CHECK(blocks[0].duplicated == 1);
  CHECK(blocks[0].dropped == 2);
  CHECK_FALSE(blocks[0].end);
}

TEST_CASE("ProgressParser takes N/A before the encoder's first packet as unknown", "[progress]") {
  const auto blocks = parse({"frame=0", "fps=0.00", "bitrate=N/A", "total_size=N/A", "out_time=N/A",
                             "speed=N/A", "progress=continue"});
  REQUIRE(blocks.size() == 1);
  CHECK(blocks[0].frame == 0);
  CHECK_FALSE(blocks[0].speed);
  CHECK_FALSE(blocks[0].total_bytes);
}

TEST_CASE("ProgressParser starts each block anew and tells the last one", "[progress]") {
  const auto blocks =
      parse({"frame=5", "speed=2x", "progress=continue\r", "total_size=7", "progress=end"});
  REQUIRE(blocks.size() == 2);
  CHECK(blocks[1].frame == 0);
  CHECK_FALSE(blocks[1].speed);
  CHECK(blocks[1].end);
}

TEST_CASE("ProgressParser ignores values out of range and lines that are no key=value",
          "[progress]") {
  const auto line = GENERATE(as<std::string>{}, "frame=-1", "frame=99999999999999999999",
                             "frame=1e9", "frame=", "frame=7 of 9", "fps=nan", "fps=inf", "fps=-3",
                             "fps=1e999", "speed=x", "speed=nanx", "total_size=-5", "frame", "=",
                             "", "progress=perhaps", "[error] frame=3");
  CAPTURE(line);
  const auto blocks = parse({line, "progress=continue"});
  REQUIRE(blocks.size() == 1);
  CHECK(blocks[0].frame == 0);
  CHECK(blocks[0].fps == 0);
  CHECK_FALSE(blocks[0].speed);
  CHECK_FALSE(blocks[0].total_bytes);
}

TEST_CASE("ProgressParser never throws and never makes a value that is not a number",
          "[progress]") {
  CHECK_PROPERTY([](const std::vector<std::string>& values) {
    constexpr std::array<const char*, 6> kKeys = {
        "frame=", "fps=", "speed=", "total_size=", "progress=", ""};
    ProgressParser parser;
    for (const auto& value : values) parser.add_line(*rc::gen::elementOf(kKeys) + value);
    const auto block = parser.add_line("progress=end");
    RC_ASSERT(block.has_value());
    RC_ASSERT((std::isfinite(block->fps) && block->fps >= 0));
    RC_ASSERT((!block->speed || (std::isfinite(*block->speed) && *block->speed >= 0)));
  });
}

TEST_CASE("a printed block is read back as it was", "[progress]") {
  CHECK_PROPERTY([](std::uint64_t frame, std::uint32_t fps, std::uint32_t speed,
                    std::uint64_t bytes, std::uint64_t duplicated, std::uint64_t dropped) {
    ProgressBlock block{.frame = frame,
                        .fps = fps / 100.0,
                        .speed = std::nullopt,
                        .total_bytes = std::nullopt,
                        .duplicated = duplicated,
                        .dropped = dropped,
                        .end = *rc::gen::arbitrary<bool>()};
    if (*rc::gen::arbitrary<bool>()) block.speed = speed / 1000.0;
    if (*rc::gen::arbitrary<bool>()) block.total_bytes = bytes;
    const auto blocks = parse(print(block));
    RC_ASSERT(blocks.size() == 1U);
    RC_ASSERT(print(blocks[0]) == print(block));
  });
}

TEST_CASE("ProgressMeter tells percent, the bytes it is given, and an ETA once frames come",
          "[progress]") {
  ProgressMeter meter(1000);
  const Clock::time_point start{seconds(1000)};
  CHECK_FALSE(meter.update(frames(0), 0, start).eta_secs);
  CHECK_FALSE(meter.update(frames(0), 0, start + seconds(60)).eta_secs);
  CHECK_FALSE(meter.update(frames(100), 5000, start + seconds(61)).eta_secs);  // no rate yet
  const Progress& now = meter.update(frames(110), 6000, start + seconds(62));
  CHECK(now.percent == Approx(11));
  CHECK(now.output_bytes == 6000);
  REQUIRE(now.eta_secs);
  CHECK(*now.eta_secs ==
        Approx(89));  // 890 frames at 10 a second; the minute before does not count
}

TEST_CASE("ProgressMeter's ETA follows a change of speed within about a minute", "[progress]") {
  ProgressMeter meter(100'000);
  Clock::time_point now{seconds(1)};
  std::uint64_t frame = 1;
  for (int i = 0; i < 300; ++i) meter.update(frames(frame += 100), 0, now += seconds(1));
  CHECK(*meter.current().eta_secs == Approx((100'000.0 - static_cast<double>(frame)) / 100));
  for (int i = 0; i < 90; ++i) meter.update(frames(frame += 10), 0, now += seconds(1));
  CHECK(*meter.current().eta_secs ==
        Approx((100'000.0 - static_cast<double>(frame)) / 10).epsilon(0.5));
}

TEST_CASE("ProgressMeter stays at 0 % and without ETA where the total is unknown", "[progress]") {
  ProgressMeter meter(0);
  meter.update(frames(10), 0, Clock::time_point(seconds(1)));
  const Progress& now = meter.update(frames(20), 0, Clock::time_point(seconds(2)));
  CHECK(now.percent == 0);
  CHECK(now.frame == 20);
  CHECK_FALSE(now.eta_secs);
}

TEST_CASE("ProgressMeter ends at 100 % and 0 s where more frames come than were expected",
          "[progress]") {
  ProgressMeter meter(10);
  meter.update(frames(5), 0, Clock::time_point(seconds(1)));
  const Progress& now = meter.update(frames(12), 0, Clock::time_point(seconds(2)));
  CHECK(now.percent == 100);
  CHECK(now.eta_secs == 0.0);
}

TEST_CASE("ProgressMeter keeps its last speed through blocks that know none", "[progress]") {
  ProgressMeter meter(10);
  ProgressBlock block = frames(5);
  block.speed = 1.5;
  meter.update(block, 0, Clock::time_point(seconds(1)));
  CHECK(meter.update(frames(6), 0, Clock::time_point(seconds(2))).speed == 1.5);
}

TEST_CASE("percent never falls and the ETA is never negative, whatever blocks and clocks come",
          "[progress]") {
  CHECK_PROPERTY([](std::uint64_t total, const std::vector<std::pair<std::uint64_t, int>>& steps) {
    ProgressMeter meter(*rc::gen::element<std::uint64_t>(0, 1, 1000, total));
    Clock::time_point now{seconds(5)};
    double percent = 0;
    for (const auto& [frame, advance] : steps) {
      now += milliseconds(advance);  // also 0 and backwards
      const Progress& progress = meter.update(frames(frame), 1, now);
      RC_ASSERT((progress.percent >= percent && progress.percent <= 100));
      percent = progress.percent;
      if (progress.frame == 0) RC_ASSERT(!progress.eta_secs.has_value());
      if (progress.eta_secs)
        RC_ASSERT((*progress.eta_secs >= 0 && std::isfinite(*progress.eta_secs)));
    }
  });
}

}  // namespace av1d
