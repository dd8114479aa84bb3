// Containers, streams and the picture: what a plan does with each kind of film.
#include <algorithm>

#include "av1d/expected_output.h"
#include "av1d/matroska.h"
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
using test::webm_of;

namespace {

EncodePlan planned(const MediaInfo& media, const Config& config = {}) {
  auto plan = plan_for(media, config);
  INFO((plan ? "" : plan.error().text));
  REQUIRE(plan.has_value());
  return *std::move(plan);
}

Reason refused(const MediaInfo& media, const Config& config = {}) {
  const auto plan = plan_for(media, config);
  REQUIRE_FALSE(plan.has_value());
  return plan.error();
}

// The source indexes in the order of the output.
std::vector<int> order(const EncodePlan& plan) {
  std::vector<int> indexes;
  for (const auto& stream : plan.streams) indexes.push_back(stream.source_index);
  return indexes;
}

std::vector<int> dropped(const EncodePlan& plan) {
  std::vector<int> indexes;
  for (const auto& stream : plan.dropped) indexes.push_back(stream.source_index);
  return indexes;
}

Config accepting(std::set<Loss> losses) {
  Config config;
  config.accept_loss = std::move(losses);
  return config;
}

}  // namespace

// ---- Container ----------------------------------------------------------------------------------

TEST_CASE("plan_encode chooses the container by the probed format", "[plan]") {
  using enum OutputContainer;
  const auto [source, output] = GENERATE(table<Container, OutputContainer>({
      {Container::matroska, matroska},
      {Container::mp4, mp4},
      {Container::mov, mp4},
      {Container::three_gp, mp4},
      {Container::avi, matroska},
      {Container::mpegts, matroska},
      {Container::mpegps, matroska},
      {Container::asf, matroska},
      {Container::flv, matroska},
      {Container::ogg, matroska},
      {Container::mxf, matroska},
      {Container::other, matroska},
  }));
  CHECK(planned(media_of(source, {h264_video(), audio()})).container == output);
}

TEST_CASE("webm stays webm only while webm holds all of it", "[plan]") {
  using enum OutputContainer;
  CHECK(planned(webm_of({video_of("vp9"), audio("opus"), subtitle("webvtt")})).container == webm);
  CHECK(planned(webm_of({video_of("vp9"), audio("opus"), subtitle("subrip")})).container ==
        matroska);
  CHECK(planned(webm_of({video_of("vp9"), audio("opus"), cover()})).container == matroska);
  CHECK(planned(webm_of({video_of("vp9"), test::attachment()})).container == matroska);
}

TEST_CASE("mov becomes mp4 where every stream can be copied, else Matroska", "[plan]") {
  using enum OutputContainer;
  CHECK(planned(media_of(Container::mov, {h264_video(), audio("pcm_s16be")})).container == mp4);
  CHECK(planned(media_of(Container::mov, {h264_video(), audio("pcm_u8")})).container == matroska);
  CHECK(planned(media_of(Container::mov, {h264_video(), audio(), data("tmcd")})).container == mp4);
  // The main video is encoded: what it was does not matter.
  CHECK(planned(media_of(Container::mov, {video_of("prores"), audio()})).container == mp4);
}

TEST_CASE("two dates of one mp4 are one", "[plan]") {
  MediaInfo media = media_of(Container::mp4, {h264_video(), audio()});
  media.tags["creation_time"] = "2020-01-02T03:04:05.000000Z;2020-01-02T03:04:05Z";
  CHECK(planned(media).format_tags == Tags{{"creation_time", "2020-01-02T03:04:05.000000Z"}});
}

TEST_CASE("a date of 1601, the zero of ASF's clock, is none", "[plan]") {
  MediaInfo media = media_of(Container::mp4, {h264_video(), audio()});
  media.tags["creation_time"] = "1601-01-01 00:00:00";
  CHECK(planned(media).format_tags.empty());
}

TEST_CASE("the covers of a list of tags need no room: ffmpeg writes them too", "[plan]") {
  MediaInfo media = media_of(Container::mp4, {h264_video(), audio(), cover()});
  media.mp4 = {{{}, {}}, {{"meta", 900'000, "of", Mp4Place::in_user_data, 0, false, true}}};
  media.packets.resize(3);
  media.packets[2].bytes = 100'000;
  CHECK(planned(media).mp4_carry.moov_last);
  media.packets[2].bytes = 890'000;
  const EncodePlan plan = planned(media);
  CHECK(plan.container == OutputContainer::mp4);
  REQUIRE(plan.mp4_carry.room);
  CHECK(plan.mp4_carry.room->second.size() >= 10'000);
  CHECK(plan.mp4_carry.room->second.size() < 11'000);
}

TEST_CASE("a stereo film goes where its mark can be said", "[plan]") {
  MediaInfo media = media_of(Container::mp4, {h264_video(), audio()});
  media.streams[0].side_data = {test::stereo("2D")};
  CHECK(planned(media).container == OutputContainer::mp4);
  media.streams[0].side_data = {test::stereo("side by side")};
  CHECK(planned(media).container == OutputContainer::matroska);
  media.container = Container::mov;
  CHECK(planned(media).container == OutputContainer::matroska);
  media.streams.push_back(test::data("gpmd", "bin_data"));  // which Matroska can't hold
  media.streams.back().index = 2;
  media.container = Container::mp4;
  CHECK(refused(media).code == ReasonCode::uncarriable_stream);
}

TEST_CASE("a webm whose flags webm cannot say goes to Matroska", "[plan]") {
  MediaInfo media = media_of(Container::matroska, {test::video_of("vp9"), audio("opus")});
  media.matroska->doc_type = "webm";
  CHECK(planned(media).container == OutputContainer::webm);
  media.streams[1].dispositions = {"default", "original"};
  const EncodePlan plan = planned(media);
  CHECK(plan.container == OutputContainer::matroska);
  CHECK(plan.streams[1].dispositions == std::set<std::string>{"default", "original"});
}

TEST_CASE("a flag that the container cannot say is named in the plan's reasons", "[plan]") {
  MediaInfo media = media_of(Container::matroska, {h264_video(), audio()});
  media.streams[1].dispositions = {"default", "karaoke"};
  const EncodePlan plan = planned(media);
  CHECK(plan.streams[1].dispositions == std::set<std::string>{"default"});
  CHECK(std::any_of(plan.reasons.begin(), plan.reasons.end(), [](const std::string& reason) {
    return reason.find("'karaoke'") != std::string::npos &&
           reason.find("audio stream 1") != std::string::npos;
  }));
}

TEST_CASE("a language is dropped whichever of its codes the owner or the file uses", "[plan]") {
  MediaInfo media =
      media_of(Container::matroska, {h264_video(), audio("aac", "eng"), audio("ac3", "ger")});
  for (const char* code : {"de", "deu", "ger", "GER"}) {
    Config config;
    config.drop_audio_languages = {code};
    INFO(code);
    REQUIRE(planned(media, config).streams.size() == 2);
    CHECK(planned(media, config).dropped.at(0).source_index == 2);
  }
}

TEST_CASE("final_path keeps the name where its extension fits", "[plan]") {
  using enum OutputContainer;
  const auto name = [](const char* source, OutputContainer container) {
    return final_path(source, container).native();
  };
  CHECK(name("/f/.mkv", matroska) == "/f/.mkv");
  CHECK(name("/f/a.MKV", matroska) == "/f/a.MKV");
  CHECK(name("/f/a.m4v", mp4) == "/f/a.m4v");
  CHECK(name("/f/a.M4V", mp4) == "/f/a.M4V");
  CHECK(name("/f/a.m4v", matroska) == "/f/a.mkv");
  CHECK(name("/f/a.ts", matroska) == "/f/a.mkv");
  CHECK(name("/f/a.mov", mp4) == "/f/a.mp4");
  CHECK(name("/f/a.webm", matroska) == "/f/a.mkv");
  CHECK(name("/f.old/noext", matroska) == "/f.old/noext.mkv");
  CHECK(name("/f/.avi", matroska) == "/f/.mkv");
  CHECK(name("/f/a.b.avi", matroska) == "/f/a.b.mkv");
  CHECK(name("/f/\xff.avi", matroska) == "/f/\xff.mkv");
}

// ---- Streams ------------------------------------------------------------------------------------

TEST_CASE("a plan encodes the main video and copies all else in its order", "[plan]") {
  Stream second = h264_video();
  second.dispositions.clear();
  const EncodePlan plan = planned(
      media_of(Container::matroska, {audio(), second, h264_video(), audio("ac3"), subtitle()}));
  CHECK(order(plan) == std::vector<int>{0, 1, 2, 3, 4});
  CHECK(dropped(plan).empty());
  for (const auto& stream : plan.streams) {
    const bool main = stream.source_index == 2;
    CHECK(stream.action == (main ? StreamAction::encode : StreamAction::copy));
    CHECK(stream.codec == (main ? "libsvtav1" : "copy"));
  }
}

TEST_CASE("a plan keeps languages, titles and the dispositions that the container has", "[plan]") {
  Stream commentary = audio("ac3", "ger");
  commentary.tags["title"] = "Kommentar";
  commentary.dispositions = {"comment", "forced", "karaoke", "default"};
  const EncodePlan plan = planned(media_of(Container::matroska, {h264_video(), commentary}));
  CHECK(plan.streams[1].language == "ger");
  CHECK(plan.streams[1].title == "Kommentar");
  CHECK(plan.streams[1].dispositions == std::set<std::string>{"comment", "default", "forced"});
}

TEST_CASE("a cover in Matroska is extracted and attached behind all that is mapped", "[plan]") {
  Stream png = cover("png");
  png.tags["filename"] = "poster.png";
  const EncodePlan plan = planned(
      media_of(Container::matroska, {h264_video(), cover(), png, audio(), test::attachment()}));
  CHECK(order(plan) == std::vector<int>{0, 3, 4, 1, 2});
  const StreamPlan& first = plan.streams[3];
  CHECK(first.action == StreamAction::attach);
  CHECK(first.filename == "cover.jpg");
  CHECK(first.mimetype == "image/jpeg");
  CHECK(first.extracted == "/temp/job7.1.jpg");
  CHECK(plan.streams[4].filename == "poster.png");
  CHECK(plan.streams[4].mimetype == "image/png");
  CHECK(plan.streams[2].action == StreamAction::copy);  // the font
}

TEST_CASE("a cover in mp4 stays where it is", "[plan]") {
  const EncodePlan plan = planned(media_of(Container::mp4, {h264_video(), cover(), audio()}));
  CHECK(order(plan) == std::vector<int>{0, 1, 2});
  CHECK(plan.streams[1].action == StreamAction::copy);
  CHECK(plan.streams[1].dispositions.contains("attached_pic"));
}

TEST_CASE("a cover of a kind that nothing attaches is refused", "[plan]") {
  const Reason reason = refused(media_of(Container::matroska, {h264_video(), cover("tiff")}));
  CHECK(reason.code == ReasonCode::uncarriable_stream);
  CHECK_THAT(reason.text, ContainsSubstring("stream 1"));
}

TEST_CASE("a picture of any kind that was attached before is attached again", "[plan]") {
  Stream scan = cover("tiff");
  scan.tags = {{"filename", "scan.tiff"}, {"mimetype", "image/tiff"}};
  const EncodePlan plan = plan_for(media_of(Container::matroska, {h264_video(), scan})).value();
  CHECK(plan.streams.at(1).action == StreamAction::attach);
  CHECK(plan.streams[1].filename == "scan.tiff");
  CHECK(plan.streams[1].mimetype == "image/tiff");
}

TEST_CASE("boxes beside the film go from mp4 to mp4, or are a reason", "[plan]") {
  MediaInfo media = media_of(Container::mp4, {h264_video(), audio()});
  media.mp4 = {{{}, {}}, {{"uuid", 4485, "of its bytes"}}};
  CHECK(planned(media).mp4_carry.boxes == std::vector<Mp4Carry::Box>{{0, 0}});
  CHECK_FALSE(planned(media).mp4_carry.room);
  media.mp4->extras[0].bound = true;
  CHECK(refused(media).code == ReasonCode::data_streams);
  CHECK(planned(media, accepting({Loss::data_streams})).mp4_carry.boxes.empty());
  MediaInfo turned = media_of(Container::mov, {h264_video(), audio("adpcm_ima_qt")});
  turned.mp4 = {{{}, {}}, {{"uuid", 4485, "of its bytes"}}};
  const Reason reason = refused(turned);
  CHECK(reason.code == ReasonCode::data_streams);
  CHECK_THAT(reason.text, ContainsSubstring("'uuid', 4485 bytes"));
  CHECK(planned(turned, accepting({Loss::data_streams})).mp4_carry.boxes.empty());
}

TEST_CASE("a language that three letters can't say is carried as the container has it", "[plan]") {
  MediaInfo media = media_of(Container::mov, {h264_video(), audio(), audio()});
  const Mp4Extra elng{"elng", 18, "of", Mp4Place::in_media, 1, false, true};
  const Mp4Extra plain{"elng", 15, "it", Mp4Place::in_media, 2, false, true};
  media.mp4 = {{{}, {"pt-BR"}, {"en"}}, {elng, plain}};
  media.streams[1].language_tag = "pt-BR";
  const EncodePlan in_mp4 = planned(media);
  REQUIRE(in_mp4.container == OutputContainer::mp4);
  CHECK(in_mp4.mp4_carry.boxes == std::vector<Mp4Carry::Box>{{0, 1}});
  CHECK(matroska_languages(in_mp4).empty());

  media.streams[2].codec = "adpcm_ima_qt";  // Matroska's
  const EncodePlan in_matroska = planned(media);
  REQUIRE(in_matroska.container == OutputContainer::matroska);
  CHECK(in_matroska.mp4_carry.boxes.empty());
  CHECK(matroska_languages(in_matroska) == std::vector<std::string>{"", "pt-BR", ""});
}

TEST_CASE("boxes in moov are given room by a tag that the film does not have", "[plan]") {
  MediaInfo media = media_of(Container::mp4, {h264_video(), audio(), audio()});
  media.tags["Synopsis"] = "What happens";
  const Mp4Extra tagger{"Xtra", 3000, "of its bytes", Mp4Place::in_user_data};
  const Mp4Extra loud{"ludt", 20, "of its bytes", Mp4Place::in_tracks_user_data, 2};
  const Mp4Extra remark{
      "\xa9"
      "cmt",
      20,
      "of",
      Mp4Place::in_tracks_user_data,
      1,
      false,
      true};
  media.mp4 = {{{}, {}, {}}, {loud, tagger, remark}};
  media.streams[1].tags["language"] = "ger";
  media.streams[2].tags["language"] = "eng";
  Config config;
  config.drop_audio_languages = {"deu"};
  const Mp4Carry carry = planned(media, config).mp4_carry;
  CHECK(carry.boxes == std::vector<Mp4Carry::Box>{{0, 1}, {1, 0}});  // the remark's track is gone
  REQUIRE(carry.room);
  CHECK(carry.room->first == "lyrics");
  CHECK(carry.room->second.size() >= 3020);

  // Matroska has the remark as a tag of its track, and no place for the others.
  media.container = Container::mov;
  media.streams[0] = h264_video();
  media.streams[2].codec = "adpcm_ima_qt";
  CHECK_THAT(refused(media).text, ContainsSubstring("'moov/trak/udta/ludt', 20 bytes"));
  media.mp4->extras = {remark};
  CHECK(planned(media).mp4_carry.boxes.empty());
}

TEST_CASE("what tracks say of each other leads to the same tracks in the new film", "[plan]") {
  MediaInfo media = media_of(Container::mp4, {h264_video(), audio(), audio(), audio()});
  media.mp4 = {{{}, {}, {}, {}}, {}};
  media.mp4->tracks[1].references = {{"fall", {2}}};
  media.mp4->tracks[2].references = {{"fall", {1}}};
  media.mp4->tracks[3].references = {{"fall", {1}}, {"sync", {1, 0}}};
  media.streams[1].tags["language"] = "ger";
  for (const std::size_t i : {2U, 3U}) media.streams[i].tags["language"] = "eng";
  Config config;
  config.drop_audio_languages = {"deu"};
  CHECK(planned(media, config).mp4_carry.references ==
        std::vector<Mp4Carry::Reference>{{2, {"sync", {0}}}});
  const EncodePlan whole = planned(media);
  REQUIRE(whole.mp4_carry.references.size() == 4);
  CHECK(whole.mp4_carry.references[2] == Mp4Carry::Reference{3, {"fall", {1}}});
  REQUIRE(whole.mp4_carry.room);

  media.container = Container::mov;
  media.streams[3].codec = "adpcm_ima_qt";  // which mp4 does not hold
  const EncodePlan turned = planned(media);
  CHECK(turned.mp4_carry.empty());
  CHECK(std::ranges::any_of(turned.reasons, [](const std::string& reason) {
    return reason.find("mkv has no place for what tracks say of each other ('fall', 'sync')") !=
           std::string::npos;
  }));

  media.container = Container::mp4;
  media.streams[3] = audio();
  media.mp4->tracks.resize(4);
  for (const char* key : {"synopsis", "lyrics", "description", "keywords", "network", "grouping",
                          "show", "episode_id"}) {
    media.tags[key] = "taken";
  }
  CHECK(planned(media).mp4_carry.moov_last);
}

namespace {

MediaInfo telephone_film(Container container, std::uint64_t lens_bytes) {
  Stream lens;
  lens.type = StreamType::data;
  lens.codec_tag = "mebx";
  lens.tags = {{"language", "und"}};
  MediaInfo media = media_of(container, {h264_video(), audio(), lens, cover("mjpeg")});
  media.mp4 = {{{}, {}, {}}, {{"meta", 20, "of", Mp4Place::in_track, 2}}};
  media.mp4->tracks[2].codec = "mebx";
  media.mp4->tracks[2].graft_bytes = lens_bytes;
  media.mp4->tracks[2].references = {{"cdsc", {0}}};
  return media;
}

}  // namespace

TEST_CASE("a track of data that ffmpeg can't copy is put into the new mp4 beside it", "[plan]") {
  const auto container = GENERATE(Container::mp4, Container::mov);
  const MediaInfo media = telephone_film(container, 3000);
  const EncodePlan plan = planned(media);
  CHECK(plan.container == OutputContainer::mp4);
  REQUIRE(plan.streams.size() == 4);
  CHECK(plan.streams[2].source_index == 3);  // the cover: ffmpeg's streams are in its own order
  CHECK(plan.streams[3].action == StreamAction::graft);
  CHECK(plan.mp4_carry.tracks == std::vector<Mp4Carry::Track>{{2, 2}});
  CHECK(plan.mp4_carry.references == std::vector<Mp4Carry::Reference>{{2, {"cdsc", {0}}}});
  CHECK(plan.mp4_carry.boxes.empty());  // what lies in the track comes with it
  REQUIRE(plan.mp4_carry.room);
  CHECK(plan.mp4_carry.room->second.size() >= 3000);

  const auto argv = encode_args(plan, media, "ffmpeg", "film.mp4", "new.mp4");
  CHECK(std::ranges::find(argv, "0:2") == argv.end());
  CHECK(std::ranges::find(argv, "0:3") != argv.end());
  const ExpectedOutput expected = expected_output(media, plan);
  REQUIRE(expected.streams.size() == 4);
  CHECK(expected.streams[2].source_index == 2);
  CHECK(expected.streams[2].proof == ContentProof::packets);
  CHECK(expected.streams[3].cover);  // which is no track
}

TEST_CASE("what is too much for a place in front of the film goes behind it with moov", "[plan]") {
  const MediaInfo media = telephone_film(Container::mp4, 300'000);  // as of half an hour
  const EncodePlan plan = planned(media);
  CHECK(plan.mp4_carry.tracks == std::vector<Mp4Carry::Track>{{2, 2}});
  CHECK(plan.mp4_carry.moov_last);
  CHECK_FALSE(plan.mp4_carry.room);
  CHECK(std::ranges::any_of(plan.reasons, [](const std::string& reason) {
    return reason.find("behind the film") != std::string::npos;
  }));
  const auto argv = encode_args(plan, media, "ffmpeg", "film.mp4", "new.mp4");
  CHECK(std::ranges::find(argv, "+faststart") == argv.end());
}

TEST_CASE("a track of data that has no place in the new film is a reason", "[plan]") {
  const auto refuses = [](MediaInfo media) {
    const Reason reason = refused(media);
    CHECK(reason.code == ReasonCode::data_streams);
    CHECK_THAT(reason.text, ContainsSubstring("data stream 2 (mebx)"));
    const EncodePlan plan = planned(media, accepting({Loss::data_streams}));
    CHECK(plan.mp4_carry.tracks.empty());
    CHECK(plan.dropped.size() == 1);
  };
  refuses(telephone_film(Container::mp4, 0));           // of a form that can't be moved
  refuses(telephone_film(Container::mp4, 20'000'000));  // too large
  MediaInfo late = telephone_film(Container::mp4, 3000);
  late.start_secs = 0.5;  // ffmpeg moves what it writes to 0
  refuses(late);
  MediaInfo other = telephone_film(Container::mp4, 3000);
  other.mp4->tracks[2].codec = "mp4a";  // ffprobe's streams are no tracks one by one
  refuses(other);
}

TEST_CASE("boxes in moov that are too large are a reason", "[plan]") {
  MediaInfo media = media_of(Container::mp4, {h264_video(), audio()});
  media.mp4 = {{{}, {}},
               {{"titl", 20, "of its bytes", Mp4Place::in_user_data},
                {"thmb", 40'000'000, "of its bytes", Mp4Place::in_user_data}}};
  CHECK_THAT(refused(media).text, ContainsSubstring("'moov/udta/thmb', 40000000 bytes"));
  CHECK(planned(media, accepting({Loss::data_streams})).mp4_carry.boxes.empty());
  media.mp4->extras[0].is_tag = true;  // which the proof will ask for
  const EncodePlan with_tags = planned(media, accepting({Loss::data_streams}));
  CHECK(with_tags.mp4_carry.boxes == std::vector<Mp4Carry::Box>{{0, 0}});
  media.mp4->extras.pop_back();
  media.mp4->extras[0].is_tag = false;
  CHECK(planned(media).mp4_carry.room);
  for (const char* key : {"synopsis", "lyrics", "description", "keywords", "network", "grouping",
                          "show", "episode_id"}) {
    media.tags[key] = "taken";
  }
  CHECK_FALSE(planned(media).mp4_carry.room);
  CHECK(planned(media).mp4_carry.moov_last);
  // The source's own list of tags stands for ffmpeg's, whichever of its tags kept the room.
  media.mp4->extras.push_back({"meta", 17'000, "of its bytes", Mp4Place::in_user_data});
  CHECK(planned(media).mp4_carry.room);
}

TEST_CASE("timecode and chapter tracks are left out, they are made anew", "[plan]") {
  const EncodePlan plan = planned(
      media_of(Container::mov, {h264_video(), audio(), data("tmcd"), data("text", "bin_data")}));
  CHECK(order(plan) == std::vector<int>{0, 1});
  CHECK(dropped(plan) == std::vector<int>{2, 3});
}

TEST_CASE("unknown data is a reason until the owner accepts its loss", "[plan]") {
  const MediaInfo media = media_of(Container::mpegts, {h264_video(), audio(), data("", "klv")});
  const Reason reason = refused(media);
  CHECK(reason.code == ReasonCode::data_streams);
  CHECK_THAT(reason.text, ContainsSubstring("data stream 2 (klv)"));
  const EncodePlan plan = planned(media, accepting({Loss::data_streams}));
  CHECK(dropped(plan) == std::vector<int>{2});
  CHECK_THAT(plan.dropped[0].why, ContainsSubstring("accept_loss"));
}

TEST_CASE("of Ogg the skeleton is left out, and nothing that ffmpeg does not know", "[plan]") {
  const auto ogg = [](const char* tag) {
    return media_of(Container::ogg, {video_of("theora"), audio("vorbis"), data(tag)});
  };
  CHECK(dropped(planned(ogg("[0][0][0][0]"))) == std::vector<int>{2});
  CHECK_THAT(refused(ogg("unknown")).text, ContainsSubstring("data stream 2 (unknown)"));
}

TEST_CASE("data that no container holds moves no film to another", "[plan]") {
  const MediaInfo media = media_of(Container::mov, {h264_video(), audio("aac"), data("mebx")});
  CHECK_THAT(refused(media).text, ContainsSubstring("mp4 cannot carry"));
  CHECK(planned(media, accepting({Loss::data_streams})).container == OutputContainer::mp4);
}

// A Blu-ray's TrueHD stream holds AC-3 as well; ffmpeg's own muxer announces one and sends none.
TEST_CASE("what is announced and never sent is left out, unless it may hide", "[plan]") {
  const auto planned_without = [](Container container, Stream stream) {
    MediaInfo media = media_of(container, {h264_video(), audio("truehd"), std::move(stream)});
    media.packets[2] = {};
    return plan_for(media);
  };
  Stream silent = audio("ac3");
  silent.sample_rate = 0;
  const auto plan = planned_without(Container::mpegts, silent);
  REQUIRE(plan);
  CHECK(dropped(*plan) == std::vector<int>{2});
  CHECK_THAT(plan->dropped[0].why, ContainsSubstring("audio stream 2 (ac3)"));
  CHECK(planned_without(Container::mpegts, data("", "scte_35")));
  CHECK_FALSE(planned_without(Container::mpegts, data("", "bin_data")));
  CHECK_FALSE(planned_without(Container::mpegts, data("", "")));
  CHECK_FALSE(planned_without(Container::mov, data("mebx", "klv")));
  // Tracks that are merely empty stay.
  CHECK(order(planned_without(Container::mpegts, audio("ac3")).value()).size() == 3);
  CHECK(order(planned_without(Container::matroska, subtitle()).value()).size() == 3);
}

TEST_CASE("tracks of an mp4 that were never recorded on are left out", "[plan]") {
  MediaInfo media = media_of(Container::mp4, {h264_video(), h264_video(), audio(), audio()});
  media.mp4 = Mp4Facts{};
  media.mp4->tracks.resize(4);
  for (const std::size_t empty : {1U, 2U}) {
    media.packets[empty] = {};
    media.mp4->tracks[empty].without_samples = true;
  }
  const EncodePlan plan = planned(media);
  CHECK(order(plan) == std::vector<int>{0, 3});
  CHECK(dropped(plan) == std::vector<int>{1, 2});
  media.packets[3] = {};  // its samples are there, and ffmpeg reads none of them
  CHECK(order(planned(media)) == std::vector<int>{0, 3});
}

TEST_CASE("teletext is a reason until the owner accepts its loss", "[plan]") {
  const MediaInfo media =
      media_of(Container::mpegts, {h264_video(), audio(), subtitle("dvb_teletext")});
  CHECK(refused(media).code == ReasonCode::subtitles);
  CHECK(dropped(planned(media, accepting({Loss::subtitles}))) == std::vector<int>{2});
  // Sound is never lost by that word.
  const MediaInfo sound = media_of(Container::mpegts, {h264_video(), audio("no_such_codec")});
  CHECK(refused(sound, accepting({Loss::subtitles})).code == ReasonCode::uncarriable_stream);
}

TEST_CASE("mov_text becomes SubRip on its way into Matroska and stays in mp4", "[plan]") {
  const std::vector<Stream> streams = {h264_video(), audio("pcm_u8"), subtitle("mov_text")};
  const EncodePlan plan = planned(media_of(Container::mov, streams));
  CHECK(plan.streams[2].action == StreamAction::convert);
  CHECK(plan.streams[2].codec == "srt");
  const EncodePlan mp4 =
      planned(media_of(Container::mp4, {h264_video(), audio(), subtitle("mov_text")}));
  CHECK(mp4.streams[2].action == StreamAction::copy);
}

TEST_CASE("disc PCM is converted to as many bits as it has", "[plan]") {
  Stream sound = audio("pcm_bluray");
  sound.bits_per_raw_sample = 16;
  CHECK(planned(media_of(Container::mpegts, {h264_video(), sound})).streams[1].codec ==
        "pcm_s16le");
  sound.bits_per_raw_sample = 24;
  const EncodePlan plan = planned(media_of(Container::mpegts, {h264_video(), sound}));
  CHECK(plan.streams[1].codec == "pcm_s24le");
  CHECK(plan.streams[1].action == StreamAction::convert);
}

// ---- Languages ----------------------------------------------------------------------------------

TEST_CASE("unwanted languages are left out, tracks without a language stay", "[plan]") {
  Config config;
  config.drop_audio_languages = {"FRE", "spa"};
  config.drop_subtitle_languages = {"spa"};
  const EncodePlan plan =
      planned(media_of(Container::matroska,
                       {h264_video(), audio("aac", "fre"), audio("ac3", "eng"), audio("aac", ""),
                        subtitle("subrip", "spa"), subtitle("subrip", "fre")}),
              config);
  CHECK(order(plan) == std::vector<int>{0, 2, 3, 5});
  CHECK(dropped(plan) == std::vector<int>{1, 4});
}

TEST_CASE("the last audio track is never left out", "[plan]") {
  Config config;
  config.drop_audio_languages = {"fre", "spa"};
  const EncodePlan one =
      planned(media_of(Container::matroska, {h264_video(), audio("aac", "fre")}), config);
  CHECK(order(one) == std::vector<int>{0, 1});
  const EncodePlan three = planned(
      media_of(Container::matroska,
               {h264_video(), audio("aac", "fre"), audio("ac3", "spa"), audio("dts", "fre")}),
      config);
  CHECK(order(three) == std::vector<int>{0, 3});
}

TEST_CASE("ffmpeg writes no tags beside those that are carried as they are", "[plan]") {
  MediaInfo media = media_of(Container::mov, {h264_video(), audio()});
  media.tags["title"] = "A film";
  media.mp4 = {{{}, {}}, {{"smta", 20, "of its bytes", Mp4Place::in_user_data}}};
  CHECK_FALSE(planned(media).mp4_carry.has_the_tags);
  media.mp4->extras.push_back({"\xa9nam", 20, "of its bytes", Mp4Place::in_user_data});
  media.mp4->extras.back().is_tag = true;
  CHECK(planned(media).mp4_carry.has_the_tags);
  media.mp4->extras.back().place = Mp4Place::in_track;
  CHECK_FALSE(planned(media).mp4_carry.has_the_tags);
}

TEST_CASE("kinds of tracks of which none is on are switched off in mp4", "[plan]") {
  MediaInfo media = media_of(
      Container::mp4, {h264_video(), audio(), audio(), subtitle("mov_text"), subtitle("mov_text")});
  for (auto& stream : media.streams) stream.dispositions = {};
  media.mp4 = {{{}, {}, {}, {}, {}}, {}};
  media.streams[0].dispositions = {"default"};
  CHECK(planned(media).mp4_carry.switched_off == std::vector<std::size_t>{1, 3});
  media.streams[2].dispositions = {"default"};
  CHECK(planned(media).mp4_carry.switched_off == std::vector<std::size_t>{3});
  media.streams[4].dispositions = {"default"};
  CHECK(planned(media).mp4_carry.empty());
}
