// Heads carried from one hand-made Matroska file into another; the e2e tests do it with real ones.
#include <algorithm>

#include "av1d/matroska.h"
#include "support/catch.h"
#include "support/ebml_builder.h"
#include "support/media.h"
#include "support/temp_dir.h"

namespace av1d {

namespace {

using namespace test::ebml;

constexpr std::uint32_t kAttachments = 0x1941A469;

std::string track(std::uint64_t uid, const std::string& more = "") {
  return element(0xAE, number(0x73C5, uid) + more, 1);
}
std::string bcp47(const std::string& language) {
  return element(0x22B59D, language, 1);
}
std::string simple(const std::string& name, const std::string& value) {
  return element(0x67C8, element(0x45A3, name, 1) + element(0x4487, value, 8));
}
std::string tag(const std::string& simples, std::uint64_t track_uid = 0) {
  return element(0x7373,
                 element(0x63C0, track_uid == 0 ? "" : number(0x63C5, track_uid), 1) + simples);
}
std::string atom(std::uint64_t start, const std::string& name, const std::string& more = "") {
  return element(0xB6, number(0x91, start) + element(0x80, element(0x85, name, 8)) + more);
}

// What ffmpeg leaves: a SeekHead and room behind it, info, two tracks, flat chapters, an
// attachment, tags; then a cluster and the cues.
std::string written(std::size_t room = 80) {
  const std::string tail = element(kCluster, std::string(3000, 'c')) + element(kCues, "cues");
  const std::string head =
      element(kVoid, std::string(room, '\0'), 8) +
      element(kInfo, element(0x73A4, std::string(16, 'o'), 1)) +
      element(kTracks, track(901) + track(902)) +
      element(kChapters, element(0x45B9, atom(0, "flat"))) +
      element(kAttachments, std::string(500, 'f')) +
      element(kTags, tag(simple("ENCODER", "Lavf") + simple("ACTOR", "Two")) +
                         tag(simple("DURATION", "1") + simple("BPS", "2"), 901) +
                         tag(simple("ENCODER", "Lavc"), 901));
  const std::size_t seeks = element(kSeekHead, seek(kCues, 0)).size();
  const std::string seek_head =
      element(kSeekHead, seek(kCues, seeks + head.size() + tail.size() - 16));
  return header() + element(kSegment, seek_head + head + tail);
}

struct Files {
  test::TempDir dir;
  fs::path source, output;
  std::string before;
  MatroskaFacts source_facts;

  Files(const std::string& head, const std::string& output_bytes)
      : source(test::write_file(dir / "source.mkv",
                                header() + element(kSegment, head + element(kCluster, "x")))),
        output(test::write_file(dir / "output.mkv", output_bytes)),
        before(output_bytes),
        source_facts(facts(source)) {}

  static MatroskaFacts facts(const fs::path& path) {
    const auto found = read_matroska(path);
    REQUIRE(found);
    REQUIRE(*found);
    return **found;
  }
};

// Both tracks, the first one encoded.
const MatroskaCarry kBoth = {
    {{0, MatroskaOrigin::Packets::made_anew}, {1, MatroskaOrigin::Packets::kept}}, 0};

std::string source_head(const std::string& chapters, const std::string& tags) {
  return element(kInfo, element(0x73A4, std::string(16, 's'), 1) +
                            element(0x3CB923, std::string(16, 'p'), 1)) +
         element(kTracks, track(11, bcp47("ja")) + track(12, bcp47("pt-BR"))) +
         element(kChapters, chapters) + element(kTags, tags);
}

std::vector<std::uint64_t> attachment_uids(const MatroskaFacts& facts) {
  std::vector<std::uint64_t> uids;
  for (const auto& attachment : facts.attachments) uids.push_back(attachment.uid);
  return uids;
}

std::vector<std::string> names(const MatroskaFacts& facts) {
  std::vector<std::string> all;
  for (const auto& one : facts.tags) all.push_back(one.name);
  return all;
}

// The part of a file that no reader of its head looks into, and where the cues stand.
std::string film_of(const std::string& bytes) {
  const auto at = bytes.find(id_bytes(kCluster) + std::string("\x01\0\0\0", 4));
  return bytes.substr(at, 3012 + 16);
}

}  // namespace

TEST_CASE("carry_matroska gives the output the source's chapters, languages and tags",
          "[matroska]") {
  const std::string chapters =
      element(0x45B9, atom(0, "One", atom(5, "inner"))) + element(0x45B9, atom(0, "other"));
  const std::string tags = tag(simple("ACTOR", "One") + simple("ACTOR", "Two") +
                               element(0x67C8, element(0x45A3, "A", 1) + simple("B", "nested"))) +
                           tag(simple("BPS", "old") + simple("MOOD", "dark"), 11) +
                           tag(simple("BPS", "still true") + simple("DURATION", "2"), 12);
  const Files files(source_head(chapters, tags), written());
  REQUIRE(carry_matroska(files.source, files.output, kBoth));
  const MatroskaFacts got = Files::facts(files.output);
  const MatroskaFacts want = expected_matroska(files.source_facts, kBoth);
  CHECK(got.chapters == want.chapters);
  CHECK(got.chapters == files.source_facts.chapters);
  REQUIRE(got.tracks.size() == 2);
  CHECK(got.tracks[1].language == "pt-BR");
  CHECK(got.tracks[1].uid == 12);
  CHECK(got.segment_uuid == std::string(16, 's'));
  // The old statistics of the new video are gone, ffmpeg's own words have stayed.
  CHECK(names(want) == std::vector<std::string>{"ACTOR", "ACTOR", "A", "MOOD", "BPS"});
  CHECK(names(got) == std::vector<std::string>{"ACTOR", "ACTOR", "A", "MOOD", "BPS", "ENCODER",
                                               "DURATION", "ENCODER"});
  CHECK(got.tags.back().track_uids == std::set<std::uint64_t>{11});
  for (const auto& one : want.tags) {
    CHECK(std::find(got.tags.begin(), got.tags.end(), one) != got.tags.end());
  }
}

TEST_CASE("carry_matroska leaves out what spoke of a dropped track", "[matroska]") {
  const std::string tags = tag(simple("LYRICS", "la"), 11) + tag(simple("MOOD", "dark"), 12);
  const Files files(source_head("", tags), written());
  const MatroskaCarry carry = {
      {{1, MatroskaOrigin::Packets::made_anew}, {1, MatroskaOrigin::Packets::kept}}, 0};
  REQUIRE(carry_matroska(files.source, files.output, carry));
  const auto got = names(Files::facts(files.output));
  CHECK(std::count(got.begin(), got.end(), "LYRICS") == 0);
  CHECK(std::count(got.begin(), got.end(), "MOOD") == 1);
  CHECK(Files::facts(files.output).chapters.empty());
}

TEST_CASE("carry_matroska moves chapters with the start of the film, but not those of other files",
          "[matroska]") {
  const std::string linked = element(0x6E67, std::string(16, 'l'), 1);
  const Files files(
      source_head(element(0x45B9, atom(3'000'000, "a") + atom(3'000'000, "b", linked)), ""),
      written());
  MatroskaCarry carry = kBoth;
  carry.start_ns = 1'000'000;
  REQUIRE(carry_matroska(files.source, files.output, carry));
  const auto got = Files::facts(files.output).chapters;
  REQUIRE(got.size() == 3);
  CHECK(got[1].start_ns == 2'000'000);
  CHECK(got[2].start_ns == 3'000'000);
  CHECK(got == expected_matroska(files.source_facts, carry).chapters);
}

TEST_CASE("carry_matroska needs no room for chapters and tags of any size and moves no cluster",
          "[matroska]") {
  CHECK_PROPERTY([](std::uint16_t chapter_bytes, std::uint16_t tag_bytes, std::uint8_t room) {
    const std::string chapters = element(0x45B9, atom(7, std::string(chapter_bytes % 2000U, 'n')));
    const std::string tags = tag(simple("NOTE", std::string(tag_bytes % 2000U, 'v')));
    const Files files(source_head(chapters, tags), written(room + 100U));
    const Status carried = carry_matroska(files.source, files.output, kBoth);
    if (!carried) RC_FAIL(carried.error().message);
    const std::string after = test::read_file(files.output);
    RC_ASSERT(film_of(after) == film_of(files.before));
    RC_ASSERT(after.find(id_bytes(kCluster)) == files.before.find(id_bytes(kCluster)));
    const MatroskaFacts got = Files::facts(files.output);
    RC_ASSERT(!got.damaged_head);
    RC_ASSERT(got.chapters == files.source_facts.chapters);
    RC_ASSERT(std::find(got.tags.begin(), got.tags.end(), files.source_facts.tags.front()) !=
              got.tags.end());
  });
}

TEST_CASE("carry_matroska refuses an output that is not as ffmpeg writes it", "[matroska]") {
  const std::string head = source_head(element(0x45B9, atom(0, "a")), "");
  const auto bytes = GENERATE(as<std::string>{}, "RIFF", header() + element(kSegment, ""),
                              written() + "behind", header() + unknown_size(kSegment, ""));
  const Files files(head, bytes);
  CHECK_FALSE(carry_matroska(files.source, files.output, kBoth));
  CHECK(test::read_file(files.output) == bytes);
}

TEST_CASE("matroska_carry maps the tracks that a plan keeps", "[matroska]") {
  MediaInfo film = test::media_of(
      Container::matroska, {test::h264_video(), test::audio(), test::audio(), test::attachment()});
  film.start_secs = 1.5;
  film.packets[0] = test::packets(test::kFrames, test::kFrameNs, 1'500'000'000);
  CHECK_FALSE(matroska_carry(film, *test::plan_for(film)));  // its tracks are not known
  film.matroska->tracks.resize(3);
  film.streams[1].tags["language"] = "ger";
  Config config;
  config.drop_audio_languages = {"ger"};
  const auto carry = matroska_carry(film, *test::plan_for(film, config));
  REQUIRE(carry);
  CHECK(carry->start_ns == 1'500'000'000);
  REQUIRE(carry->tracks.size() == 2);
  CHECK(carry->tracks[0].packets == MatroskaOrigin::Packets::made_anew);
  CHECK(carry->tracks[1].source_track == 2);
  CHECK(carry->tracks[1].packets == MatroskaOrigin::Packets::kept);
  film.matroska->damaged_head = true;
  CHECK_FALSE(matroska_carry(film, *test::plan_for(film)));
}

TEST_CASE("carry_matroska keeps the names by which tags call attachments", "[matroska]") {
  const auto attached = [](std::uint64_t uid, const std::string& bytes) {
    return element(0x61A7, element(0x46AE, big_endian(uid, 8), 1) + element(0x465C, bytes));
  };
  const std::string of_attachment =
      element(0x7373, element(0x63C0, number(0x63C6, 72), 1) + simple("ARTIST", "of the cover"));
  const std::string head = source_head(element(0x45B9, atom(0, "One")), of_attachment) +
                           element(kAttachments, attached(71, "font") + attached(72, "cover"));
  std::string output = written();
  const std::string room = element(kAttachments, std::string(500, 'f'));
  const std::string files_of_ffmpeg =
      element(0xBF, "CRC!", 1) + attached(9001, "font") + attached(9002, "cover");
  const std::string filled =
      element(kAttachments,
              files_of_ffmpeg + element(kVoid, std::string(491 - files_of_ffmpeg.size(), 'v')));
  REQUIRE(filled.size() == room.size());
  output.replace(output.find(room), room.size(), filled);
  const Files files(head, output);
  CHECK(attachment_uids(files.source_facts) == std::vector<std::uint64_t>{71, 72});
  MatroskaCarry carry = kBoth;
  carry.attachments = {1, 0};  // the other way round
  REQUIRE(carry_matroska(files.source, files.output, carry));
  const MatroskaFacts got = Files::facts(files.output);
  CHECK(attachment_uids(got) == std::vector<std::uint64_t>{72, 71});
  CHECK(attachment_uids(got) == attachment_uids(expected_matroska(files.source_facts, carry)));
  const std::string bytes = test::read_file(files.output);
  CHECK(bytes.find("CRC!") == std::string::npos);  // it would no longer be true
  CHECK(names(got) == std::vector<std::string>{"ARTIST", "ENCODER", "DURATION", "ENCODER"});
}

}  // namespace av1d
