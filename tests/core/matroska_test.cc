// Small EBML files built by hand, element by element, and real ones of mkvmerge and ffmpeg.
#include "av1d/matroska.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <random>

#include "av1d/text.h"
#include "support/catch.h"
#include "support/ebml_builder.h"
#include "support/media.h"
#include "support/temp_dir.h"

namespace av1d {

namespace {

using namespace test::ebml;

std::string track(const std::string& children) {
  return element(0xAE, children);
}
std::string bcp47(const std::string& language) {
  return element(0x22B59D, language, 1);
}
std::string tracks() {
  return element(kTracks, track(bcp47("pt-BR")) + track("") + track(bcp47("de")));
}
std::string atom(const std::string& children) {
  return element(0xB6, children);
}
std::string display(const std::string& children) {
  return element(0x80, children);
}
std::string edition(const std::string& children) {
  return element(0x45B9, children);
}
std::string chapters(const std::string& editions) {
  return element(kChapters, editions);
}
std::string cluster() {
  return element(kCluster, std::string(5000, '\xa3'));
}
std::string nested_tags() {
  return element(kTags, element(0x7373, element(0x67C8, element(0x67C8, ""))));
}

std::string file_of(const std::string& segment_children) {
  return header() + element(kSegment, segment_children);
}

MatroskaFacts facts_of(const std::string& bytes) {
  const test::TempDir dir;
  const auto facts = read_matroska(test::write_file(dir / "a.mkv", bytes));
  REQUIRE(facts);
  REQUIRE(*facts);
  return **facts;
}

// The editions among the chapters: places without a dot.
std::ptrdiff_t editions(const MatroskaFacts& facts) {
  return std::count_if(facts.chapters.begin(), facts.chapters.end(), [](const auto& chapter) {
    return chapter.place.find('.') == std::string::npos;
  });
}

std::vector<std::string> languages(const MatroskaFacts& facts) {
  std::vector<std::string> all;
  for (const auto& track : facts.tracks) all.push_back(track.language);
  return all;
}

std::vector<std::string> places(const MatroskaFacts& facts) {
  std::vector<std::string> all;
  for (const auto& chapter : facts.chapters) all.push_back(chapter.place);
  return all;
}

bool runs(const std::vector<std::string>& argv) {
  return std::system((shell_command(argv) + " >/dev/null 2>&1 </dev/null").c_str()) == 0;
}

std::string ffmpeg_program() {
  if (const char* dir = std::getenv("AV1D_FFMPEG_DIR"); dir != nullptr)
    return std::string(dir) + "/ffmpeg";
  const std::string installed = "/usr/lib/av1d/ffmpeg/bin/ffmpeg";
  return fs::exists(installed) ? installed : "ffmpeg";
}

constexpr const char* kSubtitles = "1\n00:00:00,000 --> 00:00:01,000\nHello\n\n";

constexpr const char* kChapterXml = R"(<?xml version="1.0"?>
<Chapters><EditionEntry><EditionFlagOrdered>1</EditionFlagOrdered><ChapterAtom>
<ChapterTimeStart>00:00:00.0</ChapterTimeStart><ChapterTimeEnd>00:00:00.5</ChapterTimeEnd>
<ChapterDisplay><ChapterString>One</ChapterString></ChapterDisplay>
<ChapterDisplay><ChapterString>Um</ChapterString><ChapLanguageIETF>pt-BR</ChapLanguageIETF></ChapterDisplay>
<ChapterAtom><ChapterTimeStart>00:00:00.1</ChapterTimeStart><ChapterTimeEnd>00:00:00.2</ChapterTimeEnd>
<ChapterFlagHidden>1</ChapterFlagHidden></ChapterAtom></ChapterAtom></EditionEntry>
<EditionEntry><ChapterAtom><ChapterTimeStart>00:00:00.0</ChapterTimeStart></ChapterAtom></EditionEntry>
</Chapters>)";

constexpr const char* kTagXml = R"(<?xml version="1.0"?>
<Tags><Tag><Targets/><Simple><Name>ACTOR</Name><String>A</String>
<Simple><Name>CHARACTER</Name><String>B</String></Simple></Simple></Tag></Tags>
)";

}  // namespace

TEST_CASE("read_matroska gives nothing for what is no EBML file", "[matroska]") {
  const test::TempDir dir;
  const auto bytes = GENERATE(as<std::string>{}, "", "\x1A", "\x1A\x45\xDF\xA3", "RIFF....AVI ",
                              "#EXTM3U\n", std::string(64, '\0'));
  const auto facts = read_matroska(test::write_file(dir / "a.mkv", bytes));
  REQUIRE(facts);
  CHECK_FALSE(*facts);
}

TEST_CASE("read_matroska fails with a reason for what can't be read and never blocks",
          "[matroska]") {
  const test::TempDir dir;
  const auto missing = read_matroska(dir / "no\n.mkv");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message ==
        "cannot open '" + dir.path().string() + "/no\\x0a.mkv': No such file or directory");
  CHECK(missing.error().errno_value == ENOENT);
  const auto directory = read_matroska(dir.path());
  REQUIRE_FALSE(directory);
  CHECK_THAT(directory.error().message, ContainsSubstring("not a regular file"));
  REQUIRE(::mkfifo((dir / "fifo.mkv").c_str(), 0600) == 0);
  CHECK_FALSE(read_matroska(dir / "fifo.mkv"));
}

TEST_CASE("read_matroska reads the document type and a plain file as plain", "[matroska]") {
  const auto facts = facts_of(header("webm") + element(kSegment, element(kInfo, "") + cluster()));
  CHECK(facts.doc_type == "webm");
  CHECK((facts.chapters.empty() && facts.tags.empty() && facts.tracks.empty()));
  CHECK_FALSE(
      (facts.second_segment || facts.encrypted_track || facts.alpha_track || facts.damaged_head));
  CHECK(facts_of(header()).doc_type == "matroska");  // ends behind its header
}

TEST_CASE("read_matroska tells each track's language in file order", "[matroska]") {
  CHECK(languages(facts_of(file_of(tracks() + cluster()))) ==
        std::vector<std::string>{"pt-BR", "", "de"});
  // A copy of the tracks later in the file adds none.
  CHECK(facts_of(file_of(tracks() + tracks())).tracks.size() == 3);
  const auto padded = facts_of(file_of(element(kTracks, track(bcp47(std::string("fr\0\0", 4))))));
  CHECK(languages(padded) == std::vector<std::string>{"fr"});
}

TEST_CASE("read_matroska sees alpha and encryption", "[matroska]") {
  const auto video = [](std::uint64_t mode) {
    return file_of(element(kTracks, track(element(0xE0, number(0x53C0, mode)))));
  };
  CHECK(facts_of(video(1)).alpha_track);
  CHECK_FALSE(facts_of(video(0)).alpha_track);
  const auto encoding = [](std::uint32_t kind) {
    return file_of(element(kTracks, track(element(0x6D80, element(0x6240, element(kind, ""))))));
  };
  CHECK(facts_of(encoding(0x5035)).encrypted_track);
  CHECK_FALSE(facts_of(encoding(0x5034)).encrypted_track);  // compression
}

TEST_CASE("read_matroska lists editions and chapters in chapters with their times", "[matroska]") {
  const auto facts = facts_of(file_of(
      chapters(edition(number(0x45DD, 1) +
                       atom(number(0x91, 5) + number(0x92, 9) + atom(number(0x91, 6))) + atom("")) +
               edition(""))));
  CHECK(places(facts) == std::vector<std::string>{"1", "1.1", "1.1.1", "1.2", "2"});
  CHECK(facts.chapters[1].start_ns == 5);
  CHECK(facts.chapters[1].end_ns == 9);
  CHECK(facts.chapters[2].start_ns == 6);
  CHECK_FALSE(facts.chapters[2].end_ns.has_value());
  CHECK_FALSE(facts.damaged_head);
}

TEST_CASE("read_matroska tells chapters apart by all that they say", "[matroska]") {
  const auto one = [](const std::string& child) {
    return facts_of(file_of(chapters(edition(atom(child))))).chapters.at(1);
  };
  const auto named = [](const std::string& language) {
    return display(element(0x437D, language, 1));
  };
  const MatroskaChapter plain = one("");
  for (const std::string& child :
       {number(0x98, 1), number(0x4598, 0), element(0x6E67, std::string(16, 'u'), 1), named("en"),
        named("pt-BR"), named("en") + named("pt-BR")}) {
    CHECK_FALSE(one(child) == plain);
  }
  CHECK_FALSE(one(named("pt")) == one(named("pt-BR")));
  CHECK(one(element(kVoid, "xx", 1) + named("en")) == one(named("en")));
  CHECK(one(element(0x6E67, std::string(16, 'u'), 1)).linked);
}

TEST_CASE("read_matroska lists every tag, nested ones and those of one name", "[matroska]") {
  const auto tag = [](const std::string& simple, const std::string& targets = "") {
    return element(0x7373, element(0x63C0, targets) + simple);
  };
  const auto simple = [](const std::string& name, const std::string& more = "") {
    return element(0x67C8, element(0x45A3, name, 1) + more);
  };
  const auto facts =
      facts_of(file_of(element(kTags, tag(simple("ACTOR") + simple("ACTOR", simple("ROLE")))) +
                       element(kTags, tag(simple("BPS"), number(0x63C5, 77)))));
  REQUIRE(facts.tags.size() == 3);
  CHECK(facts.tags[0].name == "ACTOR");
  CHECK(facts.tags[1].name == "ACTOR");
  CHECK(facts.tags[0].digest != facts.tags[1].digest);
  CHECK(facts.tags[2].track_uids == std::set<std::uint64_t>{77});
}

TEST_CASE("read_matroska says that chapters or tags are damaged", "[matroska]") {
  CHECK(facts_of(file_of(element(kTags, sized(0x7373, 1ULL << 30U, "")))).damaged_head);
  CHECK(facts_of(file_of(chapters(edition(std::string(3, '\0'))))).damaged_head);
  CHECK_FALSE(facts_of(file_of(chapters("") + element(kTags, ""))).damaged_head);
}

TEST_CASE("read_matroska follows SeekHeads, and a SeekHead behind the clusters", "[matroska]") {
  const std::string end_chapters = chapters(edition("") + edition(""));
  const std::string blank = element(kSeekHead, seek(kSeekHead, 0));
  const std::string body = tracks() + cluster() + element(kCues, "") + end_chapters;
  // head | tracks | cluster | cues | chapters | second SeekHead -> chapters | tags
  const std::uint64_t chapters_at = blank.size() + body.size() - end_chapters.size();
  const std::string second = element(kSeekHead, seek(kChapters, chapters_at));
  const auto facts =
      facts_of(file_of(element(kSeekHead, seek(kSeekHead, blank.size() + body.size())) + body +
                       second + nested_tags()));
  CHECK(editions(facts) == 2);
  CHECK(facts.tags.size() == 1);  // named by none, but beside what is
}

TEST_CASE("read_matroska passes over the clusters where no SeekHead tells", "[matroska]") {
  const std::string tail = chapters(edition("")) + element(kVoid, "xx", 1) + nested_tags();
  for (const std::string& head : {std::string(), element(kSeekHead, seek(kTags, 3)),
                                  element(kSeekHead, seek(kTags, 1ULL << 50U))}) {
    const auto facts = facts_of(file_of(head + tracks() + cluster() + cluster() + tail));
    CHECK(editions(facts) == 1);
    CHECK(facts.tags.size() == 1);
    CHECK(facts.tracks.size() == 3);
  }
}

TEST_CASE("read_matroska reads a live file of unknown sizes", "[matroska]") {
  const std::string live_cluster =
      unknown_size(kCluster, number(0xE7, 0) + element(0xA3, "block", 1));
  const auto facts =
      facts_of(header() + unknown_size(kSegment, unknown_size(kTracks, track(bcp47("de"))) +
                                                     live_cluster + live_cluster + nested_tags()));
  CHECK(languages(facts) == std::vector<std::string>{"de"});
  CHECK(facts.tags.size() == 1);
  CHECK_FALSE(facts.second_segment);
}

TEST_CASE("read_matroska sees a second segment but no garbage", "[matroska]") {
  const std::string first = file_of(tracks() + cluster());
  CHECK(facts_of(first + first).second_segment);
  CHECK(facts_of(first + element(kSegment, "")).second_segment);
  CHECK(facts_of(first + element(kVoid, "zz", 1) + first).second_segment);
  CHECK(facts_of(header() + unknown_size(kSegment, cluster()) + first).second_segment);
  CHECK_FALSE(facts_of(first + header()).second_segment);
  CHECK_FALSE(facts_of(first + std::string(4096, '\0')).second_segment);
  CHECK_FALSE(facts_of(first + "TAG garbage").second_segment);
  CHECK_FALSE(facts_of(first + element(kTags, "")).second_segment);
}

TEST_CASE("read_matroska takes sizes beyond the file and the parent as their ends", "[matroska]") {
  const std::string track_entry = sized(0xAE, 1ULL << 40U, bcp47("de"));
  const auto facts =
      facts_of(header() + sized(kSegment, 1ULL << 50U, sized(kTracks, 1ULL << 55U, track_entry)));
  CHECK(languages(facts) == std::vector<std::string>{"de"});
  const auto text = facts_of(file_of(element(kTracks, track(sized(0x22B59D, 1ULL << 40U, "de")))));
  CHECK(languages(text) == std::vector<std::string>{"de"});
}

TEST_CASE("read_matroska ends with chapters nested without end and a SeekHead loop", "[matroska]") {
  std::string deep = atom("");
  for (int i = 0; i < 5000; ++i) deep = sized(0xB6, (1ULL << 50U), deep, 8);
  CHECK(facts_of(file_of(chapters(edition(deep)))).damaged_head);
  const std::string loop = element(kSeekHead, seek(kSeekHead, 0) + seek(kSeekHead, 0));
  CHECK(facts_of(file_of(loop)).chapters.empty());
}

TEST_CASE("read_matroska ends on a file of a million empty elements", "[matroska]") {
  std::string voids;
  for (int i = 0; i < 1'200'000; ++i) voids += "\xec\x80";
  CHECK(facts_of(file_of(voids + nested_tags())).tags.empty());
}

TEST_CASE("read_matroska survives any damage to a file", "[matroska]") {
  const std::string head = element(kSeekHead, seek(kTags, 60) + seek(kSeekHead, 0));
  const std::string whole =
      file_of(head + element(kInfo, element(0x3CB923, "u", 1)) + tracks() +
              element(kCluster, element(0xA3, "block")) +
              chapters(edition(atom(atom(display(element(0x437D, "en", 1)))))) + nested_tags());
  const test::TempDir dir;
  std::mt19937 random(20261122);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = whole;
    const auto changes = 1 + random() % 8;
    for (unsigned long n = 0; n < changes; ++n)
      bytes[random() % bytes.size()] = static_cast<char>(random() & 0xffU);
    if (i % 4 == 0) bytes.resize(random() % bytes.size());
    REQUIRE(read_matroska(test::write_file(dir / "a.mkv", bytes)).has_value());
  }
}

TEST_CASE("read_matroska reads what mkvmerge writes", "[matroska]") {
  if (!runs({"mkvmerge", "--version"})) AV1D_SKIP("mkvmerge is not installed");
  const test::TempDir dir;
  const auto subtitles = test::write_file(dir / "a.srt", kSubtitles);
  const auto chapter_xml = test::write_file(dir / "c.xml", kChapterXml);
  const auto tag_xml = test::write_file(dir / "t.xml", kTagXml);
  const auto output = dir / "a.mkv";
  REQUIRE(runs({"mkvmerge", "-o", output, "--chapters", chapter_xml, "--global-tags", tag_xml,
                "--language", "0:pt-BR", subtitles}));
  const auto facts = read_matroska(output);
  REQUIRE(facts);
  REQUIRE(*facts);
  CHECK((*facts)->doc_type == "matroska");
  CHECK(places(**facts) == std::vector<std::string>{"1", "1.1", "1.1.1", "2", "2.1"});
  CHECK(std::count_if((*facts)->tags.begin(), (*facts)->tags.end(),
                      [](const auto& tag) { return tag.name == "ACTOR"; }) == 1);
  CHECK(languages(**facts) == std::vector<std::string>{"pt-BR"});
  CHECK((*facts)->segment_uuid.size() == 16);
  CHECK_FALSE((*facts)->second_segment);
}

TEST_CASE("read_matroska reads what ffmpeg writes, to a file and live", "[matroska]") {
  const std::string ffmpeg = ffmpeg_program();
  if (!runs({ffmpeg, "-version"})) AV1D_SKIP("ffmpeg is not installed");
  const test::TempDir dir;
  const auto metadata = test::write_file(
      dir / "m.txt", ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=One\n");
  for (const std::string live : {"0", "1"}) {
    const auto output = dir / ("a" + live + ".mkv");
    REQUIRE(runs({ffmpeg,
                  "-v",
                  "error",
                  "-nostdin",
                  "-y",
                  "-f",
                  "lavfi",
                  "-i",
                  "testsrc2=s=64x64:r=25:d=1",
                  "-i",
                  metadata,
                  "-map_chapters",
                  "1",
                  "-c:v",
                  "mpeg4",
                  "-f",
                  "matroska",
                  "-live",
                  live,
                  "file:" + output.string()}));
    const auto facts = read_matroska(output);
    REQUIRE(facts);
    REQUIRE(*facts);
    CHECK((*facts)->doc_type == "matroska");
    CHECK(places(**facts) == std::vector<std::string>{"1", "1.1"});
    CHECK((*facts)->tracks.size() == 1);
    CHECK_FALSE(((*facts)->second_segment || (*facts)->damaged_head));
  }
}

TEST_CASE("name_codecs names what ffmpeg does not know", "[matroska]") {
  MediaInfo media =
      test::media_of(Container::matroska, {test::h264_video(), test::subtitle("", "ger")});
  name_codecs(media);  // no head was read
  CHECK(media.streams[1].codec_tag.empty());
  media.matroska = MatroskaFacts{};
  media.matroska->tracks.resize(3);
  media.matroska->tracks[0].codec = "V_MPEG4/ISO/AVC";
  media.matroska->tracks[1].codec = "S_TEXT/WEBVTT";
  name_codecs(media);
  CHECK(media.streams[0].codec == "h264");
  CHECK(media.streams[1].description() == "subtitle stream 1 (S_TEXT/WEBVTT)");
}

}  // namespace av1d
