// The checks of validate() that are about time: which frames are there and when, and what plays
// beside them.
#include "av1d/validate.h"
#include "support/catch.h"
#include "support/media.h"

using namespace av1d;
using test::audio;
using test::h264_video;
using test::kFrameNs;
using test::kFrames;
using test::kMillisecond;
using test::media_of;
using test::Run;
using test::subtitle;
using test::true_run;
using Checks = std::set<Check>;

// A frame is seen by its packet, and by the decoder.
const Checks kBothFrames = {Check::frame_times, Check::shown_frames};

namespace {

Run film_run(Container container = Container::matroska) {
  return true_run(media_of(container, {h264_video(), audio("ac3")}));
}

// Takes frames [from, to) out of the new video.
void lose_frames(Run& run, std::ptrdiff_t from, std::ptrdiff_t to) {
  auto& times = run.video_packets().pts_ns;
  times.erase(times.begin() + from, times.begin() + to);
  test::recount(run.video_packets());
  test::decode_packets(run);
}

void shift(PacketFacts& facts, std::int64_t ns) {
  for (auto& time : facts.pts_ns) time += ns;
  *facts.first_pts_ns += ns;
  *facts.first_any_pts_ns += ns;
  *facts.end_ns += ns;
}

}  // namespace

// ---- Frames -------------------------------------------------------------------------------------

TEST_CASE("frames may be rounded to a millisecond by both containers", "[validate]") {
  Run run = film_run();
  auto& times = run.video_packets().pts_ns;
  for (std::size_t i = 0; i < times.size(); i += 3) times[i] += 700'000;
  CHECK(run.problems().empty());
}

TEST_CASE("a frame missing anywhere is told", "[validate]") {
  const auto at = GENERATE(as<std::ptrdiff_t>{}, 0, 1, 125, kFrames - 2, kFrames - 1);
  INFO("frame " << at);
  Run run = film_run();
  lose_frames(run, at, at + 1);
  CHECK(run.witnesses().contains(Check::frame_times));
}

TEST_CASE("a frame at another time is told with both times", "[validate]") {
  Run run = film_run();
  run.video_packets().pts_ns[100] += 20 * kMillisecond;
  const auto problems = run.problems();
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].check == Check::frame_times);
  CHECK(problems[0].text == "frame 100 of the new video is at 4.0200 s, expected 4.0000 s");
}

TEST_CASE("frames that share a time are told", "[validate]") {
  Run run = film_run();
  auto& facts = run.video_packets();
  facts.pts_ns.erase(facts.pts_ns.begin() + 7);  // kept once, shown twice
  CHECK(run.witnesses() == Checks{Check::frame_times});
}

TEST_CASE("a video without frames is told, and does not crash", "[validate]") {
  Run run = film_run();
  run.video_packets() = PacketFacts{};
  run.seen.decoded_times_ns.clear();
  CHECK(run.witnesses().contains(Check::frame_times));
  run.seen.output.packets.clear();
  CHECK(run.witnesses().contains(Check::frame_times));
  run.seen.output = MediaInfo{};
  CHECK(run.witnesses().contains(Check::inventory));
  CHECK(run.witnesses().contains(Check::picture));
}

TEST_CASE("a source without times is compared by the count of its frames", "[validate]") {
  MediaInfo media = media_of(Container::avi, {h264_video(), audio("mp3")});
  media.packets[0].without_pts = kFrames;
  media.packets[0].pts_ns.clear();
  media.packets[0].first_pts_ns.reset();
  Run run = true_run(media);
  run.video_packets() = test::packets(kFrames, kFrameNs);
  test::decode_packets(run);
  CHECK(run.problems().empty());
  lose_frames(run, 3, 4);
  CHECK(run.witnesses() == kBothFrames);
}

TEST_CASE("what the decoder says counts where packets are no frames", "[validate]") {
  // VP8's alternate references: every 25th packet shows nothing.
  Run run = film_run();
  std::vector<std::int64_t> frames;
  for (int i = 0; i < kFrames; ++i) {
    if (i % 25 != 12) frames.push_back(i * kFrameNs);
  }
  run.video_packets().pts_ns = frames;
  test::recount(run.video_packets());
  test::decode_packets(run);
  CHECK(run.witnesses() == kBothFrames);
  run.seen.source_frame_times_ns = frames;
  CHECK(run.problems().empty());
}

TEST_CASE("frames that don't decode at the start are forgiven when the decoder says so",
          "[validate]") {
  Run run = film_run();
  lose_frames(run, 0, 9);
  const auto decoded = run.video_packets().pts_ns;
  CHECK(run.witnesses().contains(Check::frame_times));
  run.seen.source_frame_times_ns = decoded;
  CHECK(run.problems().empty());
}

TEST_CASE("frames that share a time pass only where the source's do", "[validate]") {
  Run run = film_run(Container::mpegts);
  std::vector<std::int64_t> frames = run.video_packets().pts_ns;
  frames[100] = frames[101];
  auto& facts = run.video_packets();
  facts.pts_ns.erase(facts.pts_ns.begin() + 100);
  CHECK(run.witnesses().contains(Check::frame_times));
  run.seen.decoded_times_ns = run.seen.source_frame_times_ns.emplace(frames);
  CHECK(run.problems().empty());
  --facts.shown;  // one of the two is lost
  CHECK(run.witnesses().contains(Check::frame_times));
}

// ---- Transport streams --------------------------------------------------------------------------

TEST_CASE("a transport stream that begins inside a GOP may lose what its decoder can't show",
          "[validate]") {
  Run run = film_run(Container::mpegts);
  lose_frames(run, 0, 9);
  CHECK(run.witnesses().contains(Check::frame_times));
  run.seen.source_frame_times_ns = run.video_packets().pts_ns;
  CHECK(run.problems().empty());
}

TEST_CASE("a transport stream may not lose frames in its middle", "[validate]") {
  Run run = film_run(Container::mpegts);
  lose_frames(run, 100, 109);
  CHECK(run.witnesses().contains(Check::frame_times));
}

TEST_CASE("a transport stream with sound may not lose its last frames", "[validate]") {
  Run run = film_run(Container::mpegts);
  lose_frames(run, kFrames - 50, kFrames);
  CHECK_FALSE(run.problems().empty());
}

// Once told by nothing: times are relative to the first frame, and in a film of constant rate fifty
// frames fewer at the end look like fifty fewer at the front.
TEST_CASE("a silent transport stream may not lose its last frames", "[validate]") {
  Run run = true_run(media_of(Container::mpegts, {h264_video()}));
  lose_frames(run, kFrames - 50, kFrames);
  run.seen.output.duration_secs = 8.0;
  CHECK_FALSE(run.problems().empty());
}

// The source was decoded: there is nothing left to forgive.
TEST_CASE("a silent transport stream may not lose frames that the decoder found", "[validate]") {
  Run run = true_run(media_of(Container::mpegts, {h264_video()}));
  run.seen.source_frame_times_ns = run.video_packets().pts_ns;
  lose_frames(run, kFrames - 50, kFrames);
  run.seen.output.duration_secs = 8.0;
  CHECK_FALSE(run.problems().empty());
}

// ---- Field rate ---------------------------------------------------------------------------------

TEST_CASE("at field rate every source time is there and others between", "[validate]") {
  Config config;
  config.deinterlace = DeinterlaceMode::bwdif;
  MediaInfo media = media_of(Container::matroska, {h264_video(), audio("ac3")});
  media.streams[0].field_order = "tt";
  Run run = true_run(media, config);
  run.video_packets() = test::packets(2 * kFrames, kFrameNs / 2);
  test::decode_packets(run);
  CHECK(run.problems().empty());
  lose_frames(run, 101, 102);  // a field between
  CHECK(run.problems().empty());
  lose_frames(run, 200, 202);
  CHECK(run.witnesses() == kBothFrames);
}

// ---- Sync ---------------------------------------------------------------------------------------

TEST_CASE("sound that starts elsewhere is told with its offset", "[validate]") {
  Run run = film_run();
  shift(run.seen.output.packets[1], 20 * kMillisecond);
  const auto problems = run.problems();
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].check == Check::sync);
  CHECK(problems[0].text == "output stream 1 starts +0.0200 s off the video");
}

TEST_CASE("an offset that the source has is kept, a film's shift as a whole is none",
          "[validate]") {
  Run run = film_run();
  shift(run.source.packets[1], 300 * kMillisecond);
  CHECK(run.witnesses() == Checks{Check::sync});
  shift(run.seen.output.packets[1], 300 * kMillisecond);
  CHECK(run.problems().empty());
  for (auto& facts : run.seen.output.packets) shift(facts, 1'400 * kMillisecond);
  CHECK(run.problems().empty());
}

TEST_CASE("hidden priming may come out of hiding, not more", "[validate]") {
  Run run = film_run();
  *run.source.packets[1].first_any_pts_ns -= 21 * kMillisecond;
  shift(run.seen.output.packets[1], -21 * kMillisecond);
  CHECK(run.problems().empty());
  shift(run.seen.output.packets[1], -21 * kMillisecond);
  CHECK(run.witnesses() == Checks{Check::sync});
}

TEST_CASE("a stream that lost all its packets is told", "[validate]") {
  Run run = film_run();
  run.seen.output.packets[1] = PacketFacts{};
  CHECK(run.witnesses() == Checks{Check::sync});
}

// ---- Duration -----------------------------------------------------------------------------------

TEST_CASE("a header that promises more than the packets hold is told", "[validate]") {
  Run run = film_run();
  run.seen.output.duration_secs = 10.9;
  CHECK(run.problems().empty());
  run.seen.output.duration_secs = 16.0;
  const auto problems = run.problems();
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].check == Check::duration);
  CHECK(problems[0].text == "the output's header promises 16.0 s, its packets end at 10.0 s");
}

TEST_CASE("a video that ends early is told by its duration as well", "[validate]") {
  Run run = film_run();
  lose_frames(run, kFrames - 25, kFrames);
  CHECK(run.witnesses() == Checks{Check::frame_times, Check::shown_frames, Check::duration});
}

// ---- Every film ---------------------------------------------------------------------------------

TEST_CASE("no frame can be lost unseen from a film of variable rate", "[validate]") {
  CHECK_PROPERTY([] {
    MediaInfo media = media_of(Container::matroska, {h264_video(), audio("ac3")});
    auto& times = media.packets[0].pts_ns;
    times = {0};
    const auto count = *rc::gen::inRange<std::size_t>(3, 60);
    while (times.size() < count) {
      times.push_back(times.back() + *rc::gen::inRange<std::int64_t>(4, 200) * kMillisecond);
    }
    test::recount(media.packets[0]);
    media.duration_secs = 1;
    Run run = true_run(media);
    RC_ASSERT(run.problems().empty());
    const auto at = *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(count));
    lose_frames(run, at, at + 1);
    RC_ASSERT(!run.problems().empty());
  });
}

TEST_CASE("no frame can move unseen by more than containers round", "[validate]") {
  CHECK_PROPERTY([] {
    Run run = film_run();
    auto& times = run.video_packets().pts_ns;
    const auto at = *rc::gen::inRange<std::size_t>(1, times.size());
    times[at] += *rc::gen::element<std::int64_t>(-1, 1) *
                 *rc::gen::inRange<std::int64_t>(1'600'000, 39'000'000);
    RC_ASSERT(run.witnesses().contains(Check::frame_times));
  });
}

// Flash's ADPCM at 11 kHz: 371 ms a packet, and AVI does not say how long the last one is.
TEST_CASE("sound may end a packet of its own later, where packets are long, and no more",
          "[validate]") {
  Run run = film_run(Container::avi);
  *run.seen.output.packets[1].end_ns += 371 * kMillisecond;
  CHECK(run.witnesses() == Checks{Check::sync});
  run.source.packets[1].last_step_ns = 371 * kMillisecond;
  CHECK(run.problems().empty());
  *run.seen.output.packets[1].end_ns += 10 * kMillisecond;
  CHECK(run.witnesses() == Checks{Check::sync});
  run.source.packets[1].last_step_ns = 60'000 * kMillisecond;  // a pause, no packet
  *run.seen.output.packets[1].end_ns += 1'000 * kMillisecond;
  CHECK(run.witnesses() == Checks{Check::sync});
}
