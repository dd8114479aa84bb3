// Every reason to leave a file alone: which change of a plain film brings it about, what the owner
// is told, and which word in accept_loss lifts it.
#include "av1d/gates.h"

#include <functional>

#include "support/catch.h"
#include "support/media.h"

using namespace av1d;

namespace {

// The pipeline's order: streams, content, then what the plan can't carry.
std::optional<Reason> answer(const MediaInfo& media, const Config& config,
                             Encoder encoder = Encoder::svt) {
  if (auto reason = check_stream_gates(media, config)) return reason;
  if (auto reason = check_content_gates(media, config, encoder)) return reason;
  auto plan = test::plan_for(media, config, SourceClass::unknown, encoder);
  if (!plan) return plan.error();
  return std::nullopt;
}

MediaInfo plain_film() {
  return test::media_of(Container::matroska, {test::h264_video(), test::audio(), test::subtitle()});
}

struct Gate {
  const char* name;
  std::function<void(MediaInfo&)> change;
  ReasonCode code;
  std::vector<std::string> mentions;
  std::optional<Loss> loss = std::nullopt;
};

void see_frame_data(MediaInfo& media, const char* type) {
  media.frames.side_data.insert(type);
}

// One film, one gate. Where several of a gate's conditions exist, each has its row.
FrameLook look(int width, int height, const Rational& pixels = {1, 1}) {
  return {width, height, pixels, "yuv420p", "tv", "bt709", "bt709", "bt709"};
}

const std::vector<Gate>& gates() {
  using enum ReasonCode;
  static const std::vector<Gate> kGates = {
      {"no video", [](auto& m) { m.streams[0] = test::cover(); }, no_video, {"no video stream"}},
      {"AV1", [](auto& m) { m.streams[0].codec = "av1"; }, already_av1, {"stream 0", "AV1"}},
      {"AV1 beside the main video",
       [](auto& m) {
         m.streams[2] = test::video_of("av1");
         m.streams[2].index = 2;
       },
       already_av1,
       {"stream 2"}},
      {"Dolby Vision record",
       [](auto& m) {
         m.streams[0].side_data = {{"DOVI configuration record", {{"dv_profile", "7"}}}};
       },
       dolby_vision,
       {"stream 0 (h264)", "profile 7"},
       Loss::dolby_vision},
      {"Dolby Vision fourcc",
       [](auto& m) { m.streams[0].codec_tag = "dvh1"; },
       dolby_vision,
       {"stream 0"},
       Loss::dolby_vision},
      {"Dolby Vision on frames",
       [](auto& m) { see_frame_data(m, "Dolby Vision RPU Data"); },
       dolby_vision,
       {"frames"},
       Loss::dolby_vision},
      {"HDR10+",
       [](auto& m) { see_frame_data(m, "HDR Dynamic Metadata SMPTE2094-40 (HDR10+)"); },
       hdr10plus,
       {"HDR10+", "libaom"},
       Loss::hdr10plus},
      {"captions",
       [](auto& m) { see_frame_data(m, "ATSC A53 Part 4 Closed Captions"); },
       captions,
       {"closed captions"},
       Loss::captions},
      {"captions in the middle of the film",
       [](auto& m) { m.frames.captions_at = 987654; },
       captions,
       {"closed captions", "byte 987654"},
       Loss::captions},
      {"HDR10+ in the middle of the film",
       [](auto& m) { m.frames.hdr10plus_at = 123; },
       hdr10plus,
       {"HDR10+", "byte 123"},
       Loss::hdr10plus},
      {"alpha by AlphaMode",
       [](auto& m) { m.streams[0].tags["alpha_mode"] = "1"; },
       alpha,
       {"stream 0", "alpha"},
       Loss::alpha},
      {"alpha by Matroska's track",
       [](auto& m) { m.matroska->alpha_track = true; },
       alpha,
       {"stream 0"},
       Loss::alpha},
      {"4:2:2",
       [](auto& m) { m.streams[0].pixel_format = "yuv422p10le"; },
       chroma,
       {"stream 0", "yuv422p10le"},
       Loss::chroma},
      {"4:4:4",
       [](auto& m) { m.streams[0].pixel_format = "yuv444p"; },
       chroma,
       {"yuv444p"},
       Loss::chroma},
      {"12 bits",
       [](auto& m) { m.streams[0].pixel_format = "yuv420p12le"; },
       chroma,
       {"yuv420p12le"},
       Loss::chroma},
      {"RGB", [](auto& m) { m.streams[0].pixel_format = "gbrp"; }, chroma, {"gbrp"}, Loss::chroma},
      {"encrypted sound",
       [](auto& m) { m.streams[1].codec_tag = "enca"; },
       encrypted,
       {"stream 1"}},
      {"encrypted by side data",
       [](auto& m) {
         m.streams[1].side_data = {{"Encryption initialization data", {}}};
       },
       encrypted,
       {"stream 1"}},
      {"ContentEncryption", [](auto& m) { m.matroska->encrypted_track = true; }, encrypted, {}},
      {"too small for an encoder",
       [](auto& m) { m.streams[0].width = m.streams[0].height = 2; },
       unsupported_size,
       {"stream 0", "2x2", "4x4"}},
      {"too wide for an encoder",
       [](auto& m) { m.streams[0].width = 16386; },
       unsupported_size,
       {"16386x1080", "16384"}},
      {"too high for an encoder",
       [](auto& m) { m.streams[0].height = 8706; },
       unsupported_size,
       {"1920x8706", "8704"}},
      {"damaged chapters",
       [](auto& m) { m.matroska->damaged_head = true; },
       chapter_editions,
       {"damaged"},
       Loss::chapter_editions},
      {"a track that ffmpeg does not see",
       [](auto& m) { m.matroska->tracks.resize(m.streams.size() + 1); },
       uncarriable_stream,
       {"tracks, of which ffmpeg reads"}},
      {"an attachment that ffmpeg does not read",
       [](auto& m) { m.matroska->attachments = {{7}}; },
       uncarriable_stream,
       {"1 attachments", "reads 0"}},
      {"a language in mp4 that is no tag",
       [](auto& m) {
         m.mp4 = {{{}, {"pt_BR"}, {}}, {}};
       },
       language_tags,
       {"stream 1", "'pt_BR'", "BCP 47"}},
      {"an edit at another speed",
       [](auto& m) {
         m.mp4 = {{{}, {"", UnfollowedEdit::other_speed}, {}}, {}};
       },
       uncarriable_stream,
       {"track 1", "speed"}},
      {"an edit in which nothing plays",
       [](auto& m) {
         m.mp4 = {{{"", UnfollowedEdit::gap}, {}, {}}, {}};
       },
       uncarriable_stream,
       {"track 0", "gap"}},
      {"several edits of fragments",
       [](auto& m) {
         m.mp4 = {{{"", UnfollowedEdit::fragmented}, {}, {}}, {}};
       },
       uncarriable_stream,
       {"track 0", "fragmented"}},
      {"second segment",
       [](auto& m) { m.matroska->second_segment = true; },
       linked_segment,
       {"second film"}},
      {"no frame decodes", [](auto& m) { m.frames.sampled = 0; }, probe_failed, {"stream 0"}},
      {"HDR Vivid somewhere in the film",
       [](auto& m) { m.frames.hdr_vivid_at = 123; },
       hdr10plus,
       {"HDR Vivid", "byte 123", "no encoder"},
       Loss::hdr10plus},
      {"dynamic HDR of a kind that no encoder keeps",
       [](auto& m) { m.frames.side_data = {"HDR Dynamic Metadata SMPTE2094-50"}; },
       hdr10plus,
       {"SMPTE2094-50", "no encoder"},
       Loss::hdr10plus},
      {"another size in the middle",
       [](auto& m) {
         m.frames.looks = {look(720, 576), look(1280, 720)};
       },
       changing_film,
       {"stream 0", "720x576", "1280x720"}},
      {"another shape of the pixels in the middle",
       [](auto& m) {
         m.frames.looks = {look(720, 576, {16, 15}), look(720, 576, {64, 45})};
       },
       changing_film,
       {"stream 0", "16:15", "64:45"}},
      {"other colours in the middle",
       [](auto& m) {
         m.frames.looks = {look(720, 576), look(720, 576)};
         m.frames.looks[1].color_transfer = "smpte2084";
       },
       changing_film,
       {"stream 0", "smpte2084"}},
      {"another shape by the headers of MPEG-2",
       [](auto& m) {
         m.frames.shape_change = {"4:3", "16:9", 4096};
       },
       changing_film,
       {"stream 0", "4:3 first and 16:9", "4096"}},
      {"interlaced by its header",
       [](auto& m) { m.streams[0].field_order = "tt"; },
       interlaced,
       {"stream 0", "tt"}},
      {"interlaced by its frames",
       [](auto& m) { m.frames.interlaced = 6; },
       interlaced,
       {"6 of 250"}},
      {"errors while reading",
       [](auto& m) {
         m.read_errors = {"[matroska @ 0x1] [error] File ended prematurely at pos. 1", "again"};
       },
       damaged_source,
       {"2 errors", "File ended prematurely"},
       Loss::damaged_source},
      {"header promises more",
       [](auto& m) { m.duration_secs = 16.0; },
       damaged_source,
       {"16.0 s", "10.0 s"},
       Loss::damaged_source},
      {"teletext",
       [](auto& m) { m.streams[2].codec = "dvb_teletext"; },
       subtitles,
       {"stream 2", "dvb_teletext"},
       Loss::subtitles},
      {"unknown data",
       [](auto& m) {
         m.streams[2] = test::data("", "scte_35");
         m.streams[2].index = 2;
       },
       data_streams,
       {"stream 2", "scte_35"},
       Loss::data_streams},
      {"stereo in two layers",
       [](auto& m) { m.streams[0].profile = "Stereo High"; },
       uncarriable_stream,
       {"stream 0", "several views"}},
      {"sound of an unknown kind",
       [](auto& m) { m.streams[1].codec = "no_such_codec"; },
       uncarriable_stream,
       {"stream 1", "no_such_codec", "mkv"}},
  };
  return kGates;
}

const std::set<Loss> kAllLosses = {
    Loss::dolby_vision, Loss::hdr10plus, Loss::captions,         Loss::data_streams,  Loss::chroma,
    Loss::alpha,        Loss::subtitles, Loss::chapter_editions, Loss::damaged_source};

}  // namespace

TEST_CASE("a plain film passes all gates", "[gates]") {
  CHECK_FALSE(answer(plain_film(), {}).has_value());
}

TEST_CASE("each gate turns down its film and says what it is about", "[gates]") {
  for (const Gate& gate : gates()) {
    INFO(gate.name);
    MediaInfo media = plain_film();
    gate.change(media);
    const auto reason = answer(media, {});
    REQUIRE(reason.has_value());
    INFO(reason->text);
    CHECK(reason->code == gate.code);
    for (const auto& part : gate.mentions) CHECK_THAT(reason->text, ContainsSubstring(part));
  }
}

TEST_CASE("each word of accept_loss lets exactly its own gate pass", "[gates]") {
  for (const Gate& gate : gates()) {
    INFO(gate.name);
    MediaInfo media = plain_film();
    gate.change(media);
    Config accepting_all_others;
    accepting_all_others.accept_loss = kAllLosses;
    if (gate.loss) {
      Config accepting;
      accepting.accept_loss = {*gate.loss};
      CHECK_FALSE(answer(media, accepting).has_value());
      accepting_all_others.accept_loss.erase(*gate.loss);
    }
    const auto reason = answer(media, accepting_all_others);
    REQUIRE(reason.has_value());
    CHECK(reason->code == gate.code);
  }
}

TEST_CASE("an accepted alpha channel is still a picture of 4:4:4", "[gates]") {
  MediaInfo media = plain_film();
  media.streams[0].pixel_format = "yuva444p12le";
  CHECK(answer(media, {})->code == ReasonCode::alpha);
  Config config;
  config.accept_loss = {Loss::alpha};
  CHECK(answer(media, config)->code == ReasonCode::chroma);
  config.accept_loss.insert(Loss::chroma);
  CHECK_FALSE(answer(media, config).has_value());
}

TEST_CASE("pictures that 10-bit 4:2:0 holds pass", "[gates]") {
  for (const char* format : {"yuv420p", "yuvj420p", "yuv420p10le", "nv12", "p010le"}) {
    INFO(format);
    MediaInfo media = plain_film();
    media.streams[0].pixel_format = format;
    CHECK_FALSE(answer(media, {}).has_value());
  }
}

TEST_CASE("the encoders' own limits of size pass", "[gates]") {
  MediaInfo media = plain_film();
  media.streams[0].width = media.streams[0].height = 4;
  CHECK_FALSE(answer(media, {}).has_value());
  media.streams[0].width = 16384;
  media.streams[0].height = 8704;
  CHECK_FALSE(answer(media, {}).has_value());
}

TEST_CASE("HDR10+ passes with libaom, which keeps it", "[gates]") {
  MediaInfo media = plain_film();
  see_frame_data(media, "HDR Dynamic Metadata SMPTE2094-40 (HDR10+)");
  CHECK_FALSE(answer(media, {}, Encoder::aom).has_value());
  CHECK(answer(media, {}, Encoder::rav1e)->code == ReasonCode::hdr10plus);
}

TEST_CASE("editions, chapters in chapters and languages of BCP 47 pass: they are kept", "[gates]") {
  MediaInfo media = plain_film();
  media.matroska->tracks = {{1, ""}, {2, "pt-BR"}, {3, "zh-Hans"}};
  media.matroska->tracks.resize(media.streams.size());
  media.matroska->chapters = {{"1", {}, {}, "a"}, {"1.1", 0, 1, "b"}, {"2", {}, {}, "c"}};
  CHECK_FALSE(answer(media, {}).has_value());
}

TEST_CASE("a film that is called progressive and combed where it moves is interlaced", "[gates]") {
  MediaInfo media = plain_film();
  media.frames.combed_top_first = 100;
  media.frames.not_combed = 20;
  media.frames.combed_alone = 5;
  media.frames.not_combed_alone = 4;
  const auto reason = answer(media, {});
  REQUIRE(reason);
  CHECK(reason->code == ReasonCode::interlaced);
  CHECK_THAT(reason->text, ContainsSubstring("stream 0"));
  CHECK_THAT(reason->text, ContainsSubstring("100 of 120"));
  media.frames.not_combed = 30;
  CHECK_FALSE(answer(media, {}).has_value());
  media.frames.combed_top_first = media.frames.not_combed = 0;
  media.frames.combed_bottom_first = 29;
  CHECK_FALSE(answer(media, {}).has_value());
}

// A screen recording and a black film, in which one frame decided for all that follow.
TEST_CASE("a still film is not interlaced by the word of one frame", "[gates]") {
  MediaInfo media = plain_film();
  media.frames.combed_top_first = 100;
  media.frames.combed_alone = 4;
  CHECK_FALSE(answer(media, {}).has_value());
  media.frames.combed_alone = media.frames.not_combed_alone = 5;
  CHECK_FALSE(answer(media, {}).has_value());
  media.frames.combed_alone = 6;
  CHECK(answer(media, {}).has_value());
}

TEST_CASE("Dolby Vision of profile 8 passes when the owner has it converted", "[gates]") {
  const auto film = [](const std::string& profile, const std::string& layer,
                       const std::string& base) {
    MediaInfo media = plain_film();
    media.streams[0].codec = "hevc";
    media.streams[0].side_data = {{"DOVI configuration record",
                                   {{"dv_profile", profile},
                                    {"rpu_present_flag", "1"},
                                    {"el_present_flag", layer},
                                    {"dv_bl_signal_compatibility_id", base}}}};
    media.frames.side_data.insert("Dolby Vision RPU Data");
    return media;
  };
  Config config;
  CHECK(answer(film("8", "0", "1"), config)->code == ReasonCode::dolby_vision);
  config.dolby_vision = DolbyVisionMode::convert;
  for (const char* base : {"1", "2", "4"}) {
    CHECK_FALSE(answer(film("8", "0", base), config).has_value());
    CHECK_FALSE(answer(film("8", "0", base), config, Encoder::aom).has_value());
  }
  CHECK_THAT(answer(film("8", "0", "1"), config, Encoder::rav1e)->text, ContainsSubstring("rav1e"));
  CHECK(answer(film("5", "0", "0"), config)->code == ReasonCode::dolby_vision);
  CHECK(answer(film("7", "1", "6"), config)->code == ReasonCode::dolby_vision);
  CHECK(answer(film("8", "1", "1"), config)->code == ReasonCode::dolby_vision);
  // The metadata on frames alone, without a record that says what it is.
  MediaInfo bare = plain_film();
  bare.frames.side_data.insert("Dolby Vision RPU Data");
  CHECK(answer(bare, config)->code == ReasonCode::dolby_vision);
}

TEST_CASE("grey pictures and those with less chroma than 4:2:0 pass", "[gates]") {
  for (const char* format : {"gray", "gray10le", "yuv410p"}) {
    MediaInfo media = plain_film();
    media.streams[0].pixel_format = format;
    CHECK_FALSE(answer(media, {}).has_value());
  }
  MediaInfo media = plain_film();
  media.streams[0].pixel_format = "yuv411p";  // more lines of chroma
  CHECK(answer(media, {})->code == ReasonCode::chroma);
}

TEST_CASE("interlaced films pass when the owner says what to do with them", "[gates]") {
  for (const auto mode : {DeinterlaceMode::bwdif, DeinterlaceMode::keep}) {
    Config config;
    config.deinterlace = mode;
    MediaInfo media = plain_film();
    media.streams[0].field_order = "bb";
    CHECK_FALSE(answer(media, config).has_value());
  }
}

TEST_CASE("a few frames flagged as interlaced don't make a film interlaced", "[gates]") {
  MediaInfo media = plain_film();
  media.frames.interlaced = 5;  // 2 % of 250
  CHECK_FALSE(answer(media, {}).has_value());
}

TEST_CASE("a header may round by a second, and may count from the first packet", "[gates]") {
  MediaInfo media = plain_film();
  media.duration_secs = 10.9;
  CHECK_FALSE(answer(media, {}).has_value());
  media.duration_secs = std::nullopt;  // a live recording
  CHECK_FALSE(answer(media, {}).has_value());
  media.duration_secs = 20.0;
  for (auto& facts : media.packets) *facts.end_ns += 10'000 * test::kMillisecond;
  media.start_secs = 10.0;
  CHECK_FALSE(answer(media, {}).has_value());
}

TEST_CASE("check_content_gates takes one JPEG picture for no film", "[gates]") {
  MediaInfo media = plain_film();
  media.streams[0].codec = "mjpeg";
  media.packets[0].count = 1;
  const auto reason = check_content_gates(media, {}, Encoder::svt);
  REQUIRE(reason);
  CHECK(reason->code == ReasonCode::no_video);
  media.packets[0].count = 25;
  CHECK_FALSE(check_content_gates(media, {}, Encoder::svt));
}

// make-hostile.sh, truncated-odd.ts: cut, and no line on stderr says so.
TEST_CASE("check_content_gates sees a transport stream that ends inside a packet", "[gates]") {
  MediaInfo media = plain_film();
  media.container = Container::mpegts;
  for (const std::uint64_t whole : {188U * 500U, 192U * 500U, 204U * 500U}) {
    media.size_bytes = whole;
    CHECK_FALSE(check_content_gates(media, {}, Encoder::svt));
  }
  media.size_bytes = 188U * 500U + 77U;
  const auto reason = check_content_gates(media, {}, Encoder::svt);
  REQUIRE(reason);
  CHECK(reason->code == ReasonCode::damaged_source);
  Config config;
  config.accept_loss = {Loss::damaged_source};
  CHECK_FALSE(check_content_gates(media, config, Encoder::svt));
}

TEST_CASE("languages of mp4 that say what its header says are no reason", "[gates]") {
  for (const char* language : {"", "und", "en", "eng"}) {
    MediaInfo media = plain_film();
    media.mp4 = {{{}, {language}, {}}, {}};
    INFO(language);
    CHECK_FALSE(answer(media, {}));
  }
}
