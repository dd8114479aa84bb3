// How much hangs on each check of validate(): lies are told one at a time, and every check is
// turned off in turn. A lie with two witnesses survives the loss of one; those with a single
// witness stand in a table here, so that a check that goes blind, or a new one, shows.
#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "av1d/validate.h"
#include "support/catch.h"
#include "support/media.h"

using namespace av1d;
using test::audio;
using test::h264_video;
using test::kFrames;
using test::kMillisecond;
using test::Run;

namespace {

constexpr std::array kChecks = {Check::exit_status,   Check::stderr_lines, Check::source_unchanged,
                                Check::inventory,     Check::head,         Check::picture,
                                Check::shown_picture, Check::chapters,     Check::tags,
                                Check::frame_times,   Check::shown_frames, Check::sync,
                                Check::duration,      Check::content,      Check::decode};

// Outputs: 0 video, 1 and 2 sound, 3 subtitles, 4 font, 5 cover.
Run whole_film() {
  Stream german = audio("ac3", "ger");
  german.tags["title"] = "Stereo";
  german.dispositions = {"default"};
  Stream forced = test::subtitle();
  forced.dispositions = {"forced"};
  MediaInfo media = test::media_of(
      Container::matroska,
      {test::hdr10_video(), german, audio(), forced, test::attachment(), test::cover()});
  media.streams[0].sample_aspect_ratio = {4, 3};
  media.streams[0].side_data.push_back(test::stereo("side by side"));
  media.tags = {{"title", "Film"}};
  media.chapters = {{0, 5'000'000'000, "One"}, {5'000'000'000, 10'000'000'000, "Two"}};
  media.matroska->tracks = {{1, "und"}, {2, "de"}, {3, "en"}, {4, "en"}};
  media.matroska->title = "Film";
  media.matroska->tags = {{{}, "TITLE", "a film"}};
  media.matroska->chapters = {{"1", {}, {}, "edition"},
                              {"1.1", 0, 5'000'000'000, "one"},
                              {"1.2", 5'000'000'000, 10'000'000'000, "two"}};
  return test::true_run(media);
}

Run film_with_converted_subtitles() {
  return test::true_run(
      test::media_of(Container::mov, {h264_video(), audio("pcm_u8"), test::subtitle("mov_text")}));
}

// A mark of stereo would leave the shape to one witness.
Run anamorphic_film() {
  MediaInfo media = test::media_of(Container::matroska, {h264_video(), audio()});
  media.streams[0].sample_aspect_ratio = {4, 3};
  return test::true_run(media);
}

// Of mp4 there is no second reading of titles.
Run film_in_mp4() {
  Stream titled = audio();
  titled.tags["title"] = "Stereo";
  MediaInfo media = test::media_of(Container::mp4, {h264_video(), titled});
  media.tags = {{"title", "Film"}};
  media.chapters = {{0, 10'000'000'000, "One"}};
  media.mp4 = {{{}, {}}, {{"uuid", 4485, "of its bytes"}}};
  media.mp4->tracks[1].references = {{"sync", {0}}};
  return test::true_run(media);
}

// ---- What goes wrong ----------------------------------------------------------------------------

void lose_frames(Run& run, std::ptrdiff_t from, std::ptrdiff_t to) {
  auto& times = run.video_packets().pts_ns;
  times.erase(times.begin() + from, times.begin() + to);
  test::recount(run.video_packets());
  test::decode_packets(run);
}

void cut_everything(Run& run) {
  lose_frames(run, 150, kFrames);
  for (std::size_t i = 1; i < 4; ++i) {
    PacketFacts& facts = run.seen.output.packets[i];
    facts.count = facts.shown = facts.count * 6 / 10;
    facts.end_ns = 6'000 * kMillisecond;
    run.seen.output_hashes[i] = {"cut", "cut", ""};
  }
}

void lose_stream(Run& run, std::ptrdiff_t at) {
  Observations& seen = run.seen;
  seen.output.streams.erase(seen.output.streams.begin() + at);
  seen.output.packets.erase(seen.output.packets.begin() + at);
  seen.output_hashes.erase(seen.output_hashes.begin() + at);
  if (seen.output.matroska) {
    seen.output.matroska->tracks.erase(seen.output.matroska->tracks.begin() + at);
  }
}

MatroskaFacts& head(Run& run) {
  return *run.seen.output.matroska;
}

Stream& stream(Run& run, std::size_t at) {
  return run.seen.output.streams[at];
}

// What is wrong with the picture is so in the header and in what decodes.
template <class Change>
void repaint(Run& run, Change change) {
  change(run.video());
  change(run.seen.decoded_looks.front());
}

struct Lie {
  const char* name;
  std::function<void(Run&)> tell;
  Run (*base)() = whole_film;

  Run told() const {
    Run run = base();
    tell(run);
    return run;
  }
};

const std::vector<Lie>& lies() {
  static const std::vector<Lie> kLies = {
      {"output cut, header as before", cut_everything},
      {"ffmpeg ended by a signal, trailer written",
       [](Run& r) {
         cut_everything(r);
         r.seen.exit_status = 255;
         r.seen.output.duration_secs = 6;
       }},
      {"source ended early, ffmpeg said so",
       [](Run& r) {
         cut_everything(r);
         r.seen.damage_lines = 1;
         r.seen.output.duration_secs = 6;
       }},
      {"video cut, sound whole", [](Run& r) { lose_frames(r, 150, kFrames); }},
      {"first frame missing", [](Run& r) { lose_frames(r, 0, 1); }},
      {"frame missing in the middle", [](Run& r) { lose_frames(r, 125, 126); }},
      {"last frame missing", [](Run& r) { lose_frames(r, kFrames - 1, kFrames); }},
      {"two frames at one time",
       [](Run& r) {
         r.video_packets().pts_ns.erase(r.video_packets().pts_ns.begin() + 9);
         r.seen.decoded_times_ns[9] = r.seen.decoded_times_ns[10];
       }},
      {"frame at another time",
       [](Run& r) {
         r.video_packets().pts_ns[9] += 9 * kMillisecond;
         r.seen.decoded_times_ns[9] += 9 * kMillisecond;
       }},
      {"sound late",
       [](Run& r) {
         PacketFacts& facts = r.seen.output.packets[1];
         *facts.first_pts_ns += 40 * kMillisecond;
         *facts.first_any_pts_ns += 40 * kMillisecond;
         *facts.end_ns += 40 * kMillisecond;
       }},
      {"sound drifts away by a second",
       [](Run& r) { *r.seen.output.packets[1].end_ns -= 1'000 * kMillisecond; }},
      {"sound without packets",
       [](Run& r) {
         r.seen.output.packets[1] = {};
         r.seen.output_hashes[1] = {"empty", "empty", ""};
       }},
      {"copied sound differs",
       [](Run& r) {
         r.seen.output_hashes[1] = {"other", "other", ""};
       }},
      {"audio track lost", [](Run& r) { lose_stream(r, 2); }},
      {"subtitle track lost", [](Run& r) { lose_stream(r, 3); }},
      {"subtitle event lost",
       [](Run& r) {
         r.seen.output_hashes[3] = {"other", "", ""};
       }},
      {"subtitles late from the second on",
       [](Run& r) { r.seen.output.packets[3].pts_ns[1] += 900 * kMillisecond; }},
      {"converted subtitles late",
       [](Run& r) {
         for (auto& time : r.seen.output.packets[2].pts_ns) time += 900 * kMillisecond;
         *r.seen.output.packets[2].first_pts_ns += 900 * kMillisecond;
       },
       film_with_converted_subtitles},
      {"converted subtitles lost a text", [](Run& r) { r.seen.output_hashes[2].events = "other"; },
       film_with_converted_subtitles},
      {"language lost",
       [](Run& r) {
         stream(r, 1).tags.erase("language");
         head(r).tracks[1].iso_language = "und";
       }},
      {"title of a track lost",
       [](Run& r) {
         stream(r, 1).tags.erase("title");
         head(r).tracks[1].name.clear();
       }},
      {"forced flag lost",
       [](Run& r) {
         stream(r, 3).dispositions.clear();
         head(r).tracks[3].is_forced = false;
       }},
      {"tracks in another order",
       [](Run& r) {
         std::swap(r.seen.output.streams[1], r.seen.output.streams[2]);
         std::swap(r.seen.output_hashes[1], r.seen.output_hashes[2]);
         std::swap(head(r).tracks[1], head(r).tracks[2]);
       }},
      {"another codec",
       [](Run& r) {
         stream(r, 0).codec = "hevc";
         head(r).tracks[0].codec = "V_MPEGH/ISO/HEVC";
       }},
      {"attachment changed", [](Run& r) { stream(r, 4).extradata_hash = "MD5:other"; }},
      {"attachment renamed",
       [](Run& r) {
         stream(r, 4).tags["filename"] = "x";
         head(r).attachments[0].name = "x";
       }},
      {"attachment of another media type",
       [](Run& r) {
         stream(r, 4).tags["mimetype"] = "application/octet-stream";
         head(r).attachments[0].media_type = "application/octet-stream";
       }},
      {"cover changed",
       [](Run& r) {
         r.seen.output_hashes[5].packets = "other";
         r.seen.output_hashes[5].decoded = "other";
       }},
      {"cover made a video track",
       [](Run& r) {
         stream(r, 5).dispositions.clear();
         head(r).attachments.pop_back();
         head(r).tracks.emplace_back();
       }},
      {"HDR side data lost",
       [](Run& r) { repaint(r, [](Stream& video) { video.side_data.clear(); }); }},
      {"HDR marked as SDR",
       [](Run& r) { repaint(r, [](Stream& video) { video.color_transfer = "bt709"; }); }},
      {"HDR in the header alone",
       [](Run& r) { r.seen.decoded_looks.front().color_transfer = "bt709"; }},
      {"a frame of another size in the middle",
       [](Run& r) { r.seen.decoded_looks.emplace_back(r.video()).height /= 2; }},
      {"wrong SAR",
       [](Run& r) {
         stream(r, 0).sample_aspect_ratio = {1, 1};
         head(r).tracks[0].display = {1920, 1080};
       },
       anamorphic_film},
      {"mark of stereo lost",
       [](Run& r) {
         std::erase_if(stream(r, 0).side_data,
                       [](const SideData& data) { return data.type == "Stereo 3D"; });
       }},
      {"wrong size", [](Run& r) { repaint(r, [](Stream& video) { video.height = 2158; }); }},
      {"8 bits", [](Run& r) { repaint(r, [](Stream& video) { video.pixel_format = "yuv420p"; }); }},
      {"chapter lost",
       [](Run& r) {
         r.seen.output.chapters.pop_back();
         head(r).chapters.pop_back();
       }},
      {"chapter ends elsewhere",
       [](Run& r) {
         r.seen.output.chapters[0].end_ns = 1'000 * kMillisecond;
         head(r).chapters[1].end_ns = 1'000 * kMillisecond;
       }},
      {"tag lost",
       [](Run& r) {
         r.seen.output.tags.clear();
         head(r).tags.clear();
       }},
      {"chapter lost in mp4", [](Run& r) { r.seen.output.chapters.clear(); }, film_in_mp4},
      {"tag lost in mp4", [](Run& r) { r.seen.output.tags.clear(); }, film_in_mp4},
      {"language lost in mp4",
       [](Run& r) {
         stream(r, 1).tags.clear();
         r.seen.output.mp4->tracks[1].iso_language = "und";
       },
       film_in_mp4},
      {"title of a track lost in mp4", [](Run& r) { stream(r, 1).tags.erase("title"); },
       film_in_mp4},
      {"box of a camera lost in mp4", [](Run& r) { r.seen.output.mp4->extras.clear(); },
       film_in_mp4},
      {"what a track says of others lost in mp4",
       [](Run& r) { r.seen.output.mp4->tracks[1].references.clear(); }, film_in_mp4},
      {"title of the segment lost", [](Run& r) { head(r).title = "another part's"; }},
      {"packet says another time than its frame is shown at",
       [](Run& r) { r.video_packets().pts_ns[9] += 9 * kMillisecond; }},
      {"frame decodes at another time than its packet says",
       [](Run& r) { r.seen.decoded_times_ns[9] += 9 * kMillisecond; }},
      {"language of a country lost", [](Run& r) { head(r).tracks[1].language = "und"; }},
      {"source changed", [](Run& r) { r.seen.source_after.mtime_ns += 1; }},
      {"an error line", [](Run& r) { r.seen.damage_lines = 1; }},
      {"an option ignored", [](Run& r) { r.seen.misuse_lines = 1; }},
      {"exit status alone", [](Run& r) { r.seen.exit_status = 69; }},
      {"decode error", [](Run& r) { r.seen.decode_damage_lines = 1; }},
      {"a packet that shows nothing", [](Run& r) { ++r.video_packets().count; }},
      {"header promises more", [](Run& r) { r.seen.output.duration_secs = 16; }},
  };
  return kLies;
}

// Caught by this check and no other.
const std::map<std::string, Check> kOneWitness = {
    {"sound late", Check::sync},
    {"copied sound differs", Check::content},
    {"subtitle event lost", Check::content},
    {"converted subtitles lost a text", Check::content},
    {"attachment changed", Check::content},
    {"cover changed", Check::content},
    {"mark of stereo lost", Check::picture},
    {"HDR in the header alone", Check::shown_picture},
    {"a frame of another size in the middle", Check::shown_picture},
    {"language of a country lost", Check::head},
    {"chapter lost in mp4", Check::chapters},
    {"tag lost in mp4", Check::tags},
    {"title of a track lost in mp4", Check::inventory},
    {"box of a camera lost in mp4", Check::head},
    {"what a track says of others lost in mp4", Check::head},
    {"title of the segment lost", Check::head},
    {"frame decodes at another time than its packet says", Check::shown_frames},
    {"packet says another time than its frame is shown at", Check::frame_times},
    {"source changed", Check::source_unchanged},
    {"an error line", Check::stderr_lines},
    {"an option ignored", Check::stderr_lines},
    {"exit status alone", Check::exit_status},
    {"decode error", Check::decode},
    {"a packet that shows nothing", Check::decode},
    {"header promises more", Check::duration},
    {"sound drifts away by a second", Check::sync},
    {"subtitles late from the second on", Check::sync},
    {"converted subtitles late", Check::sync},
};

// Caught by nothing: the limits of the proof.
const std::set<std::string> kUnseen = {};

std::string words(const std::set<Check>& checks) {
  std::string text;
  for (const Check check : checks)
    text += std::string(text.empty() ? "" : " ").append(to_string(check));
  return text.empty() ? "nothing" : text;
}

}  // namespace

TEST_CASE("the films that the lies are told of are true", "[validate][mutation]") {
  CHECK(whole_film().problems().empty());
  CHECK(film_with_converted_subtitles().problems().empty());
  CHECK(film_in_mp4().problems().empty());
}

TEST_CASE("each lie has the witnesses that the tables say", "[validate][mutation]") {
  for (const Lie& lie : lies()) {
    const auto witnesses = lie.told().witnesses();
    INFO(lie.name << ": caught by " << words(witnesses));
    CHECK(witnesses.empty() == kUnseen.contains(lie.name));
    const auto one = kOneWitness.find(lie.name);
    if (one == kOneWitness.end()) {
      CHECK(witnesses.size() != 1);
      continue;
    }
    CHECK(witnesses == std::set<Check>{one->second});
  }
}

TEST_CASE("docs/validation.md has the table of lies and their witnesses", "[validate][mutation]") {
  std::ifstream file(std::string(AV1D_SOURCE_DIR) + "/docs/validation.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const std::size_t table = page.find("| lie | caught by |\n| --- | --- |\n");
  REQUIRE(table != std::string::npos);
  std::string expected = "| lie | caught by |\n| --- | --- |\n";
  for (const Lie& lie : lies()) {
    expected += std::string("| ") + lie.name + " |";
    const auto witnesses = lie.told().witnesses();
    for (const Check check : witnesses) expected += " `" + std::string(to_string(check)) + "`";
    expected += witnesses.empty() ? " nothing |\n" : " |\n";
  }
  CHECK(page.substr(table, expected.size()) == expected);
  CHECK_THAT(page,
             ContainsSubstring(std::to_string(kOneWitness.size()) + " lies hang on one check"));
}

TEST_CASE("the tables name told lies only", "[validate][mutation]") {
  std::set<std::string> told;
  for (const Lie& lie : lies()) told.insert(lie.name);
  CHECK(told.size() == lies().size());
  for (const auto& [name, check] : kOneWitness) CHECK(told.contains(name));
  for (const auto& name : kUnseen) CHECK(told.contains(name));
}

TEST_CASE("without any one check the lies that it saw alone pass, and no others",
          "[validate][mutation]") {
  for (const Check off : kChecks) {
    std::ostringstream table;
    std::set<std::string> passed;
    std::set<std::string> expected = kUnseen;
    for (const auto& [name, check] : kOneWitness) {
      if (check == off) expected.insert(name);
    }
    for (const Lie& lie : lies()) {
      const auto witnesses = lie.told().witnesses({off});
      table << "  " << lie.name << ": " << words(witnesses) << '\n';
      if (witnesses.empty()) passed.insert(lie.name);
    }
    INFO("without " << to_string(off) << '\n' << table.str());
    CHECK(passed == expected);
  }
}

TEST_CASE("no check leans on another that is turned off", "[validate][mutation]") {
  for (const Lie& lie : lies()) {
    const Run run = lie.told();
    const auto witnesses = run.witnesses();
    for (const Check off : kChecks) {
      INFO(lie.name << ", without " << to_string(off));
      auto rest = witnesses;
      rest.erase(off);
      CHECK(run.witnesses({off}) == rest);
    }
  }
}

TEST_CASE("every check is the only witness of some lie", "[validate][mutation]") {
  for (const Check check : kChecks) {
    INFO(to_string(check));
    CHECK(std::any_of(kOneWitness.begin(), kOneWitness.end(),
                      [&](const auto& row) { return row.second == check; }));
  }
}
