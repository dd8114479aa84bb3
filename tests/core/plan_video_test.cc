// The figures of a plan, its filters and flags, and the law that holds for every film.
#include <algorithm>
#include <map>

#include "av1d/plan.h"
#include "support/catch.h"
#include "support/media.h"

using namespace av1d;
using test::audio;
using test::cover;
using test::data;
using test::h264_video;
using test::media_of;
using test::plan_for;
using test::subtitle;
using test::video_of;

namespace {

EncodePlan planned(const MediaInfo& media, const Config& config = {}) {
  auto plan = plan_for(media, config);
  INFO((plan ? "" : plan.error().text));
  REQUIRE(plan.has_value());
  return *std::move(plan);
}

}  // namespace

// ---- The video ----------------------------------------------------------------------------------

TEST_CASE("a plan's figures come from the ladder, the frame rate and the packets", "[plan]") {
  const EncodePlan plan = planned(media_of(Container::matroska, {h264_video(), audio()}));
  CHECK(plan.crf == 23);
  CHECK(plan.preset == 3);
  CHECK(plan.gop_frames == 250);
  CHECK(plan.expected_frames == test::kFrames);
  CHECK_FALSE(plan.big_probe);
  CHECK(planned(media_of(Container::mpegts, {h264_video()})).big_probe);
}

TEST_CASE("deinterlacing doubles the frames, and only of interlaced films", "[plan]") {
  Config config;
  config.deinterlace = DeinterlaceMode::bwdif;
  MediaInfo media = media_of(Container::matroska, {h264_video(), audio()});
  CHECK(planned(media, config).deinterlace == Deinterlace::none);
  media.streams[0].field_order = "tt";
  CHECK(planned(media, config).deinterlace == Deinterlace::bwdif);
  CHECK(planned(media, config).expected_frames == 2 * test::kFrames);
  config.deinterlace = DeinterlaceMode::keep;
  CHECK(planned(media, config).deinterlace == Deinterlace::none);
}

TEST_CASE("film grain is SVT's alone and ignored with a word elsewhere", "[plan]") {
  Config config;
  config.film_grain = 8;
  const MediaInfo media = media_of(Container::matroska, {h264_video()});
  CHECK(planned(media, config).film_grain == 8);
  const auto aom = plan_for(media, config, SourceClass::unknown, Encoder::aom).value();
  CHECK(aom.film_grain == 0);
  CHECK(std::any_of(aom.reasons.begin(), aom.reasons.end(), [](const std::string& reason) {
    return reason.find("film_grain is ignored") != std::string::npos;
  }));
}

// Once HDR was gone after hours of encoding: mkvmerge can name colours that the video does not.
TEST_CASE("colours that only the container names are given to the frames", "[plan]") {
  MediaInfo media = media_of(Container::matroska, {test::hdr10_video()});
  CHECK(planned(media).container_colours.empty());
  media.frames.color_space = "unknown";
  media.frames.color_transfer = "";
  media.frames.color_primaries = "unknown";
  CHECK(video_filter(planned(media), media.streams[0]) ==
        "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc");
  media.frames.color_transfer = "bt709";  // the decoder's word counts
  const EncodePlan plan = planned(media);
  CHECK(plan.container_colours == "color_primaries=bt2020:colorspace=bt2020nc");
  CHECK(std::count(
            plan.reasons.begin(), plan.reasons.end(),
            "its container says color_trc=smpte2084, its frames do not: their word is kept") == 1);
}

TEST_CASE("web flags are given to web-like sources with sound timestamps alone", "[plan]") {
  const auto flags = [](const MediaInfo& media, SourceClass source_class) {
    return plan_for(media, {}, source_class).value().web_flags;
  };
  MediaInfo media = media_of(Container::matroska, {h264_video(), audio()});
  CHECK(flags(media, SourceClass::web_like));
  CHECK_FALSE(flags(media, SourceClass::disc_like));
  CHECK_FALSE(flags(media, SourceClass::unknown));
  for (const Container good : {Container::mp4, Container::mov}) {
    CHECK(flags(media_of(good, {h264_video(), audio()}), SourceClass::web_like));
  }
  for (const Container bad : {Container::mpegts, Container::avi, Container::flv}) {
    CHECK_FALSE(flags(media_of(bad, {h264_video(), audio()}), SourceClass::web_like));
  }
  media.packets[0].without_pts = 1;
  CHECK_FALSE(flags(media, SourceClass::web_like));
  media.packets[0].without_pts = 0;
  for (std::size_t i = 100; i < media.packets[0].pts_ns.size(); ++i) {
    media.packets[0].pts_ns[i] += 1'000 * test::kMillisecond;  // 1.04 s between two frames
  }
  CHECK_FALSE(flags(media, SourceClass::web_like));
}

// Once half a film: ffmpeg counted from the header's start, and mp4 hid what came before it.
TEST_CASE("frames before the start that a header names are kept", "[plan]") {
  MediaInfo media = media_of(Container::mp4, {h264_video(), audio()});
  CHECK(planned(media).early_ns == 0);
  media.start_secs = 0.96;
  CHECK(planned(media).early_ns == 960'000'000);
  const Argv argv = encode_args(planned(media), media, "ffmpeg", "/films/a.mp4", "/temp/a.mp4");
  const auto at = std::find(argv.begin(), argv.end(), "-itsoffset");
  REQUIRE(at != argv.end());
  CHECK(*(at + 1) == "0.960000");
  CHECK(at < std::find(argv.begin(), argv.end(), "-i"));
  media.container = Container::mpegts;  // its clock may jump
  CHECK(planned(media).early_ns == 0);
}

// Once the first frame: 0.0834167 s is a start of 0.083417 to ffmpeg, and mp4 hid what was earlier.
TEST_CASE("a start that is rounded up hides no frame", "[plan]") {
  MediaInfo media = media_of(Container::mp4, {h264_video(), audio()});
  media.streams[0].time_base = {1, 10'000'000};
  media.packets[0].first_pts_ns = 83'416'700;
  media.packets[1].first_pts_ns = 90'000'000;
  media.start_secs = 0.083417;
  CHECK(planned(media).early_ns == 1000);
  media.streams[0].time_base = {1, 90'000};  // rounded to its own tick again
  CHECK(planned(media).early_ns == 0);
  std::swap(media.packets[0].first_pts_ns, media.packets[1].first_pts_ns);
  media.streams[1].time_base = {1, 10'000'000};
  CHECK(planned(media).early_ns == 1000);
  media.start_secs = 0.083416;
  CHECK(planned(media).early_ns == 0);
}

// Once 8.9 ms of sync: Speex opens an Ogg film before zero, and Theora counts frames.
TEST_CASE("a start between two ticks of the video moves no stream against another", "[plan]") {
  MediaInfo media = media_of(Container::ogg, {h264_video(), audio("speex")});
  media.streams[0].time_base = {1, 25};
  media.start_secs = -0.008938;
  CHECK(planned(media).early_ns == -8'938'000);
  const Argv argv = encode_args(planned(media), media, "ffmpeg", "/films/a.ogv", "/temp/a.mkv");
  const auto at = std::find(argv.begin(), argv.end(), "-itsoffset");
  REQUIRE(at != argv.end());
  CHECK(*(at + 1) == "-0.008938");
  for (auto& time : media.packets[0].pts_ns) time += 400 * test::kMillisecond;
  *media.packets[0].first_pts_ns += 400 * test::kMillisecond;
  media.start_secs = 0.39;  // sound first; nine frames and three quarters
  CHECK(planned(media).early_ns == -10'000'000);
  media.start_secs = 0.4;
  CHECK(planned(media).early_ns == 0);
  media.streams[0].time_base = {1, 90000};
  media.start_secs = 0.39;
  CHECK(planned(media).early_ns == 0);
}

TEST_CASE("only web-like sources of odd size are padded to even", "[plan]") {
  const auto padded = [](int width, int height, SourceClass source_class) {
    const MediaInfo media = media_of(Container::mp4, {h264_video(width, height), audio()});
    return plan_for(media, {}, source_class).value().pad_to_even;
  };
  CHECK(padded(321, 180, SourceClass::web_like));
  CHECK(padded(320, 181, SourceClass::web_like));
  CHECK_FALSE(padded(320, 180, SourceClass::web_like));
  CHECK_FALSE(padded(321, 181, SourceClass::unknown));
  CHECK_FALSE(padded(321, 181, SourceClass::disc_like));
}

// ---- Every film ---------------------------------------------------------------------------------

TEST_CASE("a plan keeps or drops every stream exactly once, or says why not", "[plan]") {
  const auto any_stream = [] {
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        return video_of(*rc::gen::element<std::string>("h264", "vp9", "svq1", "mpeg4"));
      case 1:
        return audio(*rc::gen::element<std::string>("aac", "opus", "pcm_bluray", "pcm_u8", "?"),
                     *rc::gen::element<std::string>("", "eng", "fre", "spa"));
      case 2:
        return subtitle(*rc::gen::element<std::string>("subrip", "mov_text", "webvtt", "ttml"),
                        *rc::gen::element<std::string>("", "eng", "fre"));
      case 3:
        return test::attachment();
      case 4:
        return cover(*rc::gen::element<std::string>("mjpeg", "png", "tiff"));
      case 5:
        return data(*rc::gen::element<std::string>("tmcd", "text", "gpmd", "mebx", ""));
      default:
        return audio();
    }
  };
  CHECK_PROPERTY([&] {
    std::vector<Stream> streams;
    for (int i = 0; i < *rc::gen::inRange(0, 10); ++i) streams.push_back(any_stream());
    const MediaInfo media =
        media_of(*rc::gen::element(Container::matroska, Container::mp4, Container::mov,
                                   Container::three_gp, Container::mpegts, Container::ogg),
                 streams);
    Config config;
    if (*rc::gen::arbitrary<bool>()) config.drop_audio_languages = {"fre", "spa"};
    if (*rc::gen::arbitrary<bool>()) config.drop_subtitle_languages = {"fre"};
    if (*rc::gen::arbitrary<bool>()) {
      config.accept_loss = {Loss::data_streams, Loss::subtitles};
    }
    const auto plan = plan_for(media, config);
    if (!plan) {
      RC_ASSERT(!plan.error().text.empty());
      return;
    }
    std::map<int, int> seen;
    for (const auto& stream : plan->streams) ++seen[stream.source_index];
    for (const auto& stream : plan->dropped) ++seen[stream.source_index];
    RC_ASSERT(seen.size() == media.streams.size());
    int audio_in = 0;
    int audio_out = 0;
    for (const auto& stream : media.streams) {
      RC_ASSERT(seen[stream.index] == 1);
      audio_in += stream.type == StreamType::audio ? 1 : 0;
    }
    int encoded = 0;
    for (const auto& stream : plan->streams) {
      encoded += stream.action == StreamAction::encode ? 1 : 0;
      const auto index = static_cast<std::size_t>(stream.source_index);
      audio_out += media.streams[index].type == StreamType::audio ? 1 : 0;
    }
    RC_ASSERT(encoded == 1);
    RC_ASSERT((audio_in == 0) == (audio_out == 0));
    for (const auto& drop : plan->dropped) RC_ASSERT(!drop.why.empty());
  });
}

TEST_CASE("statistics of the old stream are known with and without their language", "[plan]") {
  for (const char* key : {"BPS", "BPS-eng", "DURATION", "NUMBER_OF_FRAMES-ger", "NUMBER_OF_BYTES",
                          "_STATISTICS_TAGS", "_STATISTICS_WRITING_APP-eng"}) {
    INFO(key);
    CHECK(is_statistics_tag(key));
  }
  for (const char* key : {"title", "BPSX", "DURATION_NOTE", "language", ""}) {
    INFO(key);
    CHECK_FALSE(is_statistics_tag(key));
  }
}
