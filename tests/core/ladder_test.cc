// The quality ladder against the product's own table (README "Quality ladder").
#include "av1d/ladder.h"

#include <algorithm>
#include <cmath>

#include "support/catch.h"
#include "support/media.h"

using namespace av1d;

namespace {

Stream picture(int width, int height, int rotation = 0) {
  Stream video = test::h264_video(width, height);
  video.rotation_degrees = rotation;
  return video;
}

constexpr std::uint64_t kPlenty = 100'000'000;

}  // namespace

TEST_CASE("picture_tier goes by what the picture is, not by its raw height", "[ladder]") {
  struct Row {
    int width, height, rotation, tier;
  };
  const Row row =
      GENERATE(Row{3840, 2160, 0, 2160}, Row{3840, 1600, 0, 2160}, Row{1920, 1080, 0, 1080},
               Row{1920, 800, 0, 1080}, Row{1440, 1080, 0, 1080}, Row{2560, 1440, 0, 1440},
               Row{1280, 720, 0, 720}, Row{720, 576, 0, 576}, Row{7680, 4320, 0, 4320},
               // A phone held upright: 1920x1080 turned is 1080 wide and 1920 high.
               Row{1920, 1080, 90, 1920}, Row{1920, 1080, -90, 1920}, Row{1920, 1080, 270, 1920},
               Row{1920, 1080, 180, 1080}, Row{1080, 1920, 90, 1080});
  INFO(row.width << "x" << row.height << " turned by " << row.rotation);
  CHECK(picture_tier(picture(row.width, row.height, row.rotation)) == row.tier);
}

TEST_CASE("choose_quality follows the table of the README", "[ladder]") {
  struct Row {
    int width, height, crf, svt, aom;
  };
  const Row row =
      GENERATE(Row{4096, 2304, 21, 3, 3}, Row{3840, 2160, 21, 3, 3}, Row{3840, 1600, 21, 3, 3},
               Row{3838, 1600, 22, 4, 3}, Row{2560, 1440, 22, 4, 3}, Row{2558, 1438, 23, 4, 4},
               Row{1920, 1080, 23, 4, 4}, Row{1920, 800, 23, 4, 4}, Row{1280, 720, 24, 5, 5},
               Row{320, 240, 24, 5, 5});
  INFO(row.width << "x" << row.height);
  const Stream video = picture(row.width, row.height);
  const auto high = [&](Encoder encoder) {
    return choose_quality(video, kPlenty, encoder, QualityTier::high);
  };
  const auto very_high = [&](Encoder encoder) {
    return choose_quality(video, kPlenty, encoder, QualityTier::very_high);
  };
  for (const Encoder encoder : {Encoder::svt, Encoder::aom, Encoder::rav1e}) {
    CHECK(high(encoder).crf == row.crf);
    CHECK(very_high(encoder).crf == row.crf);
    CHECK_FALSE(high(encoder).low_bitrate);
  }
  CHECK(high(Encoder::svt).preset == row.svt);
  CHECK(very_high(Encoder::svt).preset == row.svt - 1);
  CHECK(high(Encoder::aom).preset == row.aom);
  CHECK(very_high(Encoder::aom).preset == row.aom - 1);
  CHECK(high(Encoder::rav1e).preset == 3);
  CHECK(very_high(Encoder::rav1e).preset == 2);
}

TEST_CASE("choose_quality raises CRF by one only below the tier's low bitrate", "[ladder]") {
  struct Row {
    int height;
    std::uint64_t threshold;
    int crf;
  };
  const Row row = GENERATE(Row{2160, 20'000'000, 21}, Row{1440, 10'000'000, 22},
                           Row{1080, 5'000'000, 23}, Row{720, 2'000'000, 24});
  INFO(row.height << " at " << row.threshold << " b/s");
  const auto at = [&](std::uint64_t bits_per_sec) {
    return choose_quality(picture(row.height * 16 / 9, row.height), bits_per_sec, Encoder::svt,
                          QualityTier::high);
  };
  CHECK(at(row.threshold).crf == row.crf);
  CHECK(at(row.threshold - 1).crf == row.crf + 1);
  CHECK(at(row.threshold - 1).low_bitrate);
  CHECK(at(1).crf == row.crf + 1);
  // Unknown is not low.
  CHECK(at(0).crf == row.crf);
  CHECK_FALSE(at(0).low_bitrate);
}

TEST_CASE("choose_quality stays on the ladder for every picture", "[ladder]") {
  CHECK_PROPERTY([] {
    const Stream video = picture(*rc::gen::inRange(0, 20'000), *rc::gen::inRange(0, 20'000),
                                 *rc::gen::element(0, 90, -90, 180, 270));
    const auto bits = *rc::gen::inRange<std::uint64_t>(0, 200'000'000);
    const Encoder encoder = *rc::gen::element(Encoder::svt, Encoder::aom, Encoder::rav1e);
    const QualityTier tier = *rc::gen::element(QualityTier::high, QualityTier::very_high);
    const Quality quality = choose_quality(video, bits, encoder, tier);
    RC_ASSERT(quality.crf >= 21);
    RC_ASSERT(quality.crf <= 25);
    RC_ASSERT(quality.preset >= 0);
    RC_ASSERT(quality.preset <= 5);
    RC_ASSERT(quality.tier >= 0);
  });
}

TEST_CASE("a larger picture never gets a higher CRF at the same generous bitrate", "[ladder]") {
  CHECK_PROPERTY([] {
    const int height = *rc::gen::inRange(16, 4320);
    const int larger = height + *rc::gen::inRange(0, 2000);
    const auto crf = [](int h) {
      return choose_quality(picture(h, h), kPlenty, Encoder::svt, QualityTier::high).crf;
    };
    RC_ASSERT(crf(larger) <= crf(height));
  });
}

TEST_CASE("rav1e_qp is CRF on rav1e's scale of 255, rounded", "[ladder]") {
  CHECK(rav1e_qp(0) == 0);
  CHECK(rav1e_qp(21) == 85);
  CHECK(rav1e_qp(22) == 89);
  CHECK(rav1e_qp(23) == 93);
  CHECK(rav1e_qp(24) == 97);
  CHECK(rav1e_qp(25) == 101);
  CHECK(rav1e_qp(63) == 255);
}

TEST_CASE("gop_frames is ten seconds of frames, 240 where the rate is unknown", "[ladder]") {
  CHECK(gop_frames({25, 1}) == 250);
  CHECK(gop_frames({24000, 1001}) == 239);
  CHECK(gop_frames({60000, 1001}) == 599);
  CHECK(gop_frames({1, 100}) == 1);
  CHECK(gop_frames({0, 0}) == 240);
  CHECK(gop_frames({0, 1}) == 240);
  CHECK(gop_frames({-25, 1}) == 240);
}

TEST_CASE("choose_quality gives 8K no preset that SVT-AV1 refuses", "[ladder]") {
  Stream video;
  video.width = 7680;
  video.height = 4320;
  CHECK(choose_quality(video, 0, Encoder::svt, QualityTier::very_high).preset == 5);
  CHECK(choose_quality(video, 0, Encoder::aom, QualityTier::very_high).preset == 2);
  video.width = 3840;
  video.height = 2160;
  CHECK(choose_quality(video, 0, Encoder::svt, QualityTier::very_high).preset == 2);
}

TEST_CASE("gop_frames is at least one frame and never longer than ten seconds", "[ladder]") {
  CHECK_PROPERTY([] {
    const Rational rate = {*rc::gen::inRange<std::int64_t>(1, 2'000'000'000),
                           *rc::gen::inRange<std::int64_t>(1, 2'000'000'000)};
    const int frames = gop_frames(rate);
    RC_ASSERT(frames >= 1);
    RC_ASSERT(frames <= std::max(1.0, rate.value() * 10 * (1 + 1e-12)));
  });
}
