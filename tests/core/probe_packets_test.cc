// The packets and frames that ffprobe lists, line by line, and their times in nanoseconds.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "av1d/probe.h"
#include "support/catch.h"
#include "support/media.h"

using namespace av1d;

namespace {

PacketFacts scanned(const std::vector<std::string>& lines, StreamType type = StreamType::video) {
  MediaInfo media = test::media_of(Container::matroska, {test::stream_of(type, "x")});
  PacketScan scan(media);
  for (const auto& line : lines) scan.add_line(line);
  return scan.finish().front();
}

}  // namespace

TEST_CASE("PacketScan counts what a decoder can't show for want of a keyframe", "[probe]") {
  CHECK(scanned({"stream_index=0|pts=0|flags=K__", "stream_index=0|pts=80|flags=___",
                 "stream_index=0|pts=40|flags=___"})
            .leading == 0);
  // Joined in its middle: two before the keyframe, one behind it that is shown before it.
  CHECK(scanned({"stream_index=0|pts=0|flags=___", "stream_index=0|pts=40|flags=___",
                 "stream_index=0|pts=160|flags=K__", "stream_index=0|pts=120|flags=___",
                 "stream_index=0|pts=200|flags=___"})
            .leading == 3);
  CHECK(scanned({"stream_index=0|pts=N/A|flags=K__", "stream_index=0|pts=N/A|flags=___"}).leading ==
        0);
}

TEST_CASE("an empty packet of sound is nothing; of video it may be a frame", "[probe]") {
  const std::vector<std::string> lines = {"stream_index=0|pts=-32|duration=32|size=0|flags=K__",
                                          "stream_index=0|pts=0|duration=N/A|size=768|flags=K__",
                                          "stream_index=0|pts=32|duration=32|size=768|flags=K__"};
  const PacketFacts sound = scanned(lines, StreamType::audio);
  CHECK(sound.count == 2);
  CHECK(sound.first_pts_ns == 0);
  CHECK(sound.first_any_pts_ns == 0);
  const PacketFacts video = scanned(lines);
  CHECK(video.count == 3);
  CHECK(video.first_pts_ns == -32 * test::kMillisecond);
}

TEST_CASE("PacketScan keeps the last step between two times, whatever the order", "[probe]") {
  CHECK(scanned({"stream_index=0|pts=0|size=1|flags=K__"}).last_step_ns == 0);
  CHECK(scanned({"stream_index=0|pts=0|size=1|flags=K__", "stream_index=0|pts=371|size=1|flags=K__",
                 "stream_index=0|pts=742|size=1|flags=K__"},
                StreamType::audio)
            .last_step_ns == 371 * test::kMillisecond);
  CHECK(scanned({"stream_index=0|pts=0|flags=K__", "stream_index=0|pts=120|flags=___",
                 "stream_index=0|pts=40|flags=___", "stream_index=0|pts=80|flags=___"})
            .last_step_ns == 120 * test::kMillisecond);
}

TEST_CASE("CombingCount takes the last of idet's running counts and adds runs up", "[probe]") {
  FrameFacts facts;
  for (int run = 0; run < 2; ++run) {
    CombingCount count;
    for (const char* line :
         {"frame:0    pts:0       pts_time:0", "lavfi.idet.multiple.current_frame=tff",
          "lavfi.idet.multiple.tff=1.00", "lavfi.idet.multiple.tff=41.00",
          "lavfi.idet.multiple.bff=2.00", "lavfi.idet.multiple.progressive=7.00",
          "lavfi.idet.multiple.undetermined=50.00", "lavfi.idet.single.tff=9.00",
          "lavfi.idet.single.bff=1.00", "lavfi.idet.single.progressive=3.00",
          "lavfi.idet.multiple.tff=nan", "lavfi.idet.multiple.tff"}) {
      count.add_line(line);
    }
    count.add_to(facts);
  }
  CHECK(facts.combed_top_first == 82);
  CHECK(facts.combed_bottom_first == 4);
  CHECK(facts.not_combed == 14);
  CHECK(facts.combed_alone == 20);
  CHECK(facts.not_combed_alone == 6);
}

// ---- Packets ------------------------------------------------------------------------------------

TEST_CASE("PacketScan reads the lines of a film with discarded priming", "[probe]") {
  MediaInfo media = test::media_of(Container::mov, {test::audio(), test::h264_video()});
  media.streams[0].time_base = {1, 44100};
  media.streams[1].time_base = {1, 600};
  PacketScan scan(media);
  for (const char* line : {"stream_index=0|pts=-1024|dts=-1024|duration=1024|size=4|flags=KD_",
                           "stream_index=0|pts=0|dts=0|duration=1024|size=157|flags=K__",
                           "stream_index=1|pts=0|dts=0|duration=20|size=8356|flags=K__",
                           "stream_index=1|pts=60|dts=20|duration=20|size=3800|flags=___",
                           "stream_index=1|pts=20|dts=40|duration=20|size=4100|flags=___"}) {
    scan.add_line(line);
  }
  const auto facts = scan.finish();
  REQUIRE(facts.size() == 2);
  CHECK(facts[0].count == 2);
  CHECK(facts[0].shown == 1);
  CHECK(facts[0].bytes == 161);
  CHECK(facts[0].first_pts_ns == 0);
  CHECK(facts[0].first_any_pts_ns == ticks_to_ns(-1024, {1, 44100}));
  CHECK(facts[0].pts_ns.empty());  // of sound only the ends are kept
  CHECK(facts[1].count == 3);
  CHECK(facts[1].bytes == 16256);
  CHECK(facts[1].first_pts_ns == 0);
  CHECK(facts[1].end_ns == ticks_to_ns(80, {1, 600}));
  CHECK(facts[1].pts_ns ==
        std::vector<std::int64_t>{0, ticks_to_ns(20, {1, 600}), ticks_to_ns(60, {1, 600})});
}

TEST_CASE("PacketScan counts packets without a PTS and takes their end from the DTS", "[probe]") {
  const PacketFacts facts =
      scanned({"stream_index=0|pts=N/A|dts=0|duration=40|size=9|flags=K__",
               "stream_index=0|pts=N/A|dts=40|duration=40|size=9|flags=___",
               "stream_index=0|pts=N/A|dts=N/A|duration=N/A|size=9|flags=___"});
  CHECK(facts.count == 3);
  CHECK(facts.shown == 3);
  CHECK(facts.without_pts == 3);
  CHECK(facts.pts_ns.empty());
  CHECK_FALSE(facts.first_pts_ns.has_value());
  CHECK(facts.end_ns == 80 * test::kMillisecond);
}

TEST_CASE("PacketScan keeps equal times once and says how many packets were shown", "[probe]") {
  const PacketFacts facts =
      scanned({"stream_index=0|pts=40|size=1", "stream_index=0|pts=0|size=1",
               "stream_index=0|pts=40|size=1", "stream_index=0|pts=40|size=1|flags=_D_"});
  CHECK(facts.count == 4);
  CHECK(facts.shown == 3);
  CHECK(facts.pts_ns == std::vector<std::int64_t>{0, test::kFrameNs});
}

TEST_CASE("PacketScan keeps the times of subtitles, not of covers and sound", "[probe]") {
  const std::vector<std::string> line = {"stream_index=0|pts=7|size=1|flags=K__"};
  CHECK(scanned(line, StreamType::subtitle).pts_ns.size() == 1);
  CHECK(scanned(line, StreamType::audio).pts_ns.empty());
  MediaInfo media = test::media_of(Container::mp4, {test::cover()});
  PacketScan scan(media);
  scan.add_line(line.front());
  CHECK(scan.finish().front().pts_ns.empty());
}

// FFmpeg's muxer writes gaps of its own beside those of a film that MP4Box made.
TEST_CASE("PacketScan counts the texts of mov_text, not the gaps between them", "[probe]") {
  MediaInfo media = test::media_of(Container::mp4, {test::subtitle("mov_text")});
  const auto facts = [&](const std::vector<std::string>& lines) {
    PacketScan scan(media);
    for (const auto& line : lines) scan.add_line(line);
    return scan.finish().front();
  };
  const std::string text = "stream_index=0|pts=9|duration=4|size=8|flags=K__|data_hash=A:1";
  const std::string gap = "stream_index=0|pts=5|duration=4|size=2|flags=K__|data_hash=A:2";
  const PacketFacts plain = facts({gap, text});
  CHECK(plain.count == 1);
  CHECK(plain.pts_ns.size() == 1);
  CHECK(facts({gap, gap, text, gap}).digest == plain.digest);
  CHECK(facts({text, text}).digest != plain.digest);
  media.streams[0].codec = "ttml";
  CHECK(facts({gap, text}).count == 2);
}

TEST_CASE("PacketScan passes over lines that are no packet of a known stream", "[probe]") {
  for (const char* line :
       {"", "|", "=", "|||", "pts=0|size=5", "stream_index=1|pts=0|size=5",
        "stream_index=-1|pts=0|size=5", "stream_index=|pts=0", "stream_index=0x0|pts=0",
        "stream_index=99999999999999999999|pts=0", "side_data|stream_index", "[mov @ 0x5] text"}) {
    INFO(line);
    CHECK(scanned({line}).count == 0);
  }
}

TEST_CASE("PacketScan never crashes and counts each line of a known stream once", "[probe]") {
  const auto field = [] {
    return *rc::gen::element<std::string>("stream_index=0", "stream_index=1", "stream_index=2",
                                          "stream_index=x", "pts=N/A", "pts=4000", "pts=-4000",
                                          "dts=12", "duration=40", "duration=-1", "duration=N/A",
                                          "size=77", "size=-77", "flags=K__", "flags=_D_", "", "=",
                                          "a=b=c", "side_datum/skip_samples:skip_samples=1024");
  };
  CHECK_PROPERTY([&] {
    MediaInfo media = test::media_of(Container::mpegts, {test::h264_video(), test::subtitle()});
    PacketScan scan(media);
    std::uint64_t known = 0;
    for (int i = 0; i < *rc::gen::inRange(0, 20); ++i) {
      std::string line;
      std::string stream;
      for (int k = 0; k < *rc::gen::inRange(0, 8); ++k) {
        const std::string one = field();
        if (one.starts_with("stream_index=")) stream = one;
        line += (k == 0 ? "" : "|") + one;
      }
      known += stream == "stream_index=0" || stream == "stream_index=1" ? 1U : 0U;
      scan.add_line(line);
    }
    const auto facts = scan.finish();
    RC_ASSERT(facts[0].count + facts[1].count == known);
    for (const auto& one : facts) {
      RC_ASSERT(one.shown <= one.count);
      RC_ASSERT(one.pts_ns.size() + one.without_pts <= one.shown);
      RC_ASSERT(std::is_sorted(one.pts_ns.begin(), one.pts_ns.end()));
    }
  });
  CHECK_PROPERTY([](const std::vector<std::string>& lines) {
    MediaInfo media = test::media_of(Container::mpegts, {test::h264_video(), test::audio()});
    PacketScan scan(media);
    for (const auto& line : lines) scan.add_line(line);
    (void)scan.finish();
  });
}

// ---- Frames -------------------------------------------------------------------------------------

TEST_CASE("parse_frames tells colour, HDR, captions and interlacing of the frames", "[probe]") {
  const auto facts = parse_frames(R"({"frames": [
    {"interlaced_frame": 0, "color_range": "tv", "color_space": "bt2020nc",
     "color_primaries": "bt2020", "color_transfer": "smpte2084", "side_data_list": [
       {"side_data_type": "Mastering display metadata", "red_x": "33899/50000"},
       {"side_data_type": "Content light level metadata", "max_content": 1100}]},
    {"interlaced_frame": 1, "color_range": "pc", "side_data_list": [
       {"side_data_type": "ATSC A53 Part 4 Closed Captions"},
       {"side_data_type": "Content light level metadata", "max_content": 5}]},
    "no frame"]})");
  REQUIRE(facts.has_value());
  CHECK(facts->sampled == 2);
  CHECK(facts->interlaced == 1);
  CHECK(facts->color_range == "tv");
  CHECK(facts->color_transfer == "smpte2084");
  CHECK(facts->side_data.contains("ATSC A53 Part 4 Closed Captions"));
  REQUIRE(facts->static_hdr.size() == 2);
  CHECK(facts->static_hdr[1].fields.at("max_content") == "1100");
}

TEST_CASE("parse_frames tells each look of the frames once, in the order of the film", "[probe]") {
  const auto facts = parse_frames(R"({"frames": [
    {"width": 720, "height": 576, "sample_aspect_ratio": "16:15", "pix_fmt": "yuv420p"},
    {"width": 720, "height": 576, "sample_aspect_ratio": "16:15", "pix_fmt": "yuv420p"},
    {"width": 720, "height": 576, "sample_aspect_ratio": "64:45", "pix_fmt": "yuv420p"},
    {"width": 720, "height": 576, "sample_aspect_ratio": "16:15", "pix_fmt": "yuv420p"}]})");
  REQUIRE(facts.has_value());
  REQUIRE(facts->looks.size() == 2);
  CHECK(facts->looks[0].sample_aspect_ratio == Rational{16, 15});
  CHECK(facts->looks[1].sample_aspect_ratio == Rational{64, 45});
  CHECK(facts->looks[1].height == 576);
}

TEST_CASE("parse_frames has no frames where ffprobe decoded none", "[probe]") {
  CHECK(parse_frames("{}").value().sampled == 0);
  CHECK(parse_frames(R"({"frames": []})").value().sampled == 0);
  CHECK_FALSE(parse_frames("").has_value());
  CHECK_FALSE(parse_frames(R"({"frames": [{)").has_value());
}

// ---- Times --------------------------------------------------------------------------------------

TEST_CASE("ticks_to_ns knows the time bases of real containers", "[probe]") {
  CHECK(ticks_to_ns(1, {1, 1000}) == 1'000'000);
  CHECK(ticks_to_ns(90'000, {1, 90'000}) == 1'000'000'000);
  CHECK(ticks_to_ns(-1024, {1, 48'000}) == -21'333'333);
  CHECK(ticks_to_ns(24, {1001, 24'000}) == 1'001'000'000);
  CHECK(ticks_to_ns(std::int64_t{1} << 53, {1, 1'000'000'000}) == std::int64_t{1} << 53);
  // A tick count whose product with 10^9 leaves 64 bits long before the time does.
  CHECK(ticks_to_ns(std::int64_t{1} << 47, {1, 90'000}) == 1'563'749'870'614'755'555);
  // What a broken file makes up stays where differences can't overflow.
  CHECK(ticks_to_ns(std::int64_t{1} << 62, {1, 90'000}) == std::int64_t{1} << 61);
  CHECK(ticks_to_ns(INT64_MIN, {1, 1}) == -(std::int64_t{1} << 61));
  CHECK(ticks_to_ns(5, {1, 0}) == 0);
  CHECK(ticks_to_ns(5, {0, 0}) == 0);
}

TEST_CASE("ticks_to_ns is within one nanosecond of the exact time and never falls", "[probe]") {
  CHECK_PROPERTY([] {
    const std::int64_t num = *rc::gen::element<std::int64_t>(1, 2, 100, 1001);
    const std::int64_t den = *rc::gen::oneOf(
        rc::gen::element<std::int64_t>(600, 1000, 24'000, 44'100, 48'000, 90'000, 1'000'000'000),
        rc::gen::inRange<std::int64_t>(1, 2'000'000'000));
    // A thousand million seconds (31 years) are enough for any film.
    const std::int64_t most = std::min(std::int64_t{1} << 53, 1'000'000'000 / num * den);
    const std::int64_t ticks = *rc::gen::inRange<std::int64_t>(-most, most);
    const auto exact = static_cast<long double>(ticks) * static_cast<long double>(num) * 1e9L /
                       static_cast<long double>(den);
    const std::int64_t ns = ticks_to_ns(ticks, {num, den});
    RC_ASSERT(std::fabs(static_cast<long double>(ns) - exact) <= 1.0L);
    RC_ASSERT(ticks_to_ns(ticks + 1, {num, den}) >= ns);
  });
}

TEST_CASE("PacketScan counts the jumps of a clock and adds up its other steps", "[probe]") {
  const auto facts_of = [](const std::vector<std::string>& dts) {
    std::vector<std::string> lines;
    for (const auto& time : dts) lines.push_back("stream_index=0|pts=N/A|dts=" + time);
    return scanned(lines);
  };
  CHECK(facts_of({"0", "40", "80"}).clock_jumps == 0);
  CHECK(facts_of({"0", "40", "80"}).steady_ns == 80 * test::kMillisecond);
  // Back by a little is an overlap that ffmpeg lets stand, as a gap of up to ten seconds is.
  CHECK(facts_of({"0", "500", "420", "9000"}).clock_jumps == 0);
  const PacketFacts pasted = facts_of({"0", "400", "0", "400", "20000", "20400"});
  CHECK(pasted.clock_jumps == 2);
  CHECK(pasted.steady_ns == 1200 * test::kMillisecond);
}

TEST_CASE("PacketScan takes no PTS for the clock of frames whose DTS begin a little later",
          "[probe]") {
  const auto line = [](int pts, const std::string& dts) {
    return "stream_index=0|pts=" + std::to_string(pts) + "|dts=" + dts;
  };
  // As ffprobe tells any mkv of x264's with B-frames.
  const PacketFacts ordinary =
      scanned({line(21, "N/A"), line(181, "N/A"), line(101, "21"), line(61, "61")});
  CHECK(ordinary.clock_jumps == 0);
  CHECK(ordinary.steady_ns == 40 * test::kMillisecond);
  // More than a decoder holds back is a recording of its own.
  std::vector<std::string> pasted;
  for (int i = 0; i < 20; ++i) pasted.push_back(line(5000 + i * 40, "N/A"));
  pasted.push_back(line(0, "0"));
  CHECK(scanned(pasted).clock_jumps == 1);
}
