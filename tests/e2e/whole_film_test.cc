// A film with everything that Matroska commonly carries goes through `av1d --once`: nothing of it
// may be lost but the old video codec.
#include "e2e/library.h"

namespace av1d::test {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kFont = "any bytes may be a font\0\x01\xff as far as we care"sv;
constexpr std::string_view kSubtitles =
    "1\n00:00:00,100 --> 00:00:00,600\nForced words\n\n2\n00:00:00,700 --> 00:00:00,900\nMore\n";
constexpr std::string_view kStyled =
    "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\n"
    "Style: Default,Sans,32\n\n[Events]\nFormat: Layer, Start, End, Style, Text\n"
    "Dialogue: 0,0:00:00.20,0:00:00.80,Default,{\\pos(10,20)}styled \xc3\xbcnic\xc3\xb6"
    "de\n";
constexpr std::string_view kChapters =
    ";FFMETADATA1\ntitle=Ein Titel \"quoted\" 100%\nARTIST=Somebody\n"
    "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=Kapitel Eins\n"
    "[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=Chapter 2\n";

fs::path everything_clip() {
  const std::string font = material("ttf", kFont);
  return clip(
      "mkv", picture() + tone("440") + tone("330") +
                 Words{"-i", material("srt", kSubtitles), "-i", material("ass", kStyled), "-i",
                       material("txt", kChapters)} +
                 Words{"-map", "0:v", "-map", "1:a", "-map", "2:a", "-map", "3:s", "-map", "4:s"} +
                 Words{"-map_metadata", "5", "-map_chapters", "5"} + kH264 +
                 Words{"-c:a:0", "aac", "-c:a:1", "ac3", "-c:s:0", "srt", "-c:s:1", "ass"} +
                 Words{"-metadata:s:a:0", "language=eng", "-disposition:a:0", "default"} +
                 Words{"-metadata:s:a:1", "language=ger", "-disposition:a:1", "comment"} +
                 Words{"-metadata:s:a:1", "title=Director's \"commentary\""} +
                 Words{"-metadata:s:s:0", "language=eng", "-disposition:s:0", "forced"} +
                 Words{"-metadata:s:s:1", "language=jpn", "-disposition:s:1", "default"} +
                 Words{"-attach", font, "-metadata:s:t:0", "mimetype=application/x-truetype-font"} +
                 Words{"-metadata:s:t:0", "filename=D\xc3\xa9j\xc3\xa0 Vu.ttf"} +
                 Words{"-attach", cover_picture(), "-metadata:s:t:1", "mimetype=image/png"} +
                 Words{"-metadata:s:t:1", "filename=cover.png"});
}

// A time of the last century with nanoseconds, and a mode that no umask makes.
void dress(const fs::path& path) {
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  const std::array<struct timespec, 2> times = {{{900'000'000, 123'456'700}, {800'000'000, 42}}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
}

std::string attribute_of(const fs::path& path) {
  std::array<char, 64> value{};
  const ssize_t size = ::getxattr(path.c_str(), "user.rating", value.data(), value.size());
  return size < 0 ? "" : std::string(value.data(), static_cast<std::size_t>(size));
}

}  // namespace

TEST_CASE("av1d --once carries a whole Matroska film over and replaces it", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path original = everything_clip();
  const fs::path film = library.add("Films/A Film (2019)/A Film.mkv", original);
  const bool attributes = ::setxattr(film.c_str(), "user.rating", "five", 4, 0) == 0;
  dress(film);

  const Finished pass = library.once();
  INFO(pass.err);
  REQUIRE(pass.status == 0);
  REQUIRE(library.verdict(film) == "success");
  CHECK(pass.out.empty());

  {  // the film
    CHECK(streams_of(film) == streams_as_av1(streams_of(original)));
    CHECK(content_of(film) == content_of(original));
    CHECK(chapters_of(film) == chapters_of(original));
    CHECK(ask(film, "format_tags=title,ARTIST") == ask(original, "format_tags=title,ARTIST"));
    CHECK(largest_shift(frame_times(film), frame_times(original)) <= 0.0015);
    CHECK(video(film, "pix_fmt") == "yuv420p10le");
    CHECK(video(film, "width") == "320");
    CHECK(video(film, "height") == "180");
    CHECK(attachment_of(film, 5) == kFont);
    CHECK(cover_of(film, 6) == read_file(cover_picture()));
    CHECK(decode_errors(film) == "");
    CHECK(fs::file_size(film) < fs::file_size(original));
  }
  {  // the file
    CHECK(mode_of(film) == 0640U);
    CHECK(mtime_of(film) == 800'000'000'000'000'042);
    if (attributes) CHECK(attribute_of(film) == "five");
    CHECK(library.leftovers() == Words{});
    CHECK(snapshot(library.root()).size() == 3);  // two directories and the film
  }
  {  // the job
    const Job job = library.job(film);
    CHECK(library.jobs().size() == 1);
    CHECK(job.output_path == film);
    CHECK(job.original_bytes == fs::file_size(original));
    CHECK(job.new_bytes == fs::file_size(film));
    CHECK(job.encoder_used == Encoder::svt);
    CHECK(job.crf_used.value_or(0) > 0);
    CHECK(job.preset_used.has_value());
    CHECK(job.video_codec == "h264");
    CHECK(job.video_width == 320);
    CHECK(job.video_height == 180);
    CHECK_FALSE(job.is_hdr);
    CHECK(job.attempts == 1);
    CHECK(job.stage == JobStage::none);
    CHECK_FALSE(job.reason.has_value());
    CHECK_FALSE(job.journal.has_value());
    CHECK(job.finished_at.has_value());
    CHECK(job.streams.size() == 7);
    REQUIRE(job.result.has_value());
    CHECK(job.result->path == film);
    CHECK(job.result->size_bytes == fs::file_size(film));
    CHECK(job.result->mtime_ns == mtime_of(film));
    CHECK(job.warnings.empty());
    CHECK(mode_of(library.config.job_state_dir / (job.id + ".json")) == 0644U);
  }
}

TEST_CASE("av1d --once keeps the original beside the film when it is told to", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.keep_original = true;
  const fs::path film = library.add("film.mkv", plain_clip());
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  CHECK(is_av1(film));
  CHECK(read_file(film.native() + ".orig") == read_file(plain_clip()));
  CHECK(library.leftovers() == Words{});
  CHECK(library.once().status == 0);
  CHECK(library.jobs().size() == 1);  // the .orig is no candidate
}

}  // namespace av1d::test
