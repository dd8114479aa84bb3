// How measure_quality() asks, and what it does with an answer that means nothing.
#include "daemon/measure.h"

#include "support/catch.h"
#include "support/fake_runner.h"
#include "support/media.h"

using namespace av1d;
using test::FakeRunner;

namespace {

// A proven film of ten seconds: one window, frames 62 to 187.
struct Film {
  Examination exam;
  Proof proof;
  Toolchain tools;
  FakeRunner runner;

  explicit Film(Container container = Container::matroska) {
    exam.candidate.path = "/lib/a.mkv";
    exam.output = "/temp/a.mkv";
    exam.media = test::media_of(container, {test::h264_video(), test::audio()});
    exam.plan = test::plan_for(exam.media).value();
    const auto expected = expected_output(exam.media, *exam.plan);
    proof.output = test::output_of(exam.media, *exam.plan, expected);
    proof.source_start_ns = 0;
    tools.ffmpeg = "ffmpeg";
  }

  Result<MeasuredQuality> measure(std::stop_token stop = {}) {
    return measure_quality(exam, proof, 3, {runner, tools, 0, stop});
  }
};

test::FakeAnswer told(const std::string& figure, int frames) {
  return {.out = "frame=" + std::to_string(frames) + "\nprogress=end\n",
          .err = "[Parsed_xpsnr_8 @ 0x1] [info] XPSNR  y: " + figure + "  u: 1.0  v: 1.0\n"};
}

}  // namespace

TEST_CASE("measure_quality puts figure and place of each window on record", "[measure]") {
  Film film;
  film.runner.when("xpsnr", told("40.25", 125));
  const auto quality = film.measure();
  REQUIRE(quality);
  CHECK(*quality == MeasuredQuality{40.25, 40.25, {{2.48, 5, 125, 40.25}}});
  CHECK(film.runner.commands().size() == 1);
}

TEST_CASE("a source that was entered too late is read from its start", "[measure]") {
  Film film(Container::mpegts);
  film.runner.once("xpsnr", told("12.0", 110)).when("trim=start_frame=62", told("40.0", 125));
  const auto quality = film.measure();
  REQUIRE(quality);
  CHECK(quality->xpsnr_y_min == 40);
  CHECK(film.runner.commands().size() == 2);
}

TEST_CASE("a figure of frames that were not all there is no figure", "[measure]") {
  Film film;
  film.runner.when("xpsnr", told("12.0", 110));
  const auto quality = film.measure();
  REQUIRE_FALSE(quality);
  CHECK(quality.error().message == "110 of 125 frames could be compared");
}

TEST_CASE("a failure of ffmpeg is told with its last line", "[measure]") {
  Film film;
  film.runner.when("xpsnr",
                   {.err = "[error] No such filter: 'xpsnr'\n", .exit = test::exit_status(8)});
  const auto quality = film.measure();
  REQUIRE_FALSE(quality);
  CHECK_THAT(quality.error().message, ContainsSubstring("exit status 8"));
  CHECK_THAT(quality.error().message, ContainsSubstring("No such filter"));
}

TEST_CASE("a measurement that is stopped says so and asks no more", "[measure]") {
  Film film;
  film.runner.when("xpsnr", told("40.0", 125));
  std::stop_source stop;
  stop.request_stop();
  const auto quality = film.measure(stop.get_token());
  REQUIRE_FALSE(quality);
  CHECK(quality.error().errno_value == ECANCELED);
  CHECK(film.runner.commands().size() == 1);
}
