// The canonical command line: what stands where, and what must never stand there.
#include <algorithm>

#include "av1d/plan.h"
#include "support/catch.h"
#include "support/media.h"

using namespace av1d;
using test::audio;
using test::h264_video;
using test::media_of;
using test::plan_for;
using test::subtitle;
using Argv = std::vector<std::string>;

namespace {

Argv args_of(const MediaInfo& media, const EncodePlan& plan) {
  return encode_args(plan, media, "/usr/bin/ffmpeg", "/films/a.mkv", "/temp/out.mkv");
}

Argv args_of(const MediaInfo& media) {
  return args_of(media, plan_for(media).value());
}

std::ptrdiff_t place(const Argv& argv, const std::string& word) {
  const auto it = std::find(argv.begin(), argv.end(), word);
  return it == argv.end() ? -1 : it - argv.begin();
}

bool has(const Argv& argv, const std::string& word) {
  return place(argv, word) >= 0;
}

// The words behind each occurrence of an option.
Argv values(const Argv& argv, const std::string& option) {
  Argv found;
  for (std::size_t i = 0; i + 1 < argv.size(); ++i) {
    if (argv[i] == option) found.push_back(argv[i + 1]);
  }
  return found;
}

std::string value(const Argv& argv, const std::string& option) {
  const Argv found = values(argv, option);
  return found.size() == 1 ? found.front() : "(" + std::to_string(found.size()) + " times)";
}

// Video, cover, two sounds, subtitles, a font: outputs 0 1 2 3 4 and the cover as 5.
MediaInfo rich_film() {
  Stream first = audio("dts", "ger");
  first.dispositions = {"default"};
  return media_of(Container::matroska,
                  {h264_video(), test::cover(), first, audio(), subtitle(), test::attachment()});
}

}  // namespace

TEST_CASE("the command maps every stream by its absolute index", "[plan][args]") {
  const Argv argv = args_of(rich_film());
  CHECK(values(argv, "-map") == Argv{"0:0", "0:2", "0:3", "0:4", "0:5"});
  CHECK(value(argv, "-map_metadata") == "0");
  CHECK(value(argv, "-map_chapters") == "0");
  // `-map 0` would take what the plan doesn't know.
  for (const auto& map : values(argv, "-map")) CHECK(map.find(':') != std::string::npos);
}

TEST_CASE("the command writes no tags of the film where they are carried as they are",
          "[plan][args]") {
  const MediaInfo media = rich_film();
  EncodePlan plan = test::plan_for(media).value();
  plan.mp4_carry.has_the_tags = true;
  plan.format_tags = {{"creation_time", "2020-01-02T03:04:05Z"}};
  const Argv argv = encode_args(plan, media, "ffmpeg", "/in.mov", "/out.mp4");
  CHECK(values(argv, "-map_metadata").empty());  // tracks keep theirs
  CHECK(value(argv, "-map_metadata:g") == "-1");
  CHECK(value(argv, "-metadata") == "creation_time=2020-01-02T03:04:05Z");
}

TEST_CASE("the command reads one local file through known demuxers only", "[plan][args]") {
  const Argv argv = args_of(rich_film());
  CHECK(argv.front() == "/usr/bin/ffmpeg");
  CHECK(has(argv, "-nostdin"));
  CHECK(values(argv, "-i") == Argv{"file:/films/a.mkv"});
  CHECK(place(argv, "-protocol_whitelist") < place(argv, "-i"));
  CHECK(place(argv, "-format_whitelist") < place(argv, "-i"));
  CHECK(value(argv, "-drop_changed") == "1");
  CHECK(place(argv, "-drop_changed") < place(argv, "-i"));
  CHECK(value(argv, "-protocol_whitelist") == "file,pipe");
  CHECK(argv.back() == "file:/temp/out.mkv");
  CHECK(value(argv, "-f") == "matroska");
  CHECK(value(argv, "-loglevel") == "repeat+level+warning");
  CHECK(value(argv, "-progress") == "pipe:1");
}

TEST_CASE("names that look like options or protocols are taken literally", "[plan][args]") {
  const MediaInfo media = rich_film();
  const EncodePlan plan = plan_for(media).value();
  for (const char* name :
       {"-y.mkv", "concat:a|b.mkv", "a%03d.mkv", "$(reboot).mkv", "a\nb'c\".mkv", "\xff\xfe.mkv"}) {
    const Argv argv = encode_args(plan, media, "ffmpeg", fs::path("/f") / name, "/temp/o.mkv");
    CHECK(value(argv, "-i") == "file:/f/" + std::string(name));
  }
}

TEST_CASE("every mapped stream but attachments has its disposition said", "[plan][args]") {
  const MediaInfo media = rich_film();
  const Argv argv = args_of(media);
  CHECK(value(argv, "-disposition:0") == "default");
  CHECK(value(argv, "-disposition:1") == "default");
  CHECK(value(argv, "-disposition:2") == "0");
  CHECK(value(argv, "-disposition:3") == "0");
  CHECK_FALSE(has(argv, "-disposition:4"));
  CHECK_FALSE(has(argv, "-disposition:5"));
}

TEST_CASE("several dispositions of one stream are one word", "[plan][args]") {
  Stream sound = audio();
  sound.dispositions = {"default", "forced", "comment"};
  const Argv argv = args_of(media_of(Container::matroska, {h264_video(), sound}));
  CHECK(value(argv, "-disposition:1") == "comment+default+forced");
}

TEST_CASE("a cover in mp4 keeps its disposition by its output index", "[plan][args]") {
  const Argv argv = args_of(media_of(Container::mp4, {h264_video(), test::cover(), audio()}));
  CHECK(value(argv, "-disposition:1") == "attached_pic");
  CHECK(value(argv, "-c:1") == "copy");
  CHECK_FALSE(has(argv, "-attach"));
  CHECK(value(argv, "-f") == "mp4");
  CHECK(value(argv, "-movflags") == "+faststart");
  CHECK(value(argv, "-strict") == "experimental");
}

TEST_CASE("options carry the index of the output stream", "[plan][args]") {
  const Argv argv = args_of(media_of(Container::matroska, {audio(), subtitle(), h264_video()}));
  CHECK(value(argv, "-c:0") == "copy");
  CHECK(value(argv, "-c:1") == "copy");
  CHECK(value(argv, "-c:2") == "libsvtav1");
  CHECK(value(argv, "-preset:2") == "3");
  CHECK(value(argv, "-crf:2") == "23");
  CHECK(value(argv, "-g:2") == "250");
  CHECK(value(argv, "-pix_fmt:2") == "yuv420p10le");
  CHECK(value(argv, "-fps_mode:2") == "passthrough");
  CHECK(value(argv, "-enc_time_base:2") == "filter");
  for (const char* loose : {"-c", "-c:v", "-codec", "-preset", "-crf", "-g", "-pix_fmt",
                            "-fps_mode", "-disposition", "-filter", "-vf"}) {
    INFO(loose);
    CHECK_FALSE(has(argv, loose));
  }
}

TEST_CASE("an option behind a dropped stream carries the output's index, not the source's",
          "[plan][args]") {
  Config config;
  config.drop_audio_languages = {"fre"};
  const MediaInfo media =
      media_of(Container::matroska, {audio("aac", "fre"), h264_video(), audio("ac3", "eng")});
  const Argv argv = args_of(media, plan_for(media, config).value());
  CHECK(values(argv, "-map") == Argv{"0:1", "0:2"});
  CHECK(value(argv, "-c:0") == "libsvtav1");
  CHECK(value(argv, "-metadata:s:1") == "language=eng");
}

TEST_CASE("nothing that changes times or colours is in any command", "[plan][args]") {
  for (const Encoder encoder : {Encoder::svt, Encoder::aom, Encoder::rav1e}) {
    const MediaInfo media = media_of(Container::matroska, {test::hdr10_video(), audio()});
    const Argv argv = args_of(media, plan_for(media, {}, SourceClass::disc_like, encoder).value());
    for (const auto& word : argv) {
      INFO(word);
      for (const char* never : {"-vsync", "-color", "-noautorotate", "-apply_cropping",
                                "-avoid_negative_ts", "-err_detect", "-xerror", "setsar"}) {
        CHECK(word.find(never) == std::string::npos);
      }
    }
    CHECK_FALSE(has(argv, "-copyts"));
    CHECK_FALSE(has(argv, "-fflags"));
  }
}

TEST_CASE("web flags stand before the input", "[plan][args]") {
  const MediaInfo media = rich_film();
  const Argv argv = args_of(media, plan_for(media, {}, SourceClass::web_like).value());
  CHECK(value(argv, "-fflags") == "+genpts");
  for (const char* flag : {"-fflags", "-copyts", "-start_at_zero"}) {
    CHECK(place(argv, flag) > 0);
    CHECK(place(argv, flag) < place(argv, "-i"));
  }
}

TEST_CASE("late streams are looked for as far as the probe did", "[plan][args]") {
  const Argv deep = args_of(media_of(Container::mpegts, {h264_video(), audio()}));
  CHECK(value(deep, "-probesize") == "200M");
  CHECK(place(deep, "-analyzeduration") < place(deep, "-i"));
  CHECK_FALSE(has(args_of(rich_film()), "-probesize"));
}

TEST_CASE("statistics of the old stream are removed where the stream is new", "[plan][args]") {
  MediaInfo media = rich_film();
  media.streams[0].tags = {{"BPS", "1"}, {"NUMBER_OF_FRAMES-eng", "250"}, {"title", "Film"}};
  media.streams[2].tags["BPS"] = "1509000";
  const Argv argv = args_of(media);
  const Argv video = values(argv, "-metadata:s:0");
  CHECK(std::count(video.begin(), video.end(), "BPS=") == 1);
  CHECK(std::count(video.begin(), video.end(), "NUMBER_OF_FRAMES-eng=") == 1);
  const Argv sound = values(argv, "-metadata:s:1");
  CHECK(std::count(sound.begin(), sound.end(), "BPS=") == 0);
}

TEST_CASE("creation times are written again, ffmpeg drops them", "[plan][args]") {
  MediaInfo media = rich_film();
  media.tags["creation_time"] = "2013-11-29T12:19:32.000000Z";
  media.streams[2].tags["creation_time"] = "2014-01-01T00:00:00.000000Z";
  const Argv argv = args_of(media);
  CHECK(value(argv, "-metadata") == "creation_time=2013-11-29T12:19:32.000000Z");
  const Argv sound = values(argv, "-metadata:s:1");
  CHECK(std::count(sound.begin(), sound.end(), "creation_time=2014-01-01T00:00:00.000000Z") == 1);
}

TEST_CASE("a title with quotes, newlines and equal signs stays one word", "[plan][args]") {
  const std::string title = "it's \"1=2\"\n-map 0; rm *";
  MediaInfo media = rich_film();
  media.streams[3].tags["title"] = title;
  const Argv argv = args_of(media);
  CHECK(values(argv, "-metadata:s:2") == Argv{"language=eng", "title=" + title});
}

TEST_CASE("QuickTime's name of a track becomes its title", "[plan][args]") {
  MediaInfo media = media_of(Container::mov, {h264_video(), audio("aac", "")});
  media.streams[1].tags["name"] = "Director";
  CHECK(value(args_of(media), "-metadata:s:1") == "title=Director");
}

TEST_CASE("covers are extracted, then attached with their names behind all maps", "[plan][args]") {
  const MediaInfo media = rich_film();
  const EncodePlan plan = plan_for(media).value();
  const Argv argv = args_of(media, plan);
  CHECK(value(argv, "-attach") == "file:/temp/job7.1.jpg");
  CHECK(values(argv, "-metadata:s:5") == Argv{"mimetype=image/jpeg", "filename=cover.jpg"});
  const Argv extract = extract_args(plan, "ffmpeg", "/films/a.mkv");
  CHECK(values(extract, "-map") == Argv{"0:1"});
  CHECK(value(extract, "-c") == "copy");
  CHECK(extract.back() == "file:/temp/job7.1.jpg");
  CHECK(place(extract, "-protocol_whitelist") < place(extract, "-i"));
  const MediaInfo bare = media_of(Container::matroska, {h264_video(), audio()});
  CHECK(extract_args(plan_for(bare).value(), "ffmpeg", "/films/a.mkv").empty());
}

TEST_CASE("each encoder has its own words for quality and speed", "[plan][args]") {
  const MediaInfo media = rich_film();
  const auto argv_for = [&](Encoder encoder) {
    return args_of(media, plan_for(media, {}, SourceClass::unknown, encoder).value());
  };
  const Argv svt = argv_for(Encoder::svt);
  CHECK(value(svt, "-c:0") == "libsvtav1");
  CHECK_FALSE(has(svt, "-svtav1-params:0"));
  const Argv aom = argv_for(Encoder::aom);
  CHECK(value(aom, "-c:0") == "libaom-av1");
  CHECK(value(aom, "-cpu-used:0") == "3");
  CHECK(value(aom, "-crf:0") == "23");
  CHECK(value(aom, "-b:0") == "0");
  CHECK(value(aom, "-row-mt:0") == "1");
  CHECK(value(aom, "-tiles:0") == "2x1");
  const Argv rav1e = argv_for(Encoder::rav1e);
  CHECK(value(rav1e, "-c:0") == "librav1e");
  CHECK(value(rav1e, "-qp:0") == "93");
  CHECK(value(rav1e, "-speed:0") == "2");
  CHECK_FALSE(has(rav1e, "-crf:0"));  // accepted and ignored by ffmpeg
}

TEST_CASE("libaom's tiles follow the picture", "[plan][args]") {
  const auto tiles = [](int width, int height) {
    const MediaInfo media = media_of(Container::matroska, {h264_video(width, height)});
    return value(args_of(media, plan_for(media, {}, SourceClass::unknown, Encoder::aom).value()),
                 "-tiles:0");
  };
  CHECK(tiles(1280, 720) == "2x1");
  CHECK(tiles(1920, 1080) == "2x1");
  CHECK(tiles(2560, 1440) == "2x2");
  CHECK(tiles(3840, 2160) == "2x2");
  CHECK(tiles(7680, 4320) == "3x2");
}

TEST_CASE("film grain and a rate above SVT's limit are its parameters", "[plan][args]") {
  Config config;
  config.film_grain = 10;
  MediaInfo media = rich_film();
  CHECK(value(args_of(media, plan_for(media, config).value()), "-svtav1-params:0") ==
        "film-grain=10");
  media.streams[0].frame_rate = {600, 1};
  CHECK(value(args_of(media, plan_for(media, config).value()), "-svtav1-params:0") ==
        "film-grain=10:fps-num=240:fps-denom=1");
}

TEST_CASE("filters stand only where the plan asks for them", "[plan][args]") {
  MediaInfo media = media_of(Container::mp4, {h264_video(321, 181), audio()});
  CHECK_FALSE(has(args_of(media), "-filter:0"));
  const Argv padded = args_of(media, plan_for(media, {}, SourceClass::web_like).value());
  CHECK(value(padded, "-filter:0") == "format=yuv420p10le,pad=w=ceil(iw/2)*2:h=ceil(ih/2)*2");
  Config config;
  config.deinterlace = DeinterlaceMode::bwdif;
  media.frames.interlaced = media.frames.sampled;
  const Argv both = args_of(media, plan_for(media, config, SourceClass::web_like).value());
  CHECK(value(both, "-filter:0") ==
        "bwdif=mode=send_field:parity=auto:deint=interlaced,format=yuv420p10le,"
        "pad=w=ceil(iw/2)*2:h=ceil(ih/2)*2");
  // Frames that don't say that they are interlaced: all of them, in the order that is known.
  media.frames.interlaced = 0;
  media.streams[0].field_order = "bt";
  CHECK_THAT(value(args_of(media, plan_for(media, config).value()), "-filter:0"),
             ContainsSubstring("parity=bff:deint=all"));
}

TEST_CASE("Dolby Vision is asked of the encoder only where the plan keeps it", "[plan][args]") {
  MediaInfo media = media_of(Container::mp4, {test::hdr10_video(), audio()});
  CHECK_FALSE(has(args_of(media), "-dolbyvision:0"));
  EncodePlan plan = plan_for(media).value();
  plan.dolby_vision = true;
  CHECK(value(args_of(media, plan), "-dolbyvision:0") == "1");
  CHECK(value(args_of(media, plan), "-strict") == "experimental");  // else mp4 has no record of it
}

TEST_CASE("RGB is given a matrix, which ffmpeg would leave unsaid", "[plan][args]") {
  Config config;
  config.accept_loss = {Loss::chroma};
  MediaInfo media = rich_film();
  media.streams[0].pixel_format = "gbrp";
  CHECK_THAT(value(args_of(media, plan_for(media, config).value()), "-filter:0"),
             ContainsSubstring("out_color_matrix=bt709"));
}

TEST_CASE("where the chroma samples lie is said, the conversion to 10 bits forgets it",
          "[plan][args]") {
  MediaInfo media = rich_film();
  CHECK_FALSE(has(args_of(media), "-chroma_sample_location:0"));
  media.streams[0].chroma_location = "topleft";
  CHECK(value(args_of(media), "-chroma_sample_location:0") == "topleft");
  media.streams[0].chroma_location = "center";  // AV1 has no word for it
  CHECK_FALSE(has(args_of(media), "-chroma_sample_location:0"));
}

TEST_CASE("a converted stream names its encoder", "[plan][args]") {
  const Argv argv =
      args_of(media_of(Container::mov, {h264_video(), audio("pcm_u8"), subtitle("mov_text")}));
  CHECK(value(argv, "-c:1") == "copy");
  CHECK(value(argv, "-c:2") == "srt");
}

TEST_CASE("the command names the tag that makes room for boxes", "[plan][args]") {
  const MediaInfo media = media_of(Container::mp4, {h264_video(), audio()});
  EncodePlan plan = plan_for(media).value();
  CHECK(values(args_of(media, plan), "-metadata").empty());
  plan.mp4_carry.room = {"synopsis", "room"};
  CHECK(values(args_of(media, plan), "-metadata") == Argv{"synopsis=room"});
}
