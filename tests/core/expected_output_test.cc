// What the output must be, given what the plan does to it on purpose.
#include "av1d/expected_output.h"

#include "support/catch.h"
#include "support/media.h"

using namespace av1d;
using test::audio;
using test::h264_video;
using test::media_of;
using test::plan_for;
using test::subtitle;

namespace {

ExpectedOutput expected(const MediaInfo& media, const Config& config = {},
                        SourceClass source_class = SourceClass::unknown) {
  return expected_output(media, plan_for(media, config, source_class).value());
}

MediaInfo film_of(const Stream& video) {
  return media_of(Container::matroska, {video, audio()});
}

}  // namespace

TEST_CASE("expected_output names each stream's codec and how its content is proven", "[expected]") {
  const MediaInfo media = media_of(
      Container::mov,
      {test::cover("png"), h264_video(), audio("pcm_s8"), subtitle("mov_text"), audio("ac3")});
  const ExpectedOutput want = expected(media);
  REQUIRE(want.streams.size() == 5);
  CHECK(want.container == OutputContainer::matroska);
  CHECK(want.main_index == 0);
  const auto check = [&](std::size_t i, int source, const char* codec, ContentProof proof) {
    INFO(i);
    CHECK(want.streams[i].source_index == source);
    CHECK(want.streams[i].codec == codec);
    CHECK(want.streams[i].proof == proof);
  };
  check(0, 1, "av1", ContentProof::none);
  check(1, 2, "pcm_s16le", ContentProof::decoded);
  check(2, 3, "subrip", ContentProof::events);
  check(3, 4, "ac3", ContentProof::packets);
  check(4, 0, "png", ContentProof::packets);
  CHECK(want.streams[4].cover);
}

TEST_CASE("expected_output proves attachments by their bytes and names them", "[expected]") {
  const ExpectedOutput want =
      expected(media_of(Container::matroska, {h264_video(), test::attachment("a b.ttf")}));
  CHECK(want.streams[1].proof == ContentProof::bytes);
  CHECK(want.streams[1].filename == "a b.ttf");
}

TEST_CASE("expected_output leaves out what the plan leaves out", "[expected]") {
  Config config;
  config.drop_audio_languages = {"fre"};
  const MediaInfo media =
      media_of(Container::matroska, {audio("aac", "fre"), h264_video(), audio("ac3", "eng")});
  const ExpectedOutput want = expected(media, config);
  REQUIRE(want.streams.size() == 2);
  CHECK(want.main_index == 0);
  CHECK(want.streams[1].language == "eng");
}

TEST_CASE("expected_output keeps size and sample aspect of a plain film", "[expected]") {
  Stream video = h264_video(720, 576);
  video.sample_aspect_ratio = {64, 45};
  const ExpectedOutput want = expected(film_of(video));
  CHECK(want.width == 720);
  CHECK(want.height == 576);
  CHECK(want.sample_aspect_ratio == Rational{64, 45});
}

TEST_CASE("expected_output turns a film whose rotation is baked in", "[expected]") {
  Stream video = h264_video(320, 180);
  video.sample_aspect_ratio = {4, 3};
  const int degrees = GENERATE(90, -90, 270);
  video.rotation_degrees = degrees;
  const ExpectedOutput want = expected(film_of(video));
  CHECK(want.width == 180);
  CHECK(want.height == 320);
  CHECK(want.sample_aspect_ratio == Rational{3, 4});
}

TEST_CASE("expected_output leaves a film upside down at its size", "[expected]") {
  Stream video = h264_video(320, 180);
  video.rotation_degrees = 180;
  CHECK(expected(film_of(video)).width == 320);
}

TEST_CASE("expected_output knows padding, cropping and both with rotation", "[expected]") {
  Stream video = h264_video(321, 183);
  CHECK(expected(film_of(video), {}, SourceClass::web_like).width == 322);
  CHECK(expected(film_of(video), {}, SourceClass::web_like).height == 184);
  CHECK(expected(film_of(video)).width == 321);
  video.side_data = {
      {"Frame Cropping",
       {{"crop_left", "1"}, {"crop_right", "10"}, {"crop_top", "3"}, {"crop_bottom", "0"}}}};
  video.rotation_degrees = 90;
  video.has_display_matrix = true;
  const ExpectedOutput want = expected(film_of(video));
  CHECK(want.width == 180);
  CHECK(want.height == 310);
}

TEST_CASE("expected_output takes colour from the first frame, else from the stream", "[expected]") {
  MediaInfo media = film_of(h264_video());
  media.streams[0].color_space = "bt709";
  media.frames.color_space = "smpte170m";
  media.streams[0].color_primaries = "bt709";
  media.frames.color_primaries = "unknown";
  media.frames.color_transfer = "smpte2084";
  media.streams[0].color_range = "unknown";
  const ExpectedOutput want = expected(media);
  CHECK(want.color_space == "smpte170m");
  CHECK(want.color_primaries == "bt709");
  CHECK(want.color_transfer == "smpte2084");
  CHECK(want.color_range.empty());
}

TEST_CASE("expected_output asks SVT for the place of the chroma samples", "[expected]") {
  Stream video = h264_video();
  video.chroma_location = "left";
  const MediaInfo media = film_of(video);
  CHECK(expected(media).chroma_location == "left");
  const auto aom = plan_for(media, {}, SourceClass::unknown, Encoder::aom).value();
  CHECK(expected_output(media, aom).chroma_location.empty());
}

TEST_CASE("expected_output asks for the timecode of a dropped timecode track", "[expected]") {
  MediaInfo media = media_of(Container::mov, {h264_video(), audio(), test::data("tmcd")});
  CHECK(expected(media).timecode.empty());
  media.streams[2].tags["timecode"] = "01:00:00;00";
  CHECK(expected(media).timecode == "01:00:00;00");
}

TEST_CASE("expected_output asks no matrix of what was RGB", "[expected]") {
  Config config;
  config.accept_loss = {Loss::chroma};
  Stream video = h264_video();
  video.pixel_format = "gbrp";
  video.color_space = "gbr";
  video.color_range = "pc";
  const ExpectedOutput want = expected(film_of(video), config);
  CHECK(want.color_space.empty());
  CHECK(want.color_range.empty());
}

TEST_CASE("expected_output keeps HDR10 metadata of the stream or of the first frame",
          "[expected]") {
  CHECK(expected(film_of(test::hdr10_video())).static_hdr.size() == 2);
  MediaInfo media = film_of(h264_video());
  media.frames.static_hdr = {test::light_level()};
  const ExpectedOutput want = expected(media);
  REQUIRE(want.static_hdr.size() == 1);
  CHECK(want.static_hdr[0] == test::light_level());
  MediaInfo two_words = film_of(test::hdr10_video());
  SideData of_frames = test::light_level();
  of_frames.fields["max_content"] = "777";
  two_words.frames.static_hdr = {of_frames};
  const auto told = expected(two_words).static_hdr;
  REQUIRE(told.size() == 2);
  CHECK(told[1] == of_frames);  // what players show
}

TEST_CASE("expected_output counts chapters from the start of the file", "[expected]") {
  MediaInfo media = film_of(h264_video());
  media.start_secs = 3600.0;
  media.packets[0] = test::packets(test::kFrames, test::kFrameNs, 3'600'000'000'000);
  media.chapters = {{3'600'000'000'000, 3'605'000'000'000, "One"},
                    {3'605'000'000'000, 3'610'000'000'000, "Two"}};
  const ExpectedOutput want = expected(media);
  REQUIRE(want.chapters.size() == 2);
  CHECK(want.chapters[0] == Chapter{0, 5'000'000'000, "One"});
  CHECK(want.chapters[1].start_ns == 5'000'000'000);
}

TEST_CASE("expected_output keeps tags of the film, not those of the old file", "[expected]") {
  MediaInfo media = film_of(h264_video());
  media.tags = {{"title", "Film"},          {"ENCODER", "Lavf61"}, {"major_brand", "isom"},
                {"DURATION", "00:00:10"},   {"BPS-eng", "9"},      {"COMMENT", "mine"},
                {"timecode", "00:00:00:00"}};
  CHECK(expected(media).tags == Tags{{"COMMENT", "mine"}, {"title", "Film"}});
}

TEST_CASE("expected_output asks for no tag that says nothing", "[expected]") {
  MediaInfo media = film_of(h264_video());
  media.container = Container::mp4;
  media.tags = {{"genre", ""}, {"title", "Film"}};
  CHECK(expected(media).tags == Tags{{"title", "Film"}});
}

TEST_CASE("expected_output asks for the creation time that the command writes again",
          "[expected]") {
  MediaInfo media = film_of(h264_video());
  media.tags = {{"creation_time", "2013-11-29T12:19:32.000000Z"}};
  CHECK(expected(media).tags == media.tags);
}

TEST_CASE("expected_output asks no date of an mp4 that is dated with the clock's zero",
          "[expected]") {
  MediaInfo media = film_of(h264_video());
  media.tags = {{"creation_time", "1970-01-01T00:00:00.000000Z"}};
  CHECK(expected(media).tags == media.tags);
  media.container = Container::mp4;
  CHECK(expected(media).tags == Tags{});
}

TEST_CASE("expected_output knows that deinterlacing adds frames", "[expected]") {
  Config config;
  config.deinterlace = DeinterlaceMode::bwdif;
  Stream video = h264_video();
  CHECK_FALSE(expected(film_of(video), config).field_rate);
  video.field_order = "tt";
  CHECK(expected(film_of(video), config).field_rate);
}
