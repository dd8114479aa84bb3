// Metadata of each frame: Dolby Vision and HDR10+.
#include "av1d/validate.h"
#include "support/catch.h"
#include "support/media.h"

namespace av1d {

namespace {

SideData record(const std::string& profile, const std::string& base) {
  return {"DOVI configuration record",
          {{"dv_profile", profile},
           {"rpu_present_flag", "1"},
           {"el_present_flag", "0"},
           {"dv_bl_signal_compatibility_id", base}}};
}

test::Run dolby_vision_run() {
  Stream video = test::hdr10_video();
  video.side_data.push_back(record("8", "1"));
  Config config;
  config.dolby_vision = DolbyVisionMode::convert;
  test::Run run =
      test::true_run(test::media_of(Container::matroska, {video, test::audio()}), config);
  run.video().side_data.push_back(record("10", "1"));
  run.seen.source_metadata = run.seen.output_metadata = FrameMetadata{250, 250, 0, ""};
  return run;
}

test::Run hdr10plus_run() {
  MediaInfo media = test::media_of(Container::matroska, {test::hdr10_video(), test::audio()});
  media.frames.side_data.insert("HDR Dynamic Metadata SMPTE2094-40 (HDR10+)");
  test::Run run = test::true_run(media);
  run.expected.hdr10plus = true;
  run.seen.source_metadata = run.seen.output_metadata = FrameMetadata{250, 0, 240, "digest"};
  return run;
}

}  // namespace

TEST_CASE("a kept Dolby Vision has its record and metadata on every frame", "[validate]") {
  CHECK(dolby_vision_run().problems().empty());
  test::Run run = dolby_vision_run();
  run.seen.output_metadata->dolby_vision = 249;
  REQUIRE(run.witnesses() == std::set<Check>{Check::picture});
  CHECK_THAT(run.problems().front().text, ContainsSubstring("249 of 250"));
  run = dolby_vision_run();
  run.video().side_data.pop_back();
  CHECK(run.witnesses() == std::set<Check>{Check::picture});
  run = dolby_vision_run();
  run.video().side_data.back() = record("10", "4");  // made for another base
  CHECK(run.witnesses() == std::set<Check>{Check::picture});
  run = dolby_vision_run();
  run.seen.output_metadata.reset();
  CHECK(run.witnesses() == std::set<Check>{Check::picture});
}

TEST_CASE("a kept HDR10+ has the same values on the same number of frames", "[validate]") {
  CHECK(hdr10plus_run().problems().empty());
  test::Run run = hdr10plus_run();
  run.seen.output_metadata->hdr10plus = 239;
  CHECK(run.witnesses() == std::set<Check>{Check::picture});
  run = hdr10plus_run();
  run.seen.output_metadata->hdr10plus_digest = "other";
  CHECK(run.witnesses() == std::set<Check>{Check::picture});
}

TEST_CASE("FrameMetadataScan counts frames by what they carry", "[validate]") {
  FrameMetadataScan scan;
  const std::string rpu =
      "media_type=video|side_datum/dolby_vision_metadata:side_data_type=Dolby Vision Metadata";
  const std::string plus = "|side_datum/hdr_dynamic_metadata_smpte2094_40__hdr10__:knee_point_x=";
  for (const std::string& line :
       {rpu, "media_type=video" + plus + "1", rpu + plus + "2", std::string("media_type=video|"),
        std::string(), std::string("x")}) {
    scan.add_line(line);
  }
  CHECK(scan.found().frames == 4);
  CHECK(scan.found().dolby_vision == 2);
  CHECK(scan.found().hdr10plus == 2);
  FrameMetadataScan other;
  other.add_line("media_type=video" + plus + "2");
  other.add_line("media_type=video" + plus + "1");
  CHECK(other.found().hdr10plus_digest != scan.found().hdr10plus_digest);
}

TEST_CASE("the head of a Matroska output is compared, beyond what ffprobe shows", "[validate]") {
  MediaInfo film = test::media_of(Container::matroska, {test::h264_video(), test::audio()});
  film.matroska->tracks = {{1, "und"}, {2, "pt-BR"}};
  film.matroska->tags = {{{}, "ACTOR", "a"}, {{}, "ACTOR", "b"}, {{1}, "BPS", "stale"}};
  film.matroska->chapters = {{"1", {}, {}, "e"}, {"1.1", 0, 5, "c"}};
  film.matroska->segment_uuid = std::string(16, 'u');
  test::Run whole = test::true_run(film);
  CHECK(whole.problems().empty());
  const auto witnesses = [&](auto&& lie) {
    test::Run run = whole;
    lie(*run.seen.output.matroska);
    return run.witnesses();
  };
  using Checks = std::set<Check>;
  CHECK(witnesses([](auto& m) { m.tracks[1].language = "pt"; }) == Checks{Check::head});
  CHECK(witnesses([](auto& m) { m.tracks[1].name = "Commentary"; }) == Checks{Check::head});
  CHECK(witnesses([](auto& m) { m.tracks[1].is_forced = true; }) == Checks{Check::head});
  CHECK(witnesses([](auto& m) { m.tracks[0].is_default = false; }) == Checks{Check::head});
  CHECK(witnesses([](auto& m) { m.tracks[1].iso_language = "por"; }) == Checks{Check::head});
  CHECK(witnesses([](auto& m) { m.tracks[0].codec = "V_MPEGH/ISO/HEVC"; }) == Checks{Check::head});
  CHECK(witnesses([](auto& m) { m.attachments.emplace_back(); }) == Checks{Check::head});
  CHECK(witnesses([](auto& m) { m.tracks[1].uid = 7; }) == Checks{Check::head});
  CHECK(witnesses([](auto& m) { m.tags.pop_back(); }) == Checks{Check::head});
  CHECK(witnesses([](auto& m) { m.tags[1] = m.tags[0]; }) == Checks{Check::head});
  CHECK(witnesses([](auto& m) { m.segment_uuid.clear(); }) == Checks{Check::head});
  CHECK(witnesses([](auto& m) { m.chapters.pop_back(); }) == Checks{Check::head});
  CHECK(witnesses([](auto& m) { m.chapters[1].end_ns = 6; }) == Checks{Check::head});
  CHECK(witnesses([](auto& m) { m.chapters[1].digest = "x"; }) == Checks{Check::head});
}

TEST_CASE(
    "a language of a country must be in the head of a Matroska output, whatever the source was",
    "[validate]") {
  MediaInfo film =
      test::media_of(Container::ogg, {test::h264_video(), test::audio("vorbis", "por")});
  film.streams[1].language_tag = "pt-BR";
  test::Run run = test::true_run(film);
  run.seen.output.matroska->tracks[1].language = "pt-BR";
  CHECK(run.problems().empty());
  for (const char* other : {"", "pt", "pt-PT"}) {
    run.seen.output.matroska->tracks[1].language = other;
    CHECK(run.witnesses() == std::set<Check>{Check::head});
  }
}

TEST_CASE("the end of a chapter is compared too", "[validate]") {
  MediaInfo film = test::media_of(Container::mp4, {test::h264_video(), test::audio()});
  film.chapters = {{0, 4'000'000'000, "a"}, {5'000'000'000, 10'000'000'000, "b"}};
  test::Run run = test::true_run(film);
  CHECK(run.problems().empty());
  run.seen.output.chapters[0].end_ns = 5'000'000'000;
  CHECK(run.witnesses() == std::set<Check>{Check::chapters});
}

}  // namespace av1d
