// Which seconds are measured, with which command, and what the figure decides.
#include "av1d/quality.h"

#include "support/catch.h"
#include "support/media.h"

using namespace av1d;
using test::kMillisecond;

namespace {

std::vector<std::int64_t> times(int count, std::int64_t step_ns, std::int64_t first_ns = 0) {
  return test::packets(count, step_ns, first_ns).pts_ns;
}

MeasuredQuality quality_of(std::vector<double> figures) {
  std::vector<QualityWindow> windows;
  for (const double figure : figures) {
    windows.push_back({static_cast<double>(windows.size()) * 60, 5, 120, figure});
  }
  return summarize(std::move(windows));
}

// A film of ten minutes whose source starts at 1.4 s and whose output starts at 0.
struct Film {
  MediaInfo source;
  MediaInfo output;
  EncodePlan plan;

  explicit Film(Container container, const Config& config = {})
      : source(test::media_of(container, {test::h264_video(), test::audio()}, 15'000)) {
    source.start_secs = 1.4;
    plan = test::plan_for(source, config).value();
    output = test::output_of(source, plan, expected_output(source, plan));
    output.start_secs = 0;
  }

  std::string command(const FrameRange& window, SourceRead read = SourceRead::seek) const {
    const fs::path from = "/lib/a.film";
    const fs::path to = "/temp/a.mkv";
    const Comparison comparison{plan, source, from, 1'400 * kMillisecond, output, to, 0};
    std::string text;
    for (const auto& word : quality_args("ffmpeg", comparison, window, read)) text += word + " ";
    return text;
  }
};

}  // namespace

// ---- Windows ------------------------------------------------------------------------------------

TEST_CASE("three windows of five seconds lie around the quarters of a film", "[quality]") {
  const auto pts = times(15'000, 40 * kMillisecond, 7'000 * kMillisecond);  // ten minutes
  CHECK(choose_windows(pts, 3) ==
        std::vector<FrameRange>{{3688, 3813}, {7437, 7562}, {11187, 11312}});
}

TEST_CASE("a short film has one window", "[quality]") {
  CHECK(choose_windows(times(475, 40 * kMillisecond), 3) == std::vector<FrameRange>{{175, 300}});
  CHECK(choose_windows(times(50, 40 * kMillisecond), 3) == std::vector<FrameRange>{{0, 50}});
  CHECK(choose_windows(times(1, 40 * kMillisecond), 3) == std::vector<FrameRange>{{0, 1}});
  CHECK(choose_windows({}, 3).empty());
}

TEST_CASE("as many windows as the owner asks for are spread over the film", "[quality]") {
  const auto pts = times(15'000, 40 * kMillisecond);  // ten minutes
  CHECK(choose_windows(pts, 1) == std::vector<FrameRange>{{7437, 7562}});
  const auto many = choose_windows(pts, 9);
  REQUIRE(many.size() == 9);
  CHECK(many.front() == FrameRange{1438, 1563});  // around 60 s
  CHECK(many.back() == FrameRange{13437, 13562});
  // Never more than three quarters of the film: 18 windows of two minutes.
  CHECK(choose_windows(times(3'001, 40 * kMillisecond), 100).size() == 18);
}

TEST_CASE("windows hold frames of the film, in order, of five seconds at most", "[quality]") {
  CHECK_PROPERTY([](const std::vector<std::uint32_t>& steps) {
    const int wanted = *rc::gen::inRange(1, 101);
    std::vector<std::int64_t> pts = {0};
    for (const std::uint32_t step : steps) pts.push_back(pts.back() + 1 + step * std::int64_t{100});
    const auto windows = choose_windows(pts, wanted);
    RC_ASSERT((!windows.empty() && windows.size() <= static_cast<std::size_t>(wanted)));
    std::size_t end = 0;
    for (const auto& window : windows) {
      RC_ASSERT(window.first >= end);  // no frame is measured twice
      end = window.last;
      RC_ASSERT(window.first < window.last);
      RC_ASSERT(window.last <= pts.size());
      RC_ASSERT(pts[window.last - 1] - pts[window.first] < 5'000 * kMillisecond);
    }
  });
}

// ---- The command --------------------------------------------------------------------------------

TEST_CASE("both sides are cut halfway between frames, each on its own clock", "[quality]") {
  const std::string command = Film(Container::matroska).command({7500, 7625});
  CHECK_THAT(command, ContainsSubstring("-ss 299.000 -i file:/temp/a.mkv"));
  CHECK_THAT(command, ContainsSubstring("-ss 299.000 -i file:/lib/a.film"));
  CHECK_THAT(command, ContainsSubstring("[0:0]trim=start=299.980000:end=304.980000,"));
  CHECK_THAT(command, ContainsSubstring("[1:0]trim=start=301.380000:end=306.380000,"));
}

TEST_CASE("a source without an index is entered long before the window", "[quality]") {
  const std::string command = Film(Container::mpegts).command({7500, 7625});
  CHECK_THAT(command, ContainsSubstring("-ss 280.000 -i file:/lib/a.film"));
  CHECK_THAT(command, ContainsSubstring("-ss 299.000 -i file:/temp/a.mkv"));
}

TEST_CASE("the film's first and last frames need no border", "[quality]") {
  const Film film(Container::matroska);
  const std::string whole = film.command({0, 15'000});
  CHECK_THAT(whole, ContainsSubstring("[0:0]null,settb"));
  CHECK_THAT(whole, !ContainsSubstring("-ss"));
  CHECK_THAT(film.command({14'990, 15'000}), !ContainsSubstring("end="));
}

TEST_CASE("a source that is read from its start is cut by the numbers of frames", "[quality]") {
  const std::string command = Film(Container::avi).command({7500, 7625}, SourceRead::from_start);
  CHECK_THAT(command, !ContainsSubstring("-ss 299.000 -i file:/lib/a.film"));
  CHECK_THAT(command, ContainsSubstring("[1:0]trim=start_frame=7500:end_frame=7625,"));
  CHECK_THAT(command, ContainsSubstring("[0:0]trim=start=299.980000"));
}

TEST_CASE("the source goes through the plan's own filters first", "[quality]") {
  Film film(Container::matroska);
  film.plan.deinterlace = Deinterlace::bwdif;
  film.plan.bwdif_options = "parity=auto:deint=interlaced";
  film.plan.pad_to_even = true;
  CHECK_THAT(film.command({0, 100}), ContainsSubstring("[1:0]bwdif=mode=send_field:parity=auto:"
                                                       "deint=interlaced,format=yuv420p10le,"
                                                       "pad=w=ceil(iw/2)*2:"
                                                       "h=ceil(ih/2)*2,trim=end="));
}

// ---- The figures --------------------------------------------------------------------------------

TEST_CASE("parse_xpsnr reads the luma of ffmpeg's line and of no other", "[quality]") {
  const std::string line = "[Parsed_xpsnr_8 @ 0x7f] [info] XPSNR  y: 41.0317  u: 35.0  v: 36.7";
  CHECK(parse_xpsnr(line) == 41.0317);
  CHECK(parse_xpsnr("[Parsed_xpsnr_8 @ 0x7f] [info] XPSNR  y: inf  u: inf") == kIdenticalDb);
  CHECK(parse_xpsnr("[Parsed_xpsnr_8 @ 0x7f] [info] XPSNR  y: -1.15  u: 1") == -1.15);
  CHECK(parse_xpsnr("[Parsed_xpsnr_8 @ 0x7f] [info] XPSNR  y: nan  u: 1") == std::nullopt);
  CHECK(parse_xpsnr("    title           : XPSNR  y: 99.0  u: 1") == std::nullopt);
  CHECK(parse_xpsnr("") == std::nullopt);
}

TEST_CASE("the worst window and the mean are told", "[quality]") {
  const MeasuredQuality quality = quality_of({42, 36.5, 40});
  CHECK(quality.xpsnr_y_min == 36.5);
  CHECK(quality.xpsnr_y_mean == 39.5);
  CHECK(quality.windows.size() == 3);
}

TEST_CASE("check_quality turns down what is below the limit and nothing else", "[quality]") {
  const auto quality = quality_of({42, 36.5, 40});
  CHECK_FALSE(check_quality(quality, "", 0));
  CHECK_FALSE(check_quality(quality, "", 36.5));
  const auto reason = check_quality(quality, "", 36.6);
  REQUIRE(reason);
  CHECK(reason->code == ReasonCode::quality_gate);
  CHECK(reason->text ==
        "XPSNR is 36.50 dB in the worst of 3 windows (at 60 s) and 39.50 dB on average; "
        "min_xpsnr 36.6 asks for more");
}

TEST_CASE("what could not be measured passes only where nothing is asked for", "[quality]") {
  CHECK_FALSE(check_quality(std::nullopt, "no such filter", 0));
  const auto reason = check_quality(std::nullopt, "no such filter", 35);
  REQUIRE(reason);
  CHECK(reason->code == ReasonCode::quality_gate);
  CHECK_THAT(reason->text, ContainsSubstring("could not be measured: no such filter"));
}
