// ffprobe's answers, as it printed them for real files and as a hostile file might have it.
#include "av1d/probe.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "support/catch.h"
#include "support/media.h"

using namespace av1d;

namespace {

// Trimmed: a film of a telephone (QuickTime, held upright).
constexpr const char* kPhone = R"({
  "programs": [],
  "streams": [
    {"index": 0, "codec_name": "aac", "profile": "LC", "codec_type": "audio",
     "codec_tag_string": "mp4a", "sample_rate": "44100", "channels": 1, "channel_layout": "mono",
     "r_frame_rate": "0/0", "avg_frame_rate": "0/0", "time_base": "1/44100",
     "start_time": "0.000000", "duration": "2.041678", "extradata_size": 2,
     "extradata_hash": "MD5:6ce35bc062a3c5f12d7f157edad4a03a",
     "disposition": {"default": 1, "dub": 0, "attached_pic": 0},
     "tags": {"language": "und", "handler_name": "Core Media Audio"}},
    {"index": 1, "codec_name": "h264", "profile": "Baseline", "codec_type": "video",
     "codec_tag_string": "avc1", "width": 568, "height": 320, "pix_fmt": "yuv420p",
     "color_range": "tv", "color_space": "bt709", "color_transfer": "bt709",
     "color_primaries": "bt709", "chroma_location": "left", "field_order": "progressive",
     "r_frame_rate": "30000/1001", "avg_frame_rate": "37200/1241", "time_base": "1/600",
     "start_time": "0.000000", "duration": "2.068333", "bits_per_raw_sample": "8",
     "disposition": {"default": 1, "attached_pic": 0},
     "tags": {"language": "und"},
     "side_data_list": [{"side_data_type": "Display Matrix",
       "displaymatrix": "\n00000000:            0       65536           0\n", "rotation": -90}]}
  ],
  "chapters": [],
  "format": {"filename": "file:portrait.MOV", "nb_streams": 2,
    "format_name": "mov,mp4,m4a,3gp,3g2,mj2", "start_time": "0.000000", "duration": "2.068333",
    "size": "242100", "tags": {"major_brand": "qt  ", "creation_time": "2013-11-29T12:19:32.000000Z"}}
})";

// Trimmed: a Matroska film with chapters.
constexpr const char* kChapters = R"({
  "programs": [],
  "streams": [
    {"index": 0, "codec_name": "h264", "codec_type": "video", "codec_tag_string": "[0][0][0][0]",
     "width": 320, "height": 240, "sample_aspect_ratio": "1:1", "pix_fmt": "yuv444p",
     "avg_frame_rate": "30/1", "time_base": "1/1000", "start_time": "0.000000",
     "disposition": {}, "tags": {"ENCODER": "Lavc61.19.101 libx264"}}
  ],
  "chapters": [
    {"id": 1, "time_base": "1/1000000000", "start": 0, "start_time": "0.000000",
     "end": 1999000000, "end_time": "1.999000", "tags": {"title": "Chapter 1"}},
    {"id": 2, "time_base": "1/1000000000", "start": 2000000000, "start_time": "2.000000",
     "end": 4999000000, "end_time": "4.999000", "tags": {"title": "Chapter 2"}}
  ],
  "format": {"format_name": "matroska,webm", "start_time": "0.000000", "duration": "5.023000",
    "size": "70976", "tags": {"ENCODER": "Lavf61.7.100"}}
})";

MediaInfo parsed(std::string_view json) {
  auto media = parse_probe(json);
  REQUIRE(media.has_value());
  return *std::move(media);
}

std::string format_only(const std::string& fields) {
  return R"({"format": {)" + fields + "}}";
}

std::string one_stream(const std::string& fields) {
  return R"({"streams": [{"index": 0, )" + fields + R"(}], "format": {}})";
}

bool contains(const Argv& argv, const std::string& word) {
  return std::find(argv.begin(), argv.end(), word) != argv.end();
}

std::string after(const Argv& argv, const std::string& word) {
  const auto it = std::find(argv.begin(), argv.end(), word);
  return it == argv.end() || it + 1 == argv.end() ? std::string() : *(it + 1);
}

}  // namespace

// ---- parse_probe --------------------------------------------------------------------------------

TEST_CASE("parse_probe reads a telephone's film as ffprobe prints it", "[probe]") {
  const MediaInfo media = parsed(kPhone);
  CHECK(media.container == Container::mov);
  CHECK(media.duration_secs.value() == Approx(2.068333));
  CHECK(media.start_secs.value() == Approx(0));
  CHECK(media.size_bytes == 242100);
  CHECK(media.tags.at("creation_time") == "2013-11-29T12:19:32.000000Z");
  REQUIRE(media.streams.size() == 2);
  const Stream& sound = media.streams[0];
  CHECK(sound.type == StreamType::audio);
  CHECK(sound.codec == "aac");
  CHECK(sound.sample_rate == 44100);
  CHECK(sound.channels == 1);
  CHECK(sound.channel_layout == "mono");
  CHECK(sound.language().empty());  // "und" says nothing
  const Stream& video = media.streams[1];
  CHECK(media.main_video() == &video);
  CHECK(video.codec_tag == "avc1");
  CHECK(video.width == 568);
  CHECK(video.height == 320);
  CHECK(video.pixel_format == "yuv420p");
  CHECK(video.color_transfer == "bt709");
  CHECK(video.field_order == "progressive");
  CHECK(video.frame_rate == Rational{37200, 1241});
  CHECK(video.time_base == Rational{1, 600});
  CHECK_FALSE(video.sample_aspect_ratio.known());
  CHECK(video.has_display_matrix);
  CHECK(video.rotation_degrees == -90);
  CHECK(video.dispositions == std::set<std::string>{"default"});
}

TEST_CASE("parse_probe reads chapters with their times and titles", "[probe]") {
  const MediaInfo media = parsed(kChapters);
  CHECK(media.container == Container::matroska);
  REQUIRE(media.chapters.size() == 2);
  CHECK(media.chapters[0] == Chapter{0, 1'999'000'000, "Chapter 1"});
  CHECK(media.chapters[1] == Chapter{2'000'000'000, 4'999'000'000, "Chapter 2"});
}

TEST_CASE("parse_probe keeps the plain fields of side data", "[probe]") {
  const MediaInfo media = parsed(one_stream(R"("codec_type": "video", "side_data_list": [
      {"side_data_type": "DOVI configuration record", "dv_profile": 8, "rpu_present_flag": 1,
       "nested": {"a": 1}},
      {"side_data_type": "Content light level metadata", "max_content": 1100, "max_average": 180},
      "not an object"])"));
  const auto& side_data = media.streams[0].side_data;
  REQUIRE(side_data.size() == 2);
  CHECK(side_data[0].type == "DOVI configuration record");
  CHECK(side_data[0].fields.at("dv_profile") == "8");
  CHECK_FALSE(side_data[0].fields.contains("nested"));
  CHECK(side_data[1].fields == Tags{{"max_average", "180"}, {"max_content", "1100"}});
}

TEST_CASE("parse_probe takes numbers as numbers and as strings, N/A as unknown", "[probe]") {
  const Stream strings =
      parsed(one_stream(R"("codec_type": "video", "width": "640", "height": "480",
                           "bits_per_raw_sample": "10", "duration": "1.5")"))
          .streams[0];
  const Stream numbers = parsed(one_stream(R"("codec_type": "video", "width": 640, "height": 480,
                           "bits_per_raw_sample": 10, "duration": 1.5)"))
                             .streams[0];
  CHECK(strings.width == numbers.width);
  CHECK(strings.height == 480);
  CHECK(strings.bits_per_raw_sample == numbers.bits_per_raw_sample);
  CHECK(strings.duration_secs == numbers.duration_secs);
  CHECK(parsed(format_only(R"("duration": "N/A", "size": "N/A")")).duration_secs == std::nullopt);
  CHECK(parsed(format_only(R"("duration": "nan")")).duration_secs == std::nullopt);
  CHECK(parsed(format_only(R"("duration": "inf")")).duration_secs == std::nullopt);
  CHECK(parsed(format_only(R"("duration": "12 s")")).duration_secs == std::nullopt);
  const Stream odd = parsed(one_stream(R"("codec_type": "video", "width": "wide",
      "sample_aspect_ratio": "N/A", "avg_frame_rate": "0/0", "r_frame_rate": "25/1")"))
                         .streams[0];
  CHECK(odd.width == 0);
  CHECK_FALSE(odd.sample_aspect_ratio.known());
  CHECK(odd.frame_rate == Rational{25, 1});  // the base rate where there is no average
}

TEST_CASE("parse_probe tells the containers of one demuxer apart by their brand", "[probe]") {
  const auto with_brand = [](const std::string& brand) {
    return parsed(format_only(R"("format_name": "mov,mp4,m4a,3gp,3g2,mj2", "tags": {)" +
                              (brand.empty() ? "" : R"("major_brand": ")" + brand + '"') + "}"))
        .container;
  };
  CHECK(with_brand("isom") == Container::mp4);
  CHECK(with_brand("mp42") == Container::mp4);
  CHECK(with_brand("M4V ") == Container::mp4);
  CHECK(with_brand("qt  ") == Container::mov);
  CHECK(with_brand("3gp4") == Container::three_gp);
  CHECK(with_brand("3g2a") == Container::three_gp);
  CHECK(with_brand("") == Container::mov);
}

TEST_CASE("parse_probe names the container by the probed format", "[probe]") {
  const auto [name, container] = GENERATE(table<std::string, Container>({
      {"matroska,webm", Container::matroska},
      {"avi", Container::avi},
      {"mpegts", Container::mpegts},
      {"mpeg", Container::mpegps},
      {"asf", Container::asf},
      {"flv", Container::flv},
      {"ogg", Container::ogg},
      {"mxf", Container::mxf},
      {"something_else", Container::other},
  }));
  CHECK(parsed(format_only(R"("format_name": ")" + name + '"')).container == container);
}

TEST_CASE("parse_probe answers garbage with an error", "[probe]") {
  for (const char* text :
       {"", " ", "{", "null", "[]", "42", "\"text\"", "{}", R"({"streams": []})",
        R"({"format": []})", R"({"format": 1})", "ffprobe: error while loading libraries",
        "{\"format\": {\"format_name\": \"\xff\xfe\"}}"}) {
    INFO(text);
    CHECK_FALSE(parse_probe(text).has_value());
  }
  CHECK_FALSE(parse_probe(std::string(100'000, '[')).has_value());
  CHECK_FALSE(parse_probe(std::string(kPhone).substr(0, 700)).has_value());
}

TEST_CASE("parse_probe survives members of the wrong kind", "[probe]") {
  const MediaInfo media = parsed(R"({"streams": 7, "chapters": {}, "programs": "x",
      "format": {"tags": [], "duration": {}, "size": null}})");
  CHECK(media.streams.empty());
  CHECK(media.chapters.empty());
  CHECK_FALSE(media.duration_secs.has_value());
  const Stream odd = parsed(one_stream(R"("codec_type": 3, "width": [], "tags": 5,
      "disposition": [1], "side_data_list": {}, "time_base": 1)"))
                         .streams[0];
  CHECK(odd.type == StreamType::data);
  CHECK(odd.dispositions.empty());
}

TEST_CASE("parse_probe refuses streams that -map could not name by their index", "[probe]") {
  CHECK_FALSE(parse_probe(R"({"format": {}, "streams": [{"index": 1}]})").has_value());
  CHECK_FALSE(parse_probe(R"({"format": {}, "streams": [{"codec_type": "video"}]})").has_value());
  CHECK_FALSE(
      parse_probe(R"({"format": {}, "streams": [{"index": 0}, {"index": 0}]})").has_value());
}

TEST_CASE("parse_probe never crashes on text", "[probe]") {
  CHECK_PROPERTY([](const std::string& text) { (void)parse_probe(text); });
  CHECK_PROPERTY([] {
    const std::string whole = kPhone;
    std::string text = whole;
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text[at] = *rc::gen::arbitrary<char>();
    (void)parse_probe(text.substr(0, *rc::gen::inRange<std::size_t>(0, text.size() + 1)));
  });
}

// ---- Which stream is the film -------------------------------------------------------------------

TEST_CASE("main_video is the first with default, else the first, never a cover", "[probe]") {
  Stream plain = test::h264_video();
  plain.dispositions.clear();
  Stream cover = test::cover();
  cover.dispositions.insert("default");
  const auto main_of = [](std::vector<Stream> streams) {
    const MediaInfo media = test::media_of(Container::mp4, std::move(streams));
    const Stream* video = media.main_video();
    return video == nullptr ? -1 : video->index;
  };
  CHECK(main_of({plain, test::audio(), test::h264_video()}) == 2);
  CHECK(main_of({plain, plain}) == 0);
  CHECK(main_of({cover, test::audio(), plain}) == 2);
  CHECK(main_of({cover, test::audio()}) == -1);
  CHECK(main_of({}) == -1);
}

TEST_CASE("tags are found whatever the case of their key", "[probe]") {
  Stream stream = test::audio("aac", "");
  stream.tags = {{"LANGUAGE", "ger"}, {"Title", "Kommentar"}};
  CHECK(stream.language() == "ger");
  CHECK(stream.title() == "Kommentar");
  stream.tags = {{"name", "QuickTime's name"}};
  CHECK(stream.title() == "QuickTime's name");
  stream.tags = {{"title", "shown"}, {"name", "not"}};
  CHECK(stream.title() == "shown");
}

TEST_CASE("video_bits_per_sec is packet bytes over the time they show", "[probe]") {
  MediaInfo media = test::media_of(Container::matroska, {test::h264_video(), test::audio()});
  CHECK(media.video_bits_per_sec() == 8'000'000);
  media.duration_secs = 1'000'000;  // a header's word does not count where packets tell
  CHECK(media.video_bits_per_sec() == 8'000'000);
  media.packets.clear();
  CHECK(media.video_bits_per_sec() == 0);
}

// ---- Command lines ------------------------------------------------------------------------------

TEST_CASE("every ffprobe command may read only local files through a short list of demuxers",
          "[probe]") {
  const MediaInfo media = test::media_of(Container::matroska, {test::h264_video()});
  const fs::path path = "/films/-a:%d.mkv";
  for (const Argv& argv : {probe_args("ffprobe", path, ProbeDepth::normal),
                           packet_scan_args("ffprobe", path, ProbeDepth::deep),
                           frame_scan_args("ffprobe", path, media, 0)}) {
    CHECK(argv.front() == "ffprobe");
    CHECK(after(argv, "-protocol_whitelist") == "file,pipe");
    const std::string demuxers = after(argv, "-format_whitelist");
    CHECK_THAT(demuxers, ContainsSubstring("matroska"));
    for (const char* dangerous : {"hls", "concat", "dash", "image2", "lavfi", "sdp"}) {
      CHECK(demuxers.find(dangerous) == std::string::npos);
    }
    CHECK(after(argv, "-i") == "file:/films/-a:%d.mkv");
    CHECK(argv.back() == "file:/films/-a:%d.mkv");
  }
}

TEST_CASE("only streams that may start late are probed deeply", "[probe]") {
  CHECK(contains(input_options(ProbeDepth::deep), "-probesize"));
  CHECK_FALSE(contains(input_options(ProbeDepth::normal), "-probesize"));
  CHECK(depth_for(Container::mpegts) == ProbeDepth::deep);
  CHECK(depth_for(Container::mpegps) == ProbeDepth::deep);
  CHECK(depth_for(Container::matroska) == ProbeDepth::normal);
  CHECK(depth_for(Container::mp4) == ProbeDepth::normal);
}

TEST_CASE("frame_scan_args looks into the middle of long films only", "[probe]") {
  MediaInfo media = test::media_of(Container::matroska, {test::h264_video()});
  const auto intervals = [&] {
    return after(frame_scan_args("ffprobe", "/a.mkv", media, 0), "-read_intervals");
  };
  CHECK(intervals().find(',') == std::string::npos);
  media.duration_secs = 7200;
  media.start_secs = 10;
  CHECK_THAT(intervals(), ContainsSubstring("1810.000%"));
  CHECK_THAT(intervals(), ContainsSubstring("3610.000%"));
  CHECK_THAT(intervals(), ContainsSubstring("5410.000%"));
}
