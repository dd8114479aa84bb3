// The containers and the kinds of picture that libraries hold, each through `av1d --once`.
#include "e2e/library.h"

namespace av1d::test {

namespace {

constexpr std::string_view kSubtitles =
    "1\n00:00:00,100 --> 00:00:00,600\nWords\n\n2\n00:00:00,700 --> 00:00:00,900\nMore\n";
constexpr std::string_view kChapters =
    ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=One\n"
    "[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=Two\n";

// Runs one pass over the one film and says where it stands afterwards.
fs::path converted(const Library& library, const fs::path& film) {
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  CHECK(library.leftovers() == Words{});
  const Job job = library.job(film);
  REQUIRE(library.verdict(film) == "success");
  REQUIRE(job.result.has_value());
  CHECK(is_av1(job.result->path));
  CHECK(decode_errors(job.result->path) == "");
  return job.result->path;
}

// Of the streams alone: a transport stream's programs list them a second time.
std::string text_of(const fs::path& path, const std::string& entries) {
  return run({tools().ffprobe, "-v", "error", "-show_entries", entries, "-of", "csv=p=0",
              url(path)})
      .out;
}

Words subtitles_and_chapters() {
  return {"-i", material("srt", kSubtitles), "-i", material("txt", kChapters)};
}

// An mp4 whose subtitles have gone through a bitstream filter.
fs::path subtitled_mp4(const std::string& filter) {
  const fs::path plain = clip("mp4", picture() + tone() + subtitles_and_chapters() +
                                         Words{"-map", "0:v", "-map", "1:a", "-map", "2:s"} +
                                         kH264 + Words{"-c:a", "aac", "-c:s", "mov_text"});
  return clip("mp4",
              Words{"-i", plain.string(), "-map", "0", "-c", "copy"} + Words{"-bsf:s", filter});
}

Words colours(const std::string& transfer) {
  return {"-vf",
          "format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=" + transfer +
              ":colorspace=bt2020nc:range=tv",
          "-c:v",
          "libx265",
          "-preset",
          "ultrafast",
          "-qp:v",
          "8"};
}

fs::path hdr10_clip(const std::string& extension) {
  const fs::path mkv =
      clip("mkv", picture() + colours("smpte2084") +
                      Words{"-x265-params",
                            "log-level=error:colorprim=bt2020:transfer=smpte2084:"
                            "colormatrix=bt2020nc:range=limited:hdr-opt=1:repeat-headers=1:"
                            "master-display=G(13250,34500)B(7500,3000)R(34000,16000)"
                            "WP(15635,16450)L(10000000,1):max-cll=1000,400"});
  if (extension == "mkv") return mkv;
  return clip(extension, {"-i", mkv, "-c", "copy", "-tag:v", "hvc1"});
}

// Mastering display and light level as the first frame shows them.
Words static_hdr_of(const fs::path& path) {
  const std::string entries =
      "frame_side_data=red_x,red_y,green_x,green_y,blue_x,blue_y,"
      "white_point_x,white_point_y,min_luminance,max_luminance,"
      "max_content,max_average";
  const Finished answer =
      run({tools().ffprobe, "-v", "error", "-select_streams", "v:0", "-read_intervals", "%+#1",
           "-show_entries", entries, "-of", "default=nw=1", url(path)});
  std::map<std::string, double> values;
  for (const auto& line : lines_of(answer.out)) {
    const std::size_t equals = line.find('=');
    const std::size_t slash = line.find('/');
    if (equals == std::string::npos) continue;
    const double over = slash == std::string::npos ? 1 : std::stod(line.substr(slash + 1));
    values[line.substr(0, equals)] = std::stod(line.substr(equals + 1)) / over;
  }
  Words rounded;  // AV1 has other denominators
  for (const auto& [name, value] : values) {
    rounded.push_back(name + "=" + std::to_string(std::lround(value * 1000)));
  }
  return rounded;
}

}  // namespace

TEST_CASE("an mp4 keeps its cover, its subtitles and its chapters", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path original = clip(
      "mp4", picture() + tone() + subtitles_and_chapters() + Words{"-i", cover_picture()} +
                 Words{"-map", "0:v", "-map", "1:a", "-map", "2:s", "-map", "4:v"} +
                 Words{"-map_chapters", "3", "-metadata", "title=A film"} +
                 Words{"-c:v:0", "libx264", "-preset", "ultrafast", "-qp:v", "8", "-pix_fmt:v:0",
                       "yuv420p", "-c:v:1", "copy", "-c:a", "aac", "-c:s", "mov_text"} +
                 Words{"-metadata:s:a:0", "language=eng", "-metadata:s:s:0", "language=fra"} +
                 Words{"-disposition:v:1", "attached_pic"});
  const fs::path film = library.add("film.mp4", original);
  REQUIRE(converted(library, film) == film);
  const std::string kinds =
      "stream=codec_type,codec_name:stream_tags=language"
      ":stream_disposition=default,attached_pic";
  CHECK(ask(film, kinds) == streams_as_av1(ask(original, kinds)));
  CHECK(content_of(film) == content_of(original));
  CHECK(chapters_of(film) == chapters_of(original));
  CHECK(ask(film, "format_tags=title") == ask(original, "format_tags=title"));
  CHECK(content_of(film, {"0:v:1"}) == content_of(original, {"0:v:1"}));
  CHECK(library.jobs().size() == 1);
}

// Once a failed proof: ffmpeg added gaps to those of the source, and texts slipped by milliseconds.
TEST_CASE("an mp4 that counts its subtitles in milliseconds keeps their times", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path original = subtitled_mp4("setts=time_base=1/1000");
  const fs::path film = library.add("film.mp4", original);
  REQUIRE(converted(library, film) == film);
  // Of each text when it comes, how long it stays and its bytes; gaps have two.
  const auto texts = [](const fs::path& path) {
    Words lines = ask(path, "packet=pts_time,duration_time,size", {"-select_streams", "s"});
    std::erase_if(lines, [](const std::string& line) { return line.ends_with("size=2"); });
    return lines;
  };
  REQUIRE(texts(original).size() > 1);
  CHECK(texts(film) == texts(original));
}

TEST_CASE("an mp4 keeps a track of subtitles in which nothing is said", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path original = subtitled_mp4("noise=amount=0:drop=gt(size\\,2)");
  REQUIRE(ask(original, "packet=size", {"-select_streams", "s"}).size() > 1);
  const fs::path film = library.add("film.mp4", original);
  REQUIRE(converted(library, film) == film);
  CHECK(ask(film, "stream=codec_name", {"-select_streams", "s"}) == Words{"codec_name=mov_text"});
}

TEST_CASE("an m4v stays an m4v", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  // FFmpeg's own m4v is a raw stream.
  const fs::path film = library.add("film.m4v", plain_clip("mp4"));
  REQUIRE(converted(library, film) == film);
  CHECK(content_of(film) == content_of(plain_clip("mp4")));
}

TEST_CASE("a mov with sound that mp4 does not hold loses none of it", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path original = clip("mov", picture() + tone() + kH264 + Words{"-c:a", "pcm_s24le"});
  const fs::path film = library.add("film.mov", original);
  const fs::path result = converted(library, film);
  CHECK_FALSE(fs::exists(film));  // the result has the name of its container
  CHECK(result.stem() == "film");
  const auto samples = [](const fs::path& path) {
    return run({tools().ffmpeg, "-v", "error", "-i", url(path), "-map", "0:a", "-c:a", "pcm_s24le",
                "-f", "md5", "-"})
        .out;
  };
  CHECK(samples(result) == samples(original));
  CHECK(snapshot(library.root()).size() == 1);
}

TEST_CASE("a webm stays a webm", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path original =
      clip("webm", picture() + tone() +
                       Words{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8",
                             "-b:v", "0", "-crf", "1", "-pix_fmt", "yuv420p", "-c:a", "libopus"});
  const fs::path film = library.add("film.webm", original);
  REQUIRE(converted(library, film) == film);
  CHECK(ask(film, "format=format_name") == ask(original, "format=format_name"));
  CHECK(content_of(film) == content_of(original));
}

// A film on a 3D disc says in its frames how its two views are packed. FFmpeg 9 wrote "unspecified"
// to mp4, and the proof did not ask.
TEST_CASE("a stereo film in mp4 becomes an mkv that says how it is packed", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path film = library.add(
      "film.mp4", clip("mp4", picture() + kH264 + Words{"-x264-params", "frame-packing=3"}));
  const fs::path result = converted(library, film);
  CHECK(result.extension() == ".mkv");
  CHECK(text_of(result, "stream_side_data=type").find("side by side") != std::string::npos);
}

// A recording of a broadcast: ffprobe shows two flags, of which Matroska has one for sound.
TEST_CASE("a recording with audio description keeps it marked", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path original =
      clip("ts", picture() + tone() +
                     Words{"-map", "0:v", "-map", "1:a", "-map", "1:a", "-c:a", "mp2",
                           "-disposition:a:1", "visual_impaired"} +
                     kH264);
  REQUIRE(text_of(original, "stream_disposition=descriptions").find('1') != std::string::npos);
  const fs::path result = converted(library, library.add("film.ts", original));
  CHECK(text_of(result, "stream_disposition=visual_impaired") ==
        text_of(original, "stream_disposition=visual_impaired"));
}

TEST_CASE("HDR10 keeps its colours, mastering display and light level", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const std::string extension = GENERATE("mkv", "mp4");
  INFO(extension);
  const Library library;
  const fs::path original = hdr10_clip(extension);
  const fs::path film = library.add("film." + extension, original);
  REQUIRE(converted(library, film) == film);
  for (const std::string field :
       {"color_range", "color_space", "color_transfer", "color_primaries"}) {
    INFO(field);
    CHECK(video(film, field) == video(original, field));
  }
  CHECK(video(film, "color_transfer") == "smpte2084");
  CHECK(static_hdr_of(original).size() == 12);
  CHECK(static_hdr_of(film) == static_hdr_of(original));
  CHECK(library.job(film).is_hdr);
}

TEST_CASE("HLG keeps its transfer function", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path original =
      clip("mkv", picture() + colours("arib-std-b67") +
                      Words{"-x265-params",
                            "log-level=error:colorprim=bt2020:transfer=arib-std-b67:"
                            "colormatrix=bt2020nc"});
  const fs::path film = library.add("film.mkv", original);
  REQUIRE(converted(library, film) == film);
  CHECK(video(film, "color_transfer") == "arib-std-b67");
  CHECK(video(film, "color_primaries") == "bt2020");
  CHECK(library.job(film).is_hdr);
}

TEST_CASE("a film of variable frame rate keeps the time of every frame", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path original = clip(
      "mkv",
      picture("2", "30") + tone("440", "2") +
          Words{"-vf", "select='not(eq(mod(n,7),3))*not(between(n,20,33))'", "-fps_mode", "vfr"} +
          kH264 + Words{"-c:a", "aac"});
  const fs::path film = library.add("film.mkv", original);
  REQUIRE(converted(library, film) == film);
  CHECK(frame_times(original).size() > 30);
  CHECK(largest_shift(frame_times(film), frame_times(original)) <= 0.0015);
}

TEST_CASE("a rotated film is upright afterwards", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path original =
      clip("mp4", {"-display_rotation", "90", "-i", plain_clip("mp4"), "-c", "copy"});
  const fs::path film = library.add("film.mp4", original);
  REQUIRE(converted(library, film) == film);
  CHECK(video(film, "width") == "180");
  CHECK(video(film, "height") == "320");
  CHECK(ask(film, "stream_side_data=rotation", {"-select_streams", "v:0"}).empty());
  // The same picture: ffmpeg turns the original while it decodes it.
  const auto thumbnail = [](const fs::path& path) {
    return run({tools().ffmpeg, "-v", "error", "-i", url(path), "-frames:v", "1", "-vf",
                "scale=9:16,format=gray", "-f", "rawvideo", "-"})
        .out;
  };
  const std::string before = thumbnail(original), after = thumbnail(film);
  REQUIRE(before.size() == 9 * 16);
  REQUIRE(after.size() == before.size());
  int worst = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<unsigned char>(before[i]) -
                                     static_cast<unsigned char>(after[i])));
  }
  CHECK(worst < 16);
}

TEST_CASE("an anamorphic film keeps the shape of its pixels", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const std::string extension = GENERATE("mkv", "mp4");
  INFO(extension);
  const Library library;
  const fs::path original = clip(extension, picture() + Words{"-vf", "setsar=64/45"} + kH264);
  const fs::path film = library.add("film." + extension, original);
  REQUIRE(video(original, "sample_aspect_ratio") == "64:45");
  REQUIRE(converted(library, film) == film);
  CHECK(video(film, "sample_aspect_ratio") == "64:45");
  CHECK(video(film, "width") == "320");
}

}  // namespace av1d::test
