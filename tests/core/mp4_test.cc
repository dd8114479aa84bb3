// Boxes as muxers write them, and as nobody should.
#include "av1d/mp4.h"

#include <string>

#include "support/catch.h"
#include "support/media.h"
#include "support/mp4_builder.h"
#include "support/temp_dir.h"

using namespace av1d;
using namespace std::string_literals;
using test::big_endian;
using test::box;
using test::facts_of;
using test::film;
using test::number_list;
using test::numbered_track;
using test::tag_list;
using test::track;

namespace {

std::string edits(const std::string& entries, std::uint64_t count, char version = 0) {
  return box("edts", box("elst", std::string(1, version) + big_endian(0, 3) + big_endian(count, 4) +
                                     entries));
}

std::string edit(std::uint64_t duration, std::uint64_t media_time, std::uint64_t rate,
                 int width = 4) {
  return big_endian(duration, width) + big_endian(media_time, width) + big_endian(rate, 4);
}

constexpr std::uint64_t kNormal = 0x10000;

}  // namespace

TEST_CASE("read_mp4 finds the extended language of each track", "[mp4]") {
  const Mp4Facts facts = facts_of(film(track("") + track("pt-BR") + track("zh-Hans")));
  REQUIRE(facts.tracks.size() == 3);
  CHECK(facts.tracks[0].language.empty());
  CHECK(facts.tracks[1].language == "pt-BR");
  CHECK(facts.tracks[2].language == "zh-Hans");
}

TEST_CASE("read_mp4 tells tracks without samples", "[mp4]") {
  const auto without = [](const std::string& table, const std::string& fragments = "") {
    const std::string trak = box("trak", box("mdia", box("minf", box("stbl", table))));
    return facts_of(film(trak + fragments)).tracks.at(0).without_samples;
  };
  const auto sizes = [](const char* type, std::uint64_t count) {
    return box(type, big_endian(0, 4) + big_endian(0, 4) + big_endian(count, 4));
  };
  CHECK(without(sizes("stsz", 0)));
  CHECK(without(sizes("stz2", 0)));
  CHECK_FALSE(without(sizes("stsz", 0x10000)));
  CHECK_FALSE(without(box("stsz", std::string(8, '\0'))));
  CHECK_FALSE(without(""));
  CHECK_FALSE(without(sizes("stsz", 0), box("mvex", box("trex", std::string(24, 'x')))));
}

TEST_CASE("read_mp4 tells edits that ffmpeg does not follow from late starts and cuts", "[mp4]") {
  const auto told = [](const std::string& list, const std::string& fragments = "") {
    return facts_of(film(track("", list) + fragments)).tracks.at(0).unfollowed;
  };
  const std::string empty = edit(500, 0xffffffff, 0);
  const std::string part = edit(1000, 1024, kNormal);
  CHECK(told(edits(part, 1)) == UnfollowedEdit::none);
  CHECK(told(edits(part + part, 2)) == UnfollowedEdit::none);
  CHECK(told(edits(empty + empty + part, 3)) == UnfollowedEdit::none);
  CHECK(told(edits(part + empty + empty, 3)) == UnfollowedEdit::none);
  CHECK(told(edits(part + empty + part, 3)) == UnfollowedEdit::gap);
  CHECK(told(edits(empty + part + empty + empty + part, 5)) == UnfollowedEdit::gap);
  CHECK(told(edits(part + edit(1000, 500, kNormal / 2), 2)) == UnfollowedEdit::other_speed);
  CHECK(told(edits(edit(500, 0, 0), 1)) == UnfollowedEdit::other_speed);  // a still
  CHECK(told(edits(edit(500, 0, 2 * kNormal, 8), 1, 1)) == UnfollowedEdit::other_speed);
  CHECK(told(edits(edit(500, ~0ULL, 0, 8) + edit(500, 0, kNormal, 8), 2, 1)) ==
        UnfollowedEdit::none);
  const std::string fragments = box("mvex", box("trex", std::string(24, 'x')));
  CHECK(told(edits(empty + part, 2), fragments) == UnfollowedEdit::none);
  CHECK(told(edits(part + part, 2), fragments) == UnfollowedEdit::fragmented);
}

TEST_CASE("read_mp4 does not read beyond a list of edits that lies", "[mp4]") {
  const auto told = [](const std::string& list) {
    return facts_of(film(track("", list) + edit(9, 9, 9))).tracks.at(0).unfollowed;
  };
  CHECK(told(edits(edit(1000, 1024, kNormal), 0xffffffff)) == UnfollowedEdit::none);
  CHECK(told(edits("", 7)) == UnfollowedEdit::none);
  // Shorter than its own head: what follows would be read as a count and as an edit of speed 9.
  for (const std::size_t bytes : {0U, 4U, 7U}) {
    CHECK(told(box("edts", box("elst", std::string(bytes, '\0')) + box("free", edit(1, 2, 9)))) ==
          UnfollowedEdit::none);
  }
}

TEST_CASE("read_mp4 reads a moov of 64-bit size and one that goes to the end", "[mp4]") {
  const std::string tracks = track("fr-CA");
  const std::string long_moov =
      big_endian(1, 4) + "moov" + big_endian(tracks.size() + 16, 8) + tracks;
  CHECK(facts_of(box("ftyp", "isom") + long_moov).tracks.at(0).language == "fr-CA");
  CHECK(facts_of(box("ftyp", "isom") + big_endian(0, 4) + "moov" + tracks).tracks.at(0).language ==
        "fr-CA");
}

TEST_CASE("read_mp4 comes to an end with damaged files", "[mp4]") {
  const test::TempDir dir;
  const std::string whole = film(track("pt-BR", edits(edit(1, 2, 3), 1)));
  for (std::size_t bytes = 0; bytes < whole.size(); bytes += 7) {
    CHECK(read_mp4(test::write_file(dir / "cut.mp4", whole.substr(0, bytes))));
  }
  CHECK_PROPERTY([&](std::string bytes, std::uint16_t at) {
    std::string broken = whole;
    broken.replace(at % broken.size(), bytes.size(), bytes);
    return read_mp4(test::write_file(dir / "broken.mp4", broken)).has_value();
  });
}

TEST_CASE("read_mp4 has nothing to say of what is no mp4, and fails for what is no file", "[mp4]") {
  const test::TempDir dir;
  const auto none = read_mp4(test::write_file(dir / "text.mp4", "no boxes here at all"));
  REQUIRE(none);
  CHECK_FALSE(none->has_value());
  CHECK_FALSE(read_mp4(dir / "absent.mp4"));
  CHECK_FALSE(read_mp4(dir.path()));
}

TEST_CASE("read_mp4 tells what a track's own boxes call its language and codec", "[mp4]") {
  const auto with = [](const std::string& mdhd, const std::string& entry) {
    const std::string stsd = box("stsd", big_endian(0, 4) + big_endian(1, 4) + entry);
    return box("trak", box("mdia", box("mdhd", mdhd) + box("minf", box("stbl", stsd))));
  };
  constexpr std::uint64_t kDeu = (4U << 10U) + (5U << 5U) + 21U;
  const std::string short_times = std::string(20, '\0') + big_endian(kDeu, 2) + big_endian(0, 2);
  const std::string long_times =
      "\1" + std::string(31, '\0') + big_endian(kDeu, 2) + big_endian(0, 2);
  const std::string quicktime = std::string(20, '\0') + big_endian(11, 2) + big_endian(0, 2);
  const Mp4Facts facts =
      facts_of(film(with(short_times, box("av01", "x")) + with(long_times, box("mp4a", "x")) +
                    with(quicktime, "") + box("trak", box("mdia", box("mdhd", "short")))));
  REQUIRE(facts.tracks.size() == 4);
  CHECK(facts.tracks[0].iso_language == "deu");
  CHECK(facts.tracks[0].codec == "av01");
  CHECK(facts.tracks[1].iso_language == "deu");
  CHECK(facts.tracks[1].codec == "mp4a");
  CHECK(facts.tracks[2].iso_language.empty());
  CHECK(facts.tracks[2].codec.empty());
  CHECK(facts.tracks[3].iso_language.empty());
}

TEST_CASE("read_mp4 tells user data that ffmpeg leaves out", "[mp4]") {
  const auto paths = [](const std::string& children) {
    std::vector<std::string> names;
    for (const auto& extra : facts_of(film(box("udta", children))).extras) {
      CHECK_FALSE(extra.bound);
      names.push_back(extra.path());
    }
    return names;
  };
  using Paths = std::vector<std::string>;
  CHECK(
      paths(box("chpl", "c") + box("\xa9too", "t") + box("free", "f") + box("hnti", "h")).empty());
  CHECK(paths(box("smta", "") + big_endian(0, 4)).empty());
  CHECK(paths(box("smta", "a phone") + box("\xa9mal", "5") + box("Xtra", "rated")) ==
        Paths{"moov/udta/smta", "moov/udta/\xa9mal", "moov/udta/Xtra"});
  CHECK(paths(tag_list("ID32", "")) == Paths{"moov/udta/meta"});
}

TEST_CASE("read_mp4 tells which user data ffmpeg knows as tags", "[mp4]") {
  const auto is_tag = [](const std::string& moov) {
    const auto extras = facts_of(film(moov)).extras;
    REQUIRE(extras.size() == 1);
    return extras[0].is_tag;
  };
  CHECK(is_tag(box("udta", box("\xa9xyz", "+51.41-000.08/"))));
  CHECK(is_tag(box("udta", box("loci", "here"))));
  CHECK(is_tag(box("udta", box("cprt", "\0\4\x15\xc7mine"s))));
  CHECK_FALSE(is_tag(box("udta", box("cprt", big_endian(0, 4) + "\x15\xc7mine"))));
  CHECK(is_tag(tag_list("mdta", box("ilst", box("\0\0\0\1"s, "Apple")))));
  CHECK_FALSE(is_tag(tag_list("ID32", "")));
}

TEST_CASE("read_mp4 tells a list of tags of which ffmpeg does not write all", "[mp4]") {
  const auto count = [](const char* handler, const std::string& items) {
    return facts_of(film(box("udta", tag_list(handler, box("ilst", items))))).extras.size();
  };
  const std::string title = box("\xa9nam", "A film");
  CHECK(count("mdir", "") == 0);
  CHECK(count("mdir", title + box("covr", "a picture") + box("stik", "9")) == 0);
  CHECK(count("mdir", title + box("----", "iTunEXTC")) == 1);
  CHECK(count("mdir", title + box("sonm", "Film, A")) == 1);
  CHECK(count("mdir", title + box("\xa9mvn", "First")) == 1);
  CHECK(count("mdta", box("\0\0\0\1"s, "A film")) == 1);
  CHECK(count("mdta", "") == 0);
}

TEST_CASE("read_mp4 tells a list of tags beside other tags, which are carried", "[mp4]") {
  const std::string list = tag_list("mdir", box("ilst", box("\xa9nam", "A film")));
  const auto types = [&](const std::string& other) {
    std::vector<std::string> found;
    for (const auto& extra : facts_of(film(box("udta", list + other))).extras) {
      found.push_back(extra.type);
    }
    return found;
  };
  using Types = std::vector<std::string>;
  CHECK(types("") == Types{});
  CHECK(types(box("\xa9xyz", "+51.41-000.08/")) == Types{"\xa9xyz", "meta"});
  CHECK(types(box("smta", "a phone")) == Types{"smta"});
}

TEST_CASE("read_mp4 tells what ffmpeg leaves out of a track", "[mp4]") {
  const auto with = [](const std::string& boxes) { return box("trak", box("tkhd", "t") + boxes); };
  const std::string known = box("udta", box("name", "A commentary") + box("hinf", "hints"));
  const std::string text = box("udta", box("\xa9"
                                           "cmt",
                                           "A remark") +
                                           box("ludt", "loud"));
  const Mp4Facts facts =
      facts_of(film(with(known) + with(text) +
                    with(tag_list("mdta", box("ilst", box("\0\0\0\1"s, "a lens")))) +
                    with(tag_list("mdta", "") + box("udta", tag_list("mdta", "")))) +
               box("udta", "beside it"));
  std::vector<std::string> told;
  for (const auto& extra : facts.extras) {
    told.push_back(extra.path() + " " + std::to_string(extra.track) + (extra.is_tag ? " tag" : ""));
  }
  CHECK(told == std::vector<std::string>{"udta 0",
                                         "moov/trak/udta/\xa9"
                                         "cmt 1 tag",
                                         "moov/trak/udta/ludt 1", "moov/trak/meta 2"});
}

TEST_CASE("read_mp4 tells what tracks say of each other", "[mp4]") {
  const std::string said =
      box("tref", box("chap", number_list({9})) + box("fall", number_list({30})) +
                      box("folw", number_list({0, 30, 77, 9})) + box("tmcd", number_list({9})) +
                      box("subt", number_list({78})));
  const Mp4Facts facts =
      facts_of(film(numbered_track(9, said) + numbered_track(7, "") +
                    box("trak", box("tkhd", "\1"s + std::string(19, 'x') + big_endian(30, 4))) +
                    box("trak", box("tref", box("fall", "\0\0\0\7\0"s)))));
  REQUIRE(facts.tracks.size() == 4);
  CHECK(facts.tracks[0].references == std::vector<Mp4Reference>{{"fall", {2}}, {"folw", {2, 0}}});
  CHECK(facts.tracks[1].references.empty());
  CHECK(facts.tracks[2].references.empty());
  CHECK(facts.tracks[3].references == std::vector<Mp4Reference>{{"fall", {1}}});
}

TEST_CASE("read_mp4 takes no rubbish behind a film for a box", "[mp4]") {
  CHECK(facts_of(film(track("")) + big_endian(5000, 4) + "uuidxx").extras.empty());
  CHECK(facts_of(film(track("")) + "SEFT and what phones put there").extras.empty());
}
