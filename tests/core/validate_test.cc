// Each check of validate() and the lies that it is there for; validate_mutation_test.cc turns the
// checks off one by one.
#include "av1d/validate.h"

#include "support/catch.h"
#include "support/media.h"

using namespace av1d;
using test::audio;
using test::h264_video;
using test::kFrameNs;
using test::kMillisecond;
using test::media_of;
using test::Run;
using test::subtitle;
using test::true_run;

namespace {

MediaInfo film() {
  Stream video = test::hdr10_video();
  video.chroma_location = "topleft";
  Stream sound = audio("ac3", "ger");
  sound.tags["title"] = "Stereo";
  sound.dispositions = {"default"};
  MediaInfo media =
      media_of(Container::matroska, {video, sound, subtitle(), test::attachment(), test::cover()});
  media.tags = {{"title", "Film"}, {"creation_time", "2013-11-29T12:19:32.000000Z"}};
  media.chapters = {{0, 5'000'000'000, "One"}, {5'000'000'000, 10'000'000'000, "Two"}};
  return media;
}

MediaInfo transport_film() {
  MediaInfo media = media_of(Container::mpegts, {h264_video(), audio("ac3")});
  return media;
}

// The one problem of a run, as "check: text".
std::string only_problem(const Run& run) {
  const auto problems = run.problems();
  if (problems.size() != 1) return std::to_string(problems.size()) + " problems";
  return std::string(to_string(problems[0].check)) + ": " + problems[0].text;
}

}  // namespace

TEST_CASE("a true run has no problems", "[validate]") {
  CHECK(true_run(film()).problems().empty());
  CHECK(true_run(transport_film()).problems().empty());
  CHECK(true_run(media_of(Container::mp4, {test::cover(), h264_video(), audio()}))
            .problems()
            .empty());
  CHECK(true_run(media_of(Container::mov, {h264_video(), audio("pcm_u8"), subtitle("mov_text")}))
            .problems()
            .empty());
}

TEST_CASE("every check has its name", "[validate]") {
  CHECK(to_string(Check::exit_status) == "exit_status");
  CHECK(to_string(Check::frame_times) == "frame_times");
  CHECK(to_string(Check::decode) == "decode");
}

// ---- The run ------------------------------------------------------------------------------------

TEST_CASE("exit status and stderr lines are told with their figures", "[validate]") {
  Run run = true_run(film());
  run.seen.exit_status = 69;
  CHECK(only_problem(run) == "exit_status: ffmpeg ended with status 69");
  run.seen.exit_status = 0;
  run.seen.damage_lines = 41;
  run.seen.misuse_lines = 1;
  run.seen.first_bad_line = "[h264 @ 0x1] [error] corrupt decoded frame\x1b";
  CHECK(only_problem(run) ==
        "stderr_lines: ffmpeg reported 42 errors, the first: "
        "[h264 @ 0x1] [error] corrupt decoded frame\\x1b");
}

TEST_CASE("a source that changed is told by each part of its stamp but ctime", "[validate]") {
  const auto changed = [](auto change) {
    Run run = true_run(film());
    change(run.seen.source_after);
    return run.witnesses() == std::set<Check>{Check::source_unchanged};
  };
  CHECK(changed([](FileStamp& s) { s.size_bytes += 1; }));
  CHECK(changed([](FileStamp& s) { s.mtime_ns += 1; }));
  CHECK(changed([](FileStamp& s) { s.inode += 1; }));
  CHECK(changed([](FileStamp& s) { s.device += 1; }));
  CHECK_FALSE(changed([](FileStamp& s) { s.ctime_ns += 1; }));
}

// ---- Inventory ----------------------------------------------------------------------------------

TEST_CASE("a stream too many or too few is told with the counts", "[validate]") {
  Run run = true_run(film());
  run.seen.output.streams.push_back(audio());
  CHECK(only_problem(run) == "inventory: the output has 6 streams, expected 5");
  run = true_run(film());
  run.seen.output.streams.pop_back();
  CHECK(run.witnesses().contains(Check::inventory));
}

TEST_CASE("timecode and chapter tracks that mp4 makes anew are no streams too many", "[validate]") {
  Run run = true_run(media_of(Container::mp4, {h264_video(), audio()}));
  run.seen.output.streams.insert(run.seen.output.streams.begin() + 1, test::data("tmcd"));
  run.seen.output.packets.insert(run.seen.output.packets.begin() + 1, PacketFacts{});
  run.seen.output.streams.push_back(test::data("text", "bin_data"));
  remove_regenerated(run.seen.output);
  CHECK(run.problems().empty());
  run.seen.output.streams.push_back(test::data("mebx"));
  remove_regenerated(run.seen.output);
  CHECK(run.witnesses() == std::set<Check>{Check::inventory});
}

TEST_CASE("each property of a stream is compared", "[validate]") {
  const auto told = [](auto lie, const std::string& part) {
    Run run = true_run(film());
    lie(run.seen.output.streams);
    const std::string text = only_problem(run);
    INFO(text);
    return text.starts_with("inventory: ") && text.find(part) != std::string::npos;
  };
  using Streams = std::vector<Stream>;
  CHECK(told([](Streams& s) { s[0].codec = "hevc"; }, "stream 0 is hevc, expected av1"));
  CHECK(told([](Streams& s) { s[1].type = StreamType::data; }, "stream 1"));
  CHECK(told([](Streams& s) { s[1].codec.clear(); }, "stream 1 is unknown, expected ac3"));
  CHECK(told([](Streams& s) { s[1].tags.erase("language"); }, "language '', expected 'ger'"));
  CHECK(told([](Streams& s) { s[1].tags["title"] = "Mono"; }, "'Mono', expected 'Stereo'"));
  CHECK(told([](Streams& s) { s[1].dispositions.clear(); }, "none, expected default"));
  CHECK(told([](Streams& s) { s[2].dispositions = {"default", "forced"}; }, "default+forced"));
  CHECK(told([](Streams& s) { s[3].tags["filename"] = "x.ttf"; }, "'x.ttf', expected 'font.ttf'"));
  CHECK(told([](Streams& s) { s[3].tags["title"] = "x"; }, "described as 'x', expected ''"));
  CHECK(told([](Streams& s) { s[4].dispositions.clear(); }, "stream 4"));  // cover made a video
}

// ---- Picture ------------------------------------------------------------------------------------

TEST_CASE("each property of the picture is compared", "[validate]") {
  const auto told = [](auto lie, const std::string& part) {
    Run run = true_run(film());
    lie(run.video());
    const std::string text = only_problem(run);
    INFO(text);
    return text.starts_with("picture: ") && text.find(part) != std::string::npos;
  };
  CHECK(told([](Stream& v) { v.width = 1920; }, "1920x2160, expected 3840x2160"));
  CHECK(told([](Stream& v) { v.height = 1080; }, "3840x1080"));
  CHECK(told([](Stream& v) { v.sample_aspect_ratio = {4, 3}; }, "4:3, expected 1:1"));
  CHECK(told([](Stream& v) { v.pixel_format = "yuv420p"; }, "yuv420p, expected yuv420p10le"));
  CHECK(told([](Stream& v) { v.color_range = "pc"; }, "color_range"));
  CHECK(told([](Stream& v) { v.color_space = "bt709"; }, "'bt709', expected 'bt2020nc'"));
  CHECK(told([](Stream& v) { v.color_transfer = ""; }, "color_transfer"));
  CHECK(told([](Stream& v) { v.color_primaries = "bt709"; }, "color_primaries"));
  CHECK(told([](Stream& v) { v.chroma_location = ""; }, "'', expected 'topleft'"));
  CHECK(told([](Stream& v) { v.side_data.pop_back(); }, "Content light level metadata"));
  CHECK(told([](Stream& v) { v.side_data.erase(v.side_data.begin()); }, "Mastering display"));
  CHECK(told([](Stream& v) { v.side_data[1].fields["max_content"] = "4000"; }, "different"));
  CHECK(told([](Stream& v) { v.side_data[0].fields["red_x"] = "35000/50000"; }, "Mastering"));
}

TEST_CASE("marks of stereo and sphere are compared", "[validate]") {
  MediaInfo media = media_of(Container::matroska, {h264_video(), audio()});
  media.streams[0].side_data = {test::stereo("side by side")};
  Run run = true_run(media);
  CHECK(run.problems().empty());
  run.video().side_data[0].fields["type"] = "unspecified";
  CHECK(only_problem(run) == "picture: the mark 'Stereo 3D' is missing or different");
  run.video().side_data.clear();
  CHECK(only_problem(run) == "picture: the mark 'Stereo 3D' is missing or different");
}

TEST_CASE("a mark that only the frames had is asked for by its kind", "[validate]") {
  MediaInfo media = media_of(Container::matroska, {h264_video(), audio()});
  media.frames.side_data = {"Stereo 3D"};
  Run run = true_run(media);
  run.video().side_data = {test::stereo("top and bottom")};
  CHECK(run.problems().empty());
  run.video().side_data.clear();
  CHECK(run.witnesses() == std::set<Check>{Check::picture});
}

TEST_CASE("AV1's rounding of mastering display values is no difference", "[validate]") {
  Run run = true_run(film());
  run.video().side_data[0].fields["red_x"] = "33999/50000";
  run.video().side_data[0].fields["max_luminance"] = "256000/256";
  CHECK(run.problems().empty());
}

TEST_CASE("an undeclared sample aspect ratio is square", "[validate]") {
  Run run = true_run(film());
  run.video().sample_aspect_ratio = {0, 1};
  CHECK(run.problems().empty());
}

TEST_CASE("colour that the source leaves unsaid may be said by the output", "[validate]") {
  Run run = true_run(media_of(Container::matroska, {h264_video(), audio()}));
  run.video().color_range = "tv";
  CHECK(run.problems().empty());
}

// ---- Chapters and tags --------------------------------------------------------------------------

TEST_CASE("chapters are compared by count, name and start", "[validate]") {
  Run run = true_run(film());
  run.seen.output.chapters.pop_back();
  CHECK(only_problem(run) == "chapters: the output has 1 chapters, expected 2");
  run = true_run(film());
  run.seen.output.chapters[1].title = "Zwei";
  CHECK(only_problem(run) == "chapters: chapter 1 is named 'Zwei', expected 'Two'");
  run = true_run(film());
  run.seen.output.chapters[1].start_ns += 100 * kMillisecond;
  CHECK(only_problem(run) == "chapters: chapter 1 starts at 5.100 s, expected 5.000 s");
  run.seen.output.chapters[1].start_ns -= 60 * kMillisecond;
  CHECK(run.problems().empty());
}

TEST_CASE("tags are compared without the case of their keys", "[validate]") {
  Run run = true_run(film());
  run.seen.output.tags.erase("title");
  CHECK(only_problem(run) == "tags: the tag 'title' is missing");
  run.seen.output.tags["TITLE"] = "Film";
  CHECK(run.problems().empty());
  run.seen.output.tags["TITLE"] = "Movie";
  CHECK(only_problem(run) == "tags: the tag 'title' is 'Movie', expected 'Film'");
}

TEST_CASE("the timecode of a dropped timecode track must be in the new file", "[validate]") {
  MediaInfo media = media_of(Container::mov, {h264_video(), audio(), test::data("tmcd")});
  media.streams[2].tags["timecode"] = "01:00:00:00";
  Run run = true_run(media);
  CHECK(only_problem(run) == "tags: the timecode 01:00:00:00 is missing");
  run.video().tags["TIMECODE"] = "01:00:00:00";
  CHECK(run.problems().empty());
  run.video().tags["TIMECODE"] = "01:00:00:000";  // as at 120 frames a second
  CHECK(run.problems().empty());
  run.video().tags["TIMECODE"] = "01:00:00;00";  // drops frames
  CHECK(run.witnesses() == std::set<Check>{Check::tags});
  run.video().tags["TIMECODE"] = "01:00:00:01";
  CHECK(run.witnesses() == std::set<Check>{Check::tags});
  run.video().tags["TIMECODE"] = "00:00:00:00";
  CHECK(run.witnesses() == std::set<Check>{Check::tags});
}

TEST_CASE("a tag may take the form that its container has for it, not another value",
          "[validate]") {
  const auto same = [](const std::string& key, const std::string& had, const std::string& got) {
    Run run = true_run(film());
    run.expected.tags = {{key, had}};
    run.seen.output.tags = {{key, got}};
    return run.problems().empty();
  };
  CHECK(same("creation_time", "2016-05-31 17:01:35", "2016-05-31T17:01:35.000000Z"));
  CHECK_FALSE(same("creation_time", "2016-05-31 17:01:35", "2016-05-31T17:01:36.000000Z"));
  CHECK_FALSE(same("creation_time", "2016", "2017"));
  CHECK(same("location", "+48.8789+002.3376/", "+48.8789+002.3376+000.000/") == false);
  CHECK(same("location", "+48.8789+002.3376/", "+48.87891+002.33759/"));
  CHECK_FALSE(same("location", "+48.8789+002.3376/", "+48.9789+002.3376/"));
  CHECK_FALSE(same("location", "Paris", "London"));
  CHECK_FALSE(same("make", "Apple", "Pear"));
  CHECK_FALSE(same("make", "Apple", "Apple;Apple"));  // said in two lists
  CHECK_FALSE(same("make", "Apple", "Pear;Apple"));
}

// ---- Content ------------------------------------------------------------------------------------

TEST_CASE("a copied stream whose packets differ is told with both its indexes", "[validate]") {
  Run run = true_run(media_of(Container::matroska, {test::cover(), h264_video(), audio()}));
  run.seen.output_hashes[1] = {"other", "other", ""};
  CHECK(only_problem(run) ==
        "content: the content of stream 1 (source stream 2) is not the source's");
  // Rewritten packets with the same sound are the same stream.
  run.seen.output_hashes[1] = {"other", test::hashes_of(2).decoded, ""};
  CHECK(run.problems().empty());
}

TEST_CASE("a hash that was never taken proves nothing", "[validate]") {
  Run run = true_run(film());
  run.seen.source_hashes[1] = run.seen.output_hashes[1] = {};
  CHECK(run.witnesses() == std::set<Check>{Check::content});
  run = true_run(film());
  run.seen.output_hashes.clear();
  CHECK(run.witnesses() == std::set<Check>{Check::content});
}

TEST_CASE("converted streams are proven by what they decode to", "[validate]") {
  const MediaInfo media =
      media_of(Container::mov, {h264_video(), audio("pcm_s8"), subtitle("mov_text")});
  Run run = true_run(media);
  run.seen.output_hashes[1].packets = "of course other";
  CHECK(run.problems().empty());
  run.seen.output_hashes[1].decoded = "other";
  CHECK(run.witnesses() == std::set<Check>{Check::content});
  run = true_run(media);
  run.seen.output_hashes[2].events = "other texts";
  CHECK(run.witnesses() == std::set<Check>{Check::content});
}

TEST_CASE("attachments are compared by size and hash of their bytes", "[validate]") {
  Run run = true_run(film());
  run.seen.output.streams[3].extradata_hash = "MD5:0";
  CHECK(only_problem(run) ==
        "content: the attachment in stream 3 (source stream 3) is not identical");
  run = true_run(film());
  run.seen.output.streams[3].extradata_bytes -= 1;
  CHECK(run.witnesses() == std::set<Check>{Check::content});
}

TEST_CASE("streams_to_compare_decoded names what the container may have rewritten", "[validate]") {
  Run run = true_run(media_of(Container::mpegts,
                              {h264_video(), audio(), subtitle("dvb_subtitle"), audio("s302m")}));
  CHECK(streams_to_compare_decoded(run.expected, run.seen) == std::vector<std::size_t>{3});
  run.seen.output_hashes[1].packets = "with ADTS headers gone";
  run.seen.output_hashes[2].packets = "a picture has no decoded hash to compare";
  CHECK(streams_to_compare_decoded(run.expected, run.seen) == std::vector<std::size_t>{1, 3});
}

// ---- Decode -------------------------------------------------------------------------------------

TEST_CASE("the new video must decode whole and without an error line", "[validate]") {
  Run run = true_run(film());
  run.seen.decode_status = 1;
  CHECK(only_problem(run) == "decode: the new video does not decode: status 1");
  run = true_run(film());
  run.seen.decode_damage_lines = 3;
  run.seen.first_decode_line = "[libdav1d] [error] x";
  CHECK(only_problem(run) ==
        "decode: decoding the new video gave 3 errors, the first: [libdav1d] [error] x");
  run = true_run(film());
  run.seen.decoded_times_ns.pop_back();
  const auto problems = run.problems();
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].check == Check::shown_frames);
  CHECK(problems[0].text == "as it decodes, the new video has 249 frames, the source 250");
  CHECK(problems[1].text == "the new video decodes to 249 frames from 250 packets");
}

// WMV names "VBR Peak" what ffmpeg's Matroska muxer calls VBR_PEAK.
TEST_CASE("the name of a tag may lose its spaces", "[validate]") {
  Run run = true_run(film());
  run.expected.tags = {{"VBR Peak", "128000"}};
  run.seen.output.tags = {{"VBR_PEAK", "128000"}};
  CHECK(run.problems().empty());
  run.seen.output.tags = {{"VBRPEAK", "128000"}};
  CHECK(run.witnesses() == std::set<Check>{Check::tags});
}
