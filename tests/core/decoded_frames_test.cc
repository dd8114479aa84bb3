// What ffprobe tells of each frame that a video decodes to.
#include "av1d/decoded_frames.h"

#include "support/catch.h"

using namespace av1d;

namespace {

// As FFmpeg 9.0 writes a frame of an HDR10 film.
constexpr std::string_view kHdrFrame =
    "best_effort_timestamp=1001|width=1920|height=1080|pix_fmt=yuv420p10le|color_range=tv|"
    "color_space=bt2020nc|color_primaries=bt2020|color_transfer=smpte2084|chroma_location=left|"
    "side_datum/mastering_display_metadata:side_data_type=Mastering display metadata|"
    "side_datum/mastering_display_metadata:red_x=33899/50000|"
    "side_datum/content_light_level_metadata:side_data_type=Content light level metadata|"
    "side_datum/content_light_level_metadata:max_content=1100";

std::string frame(int ticks, const std::string& look = "width=64|height=32|pix_fmt=yuv420p10le") {
  return "best_effort_timestamp=" + std::to_string(ticks) + "|" + look;
}

DecodedFrames frames_of(const std::vector<std::string>& lines) {
  DecodedFrames frames({1, 1000});
  for (const auto& line : lines) frames.add_line(line);
  return frames;
}

}  // namespace

TEST_CASE("each decoded frame counts, at its time and in order", "[decoded_frames]") {
  const DecodedFrames frames = frames_of({frame(40), frame(0), frame(80), frame(80)});
  CHECK(frames.times_ns() == std::vector<std::int64_t>{0, 40'000'000, 80'000'000, 80'000'000});
}

TEST_CASE("a frame without a time is looked at and not counted", "[decoded_frames]") {
  const DecodedFrames frames = frames_of({"best_effort_timestamp=N/A|width=64|height=32"});
  CHECK(frames.times_ns().empty());
  CHECK(frames.looks().size() == 1);
}

TEST_CASE("what a frame looks like is read with its HDR values", "[decoded_frames]") {
  const DecodedFrames frames = frames_of({std::string(kHdrFrame)});
  REQUIRE(frames.looks().size() == 1);
  const Stream& look = frames.looks().front();
  CHECK(look.width == 1920);
  CHECK(look.height == 1080);
  CHECK(look.pixel_format == "yuv420p10le");
  CHECK(look.color_range == "tv");
  CHECK(look.color_space == "bt2020nc");
  CHECK(look.color_primaries == "bt2020");
  CHECK(look.color_transfer == "smpte2084");
  CHECK(look.chroma_location == "left");
  const std::vector<SideData> side_data = {
      {"Mastering display metadata", {{"red_x", "33899/50000"}}},
      {"Content light level metadata", {{"max_content", "1100"}}}};
  CHECK(look.side_data == side_data);
}

TEST_CASE("frames that look alike are one look, wherever one between them differs",
          "[decoded_frames]") {
  const std::string small = "width=32|height=32|pix_fmt=yuv420p10le";
  const DecodedFrames frames = frames_of({frame(0), frame(1), frame(2, small), frame(3)});
  REQUIRE(frames.looks().size() == 2);
  CHECK(frames.looks()[0].width == 64);
  CHECK(frames.looks()[1].width == 32);
}

TEST_CASE("no more looks are kept than tell that something is wrong", "[decoded_frames]") {
  DecodedFrames frames({1, 1000});
  for (int i = 0; i < 1000; ++i) frames.add_line(frame(i, "width=" + std::to_string(i)));
  CHECK(frames.looks().size() == DecodedFrames::kMostLooks);
  CHECK(frames.times_ns().size() == 1000);
}

TEST_CASE("other lines are no frames, and none is too strange", "[decoded_frames]") {
  const DecodedFrames frames = frames_of({"", "|", "=", "width=3", "side_datum/x", "a|b|c=d"});
  CHECK(frames.times_ns().empty());
  CHECK(frames.looks().empty());
  CHECK_PROPERTY([](const std::string& line) {
    DecodedFrames any({1, 1000});
    any.add_line(line);
    any.add_line("best_effort_timestamp=1|" + line);
  });
}
