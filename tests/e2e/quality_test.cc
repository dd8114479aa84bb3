// The quality on record, measured by the real ffmpeg. The test picture moves: frames that are
// compared with a neighbour, a field or an unrotated picture have less than 25 dB.
#include "e2e/library.h"

namespace av1d::test {

namespace {

constexpr double kAligned = 30;  // dB

// 21 seconds: three windows, which are entered by seeking.
Words long_film() {
  return {"-f", "lavfi", "-i", "testsrc2=s=160x90:r=12000/1001:d=21"};
}

fs::path rotated_clip() {
  const fs::path upright = plain_clip("mp4");
  return clip("mp4", {"-display_rotation", "90", "-i", url(upright), "-c", "copy"});
}
fs::path interlaced_clip() {
  return clip("mkv", picture("1", "50") +
                         Words{"-vf", "interlace=scan=tff", "-flags", "+ildct+ilme", "-x264-params",
                               "tff=1"} +
                         kH264);
}
fs::path odd_clip() {
  return clip("mkv", Words{"-f", "lavfi", "-i", "testsrc2=s=321x181:d=1"} +
                         Words{"-c:v", "libx264"} +
                         Words{"-preset", "ultrafast", "-qp", "4", "-pix_fmt", "yuv444p"});
}
fs::path full_range_clip() {
  return clip("mp4", picture() + Words{"-vf", "scale=out_range=pc", "-c:v", "libx264", "-preset",
                                       "ultrafast", "-qp", "8", "-pix_fmt", "yuvj420p"});
}

}  // namespace

TEST_CASE("every kept encode has its quality on record, frame against frame", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.max_size_ratio = 1;
  library.config.deinterlace = DeinterlaceMode::bwdif;
  library.config.accept_loss = {Loss::chroma};
  const Words h264 = kH264 + Words{"-bf", "2"};
  const std::map<fs::path, std::size_t> films = {
      {library.add("short.mkv", short_clip()), 1},
      {library.add("rotated.mp4", rotated_clip()), 1},
      {library.add("interlaced.mkv", interlaced_clip()), 1},
      {library.add("padded.WEB-DL.mkv", odd_clip()), 1},
      {library.add("range.mp4", full_range_clip()), 1},
      {library.add("frames.avi",
                   clip("avi", picture("2") + Words{"-c:v", "mpeg4", "-bf", "2", "-q:v", "2"})),
       1},
      {library.add("long.mp4", clip("mp4", long_film() + h264)), 3},
      {library.add("long.ts", clip("ts", long_film() + tone("440", "21") + h264)), 3},
  };
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  for (const auto& [film, windows] : films) {
    const Job job = library.job(film);
    INFO(film << ": " << job.reason.value_or(Reason{}).text);
    REQUIRE(job.status == JobStatus::success);
    REQUIRE(job.quality.has_value());
    CHECK(job.quality->windows.size() == windows);
    CHECK(job.quality->xpsnr_y_min > kAligned);
    CHECK(job.quality->xpsnr_y_mean >= job.quality->xpsnr_y_min);
    CHECK(job.warnings == Words{});
  }
}

TEST_CASE("no window of a film is sought by decoding all that is before it", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.max_size_ratio = 1;
  library.config.ffmpeg_path = library.script(
      "ffmpeg",
      "case \"$*\" in *trim=start_frame=*) echo 'From the start' >&2; exit 8;; esac\n"
      "exec @ffmpeg@ \"$@\"\n");
  const Words h264 = kH264 + Words{"-bf", "3", "-x264-params", "b-pyramid=normal"};
  std::vector<fs::path> films;
  for (const std::string container : {"mkv", "mp4", "mov", "ts"}) {
    films.push_back(library.add("film " + container + "." + container,
                                clip(container, long_film() + tone("440", "21") + h264)));
  }
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  for (const fs::path& film : films) {
    const Job job = library.job(film);
    INFO(film);
    CHECK(job.status == JobStatus::success);
    CHECK(job.warnings == Words{});
    CHECK(job.quality.value_or(MeasuredQuality{}).windows.size() == 3);
  }
}

TEST_CASE("the owner says in how many windows the quality is measured", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  for (const int windows : {2, 0}) {
    Library library;
    library.config.max_size_ratio = 1;
    library.config.xpsnr_windows = windows;
    const fs::path film = library.add("film.mkv", clip("mkv", long_film() + kH264));
    const Finished pass = library.once();
    INFO(pass.err);
    CHECK(library.verdict(film) == "success");
    CHECK(library.job(film).quality.value_or(MeasuredQuality{}).windows.size() ==
          static_cast<std::size_t>(windows));
    CHECK(library.job(film).quality.has_value() == (windows > 0));
    CHECK(library.job(film).warnings == Words{});
  }
}

TEST_CASE("an encode with less than min_xpsnr is turned down with its figures", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.min_xpsnr = 99;
  const fs::path film = library.add("film.mkv", short_clip());
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  CHECK(library.verdict(film) == "skipped quality_gate");
  CHECK(read_file(film) == read_file(short_clip()));
  CHECK(library.leftovers() == Words{});
  CHECK(library.job(film).quality.value_or(MeasuredQuality{}).xpsnr_y_min > kAligned);
  CHECK_THAT(library.why(film), ContainsSubstring("min_xpsnr 99 asks for more"));
  CHECK_THAT(library.why(film), ContainsSubstring("Lower min_xpsnr"));

  // And when the owner asks for less, the film's turn comes.
  library.config.min_xpsnr = kAligned;
  CHECK(library.once().status == 0);
  CHECK(library.verdict(film) == "success");
}

TEST_CASE("a quality that can't be measured stops only who asks for one", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.ffmpeg_path =
      library.script("ffmpeg",
                     "case \"$*\" in *xpsnr*) echo 'No such filter' >&2; exit 8;; esac\n"
                     "exec @ffmpeg@ \"$@\"\n");
  const fs::path film = library.add("film.mkv", short_clip());
  library.config.min_xpsnr = 20;
  CHECK(library.once().status == 0);
  CHECK(library.verdict(film) == "skipped quality_gate");
  CHECK_THAT(library.why(film), ContainsSubstring("No such filter"));
  CHECK(read_file(film) == read_file(short_clip()));

  library.config.min_xpsnr = 0;
  CHECK(library.once().status == 0);
  CHECK(library.verdict(film) == "success");
  CHECK_FALSE(library.job(film).quality.has_value());
  CHECK_THAT(library.job(film).warnings.at(0), ContainsSubstring("could not be measured"));
}

}  // namespace av1d::test
