// Boxes of a source put into a new film, where they belong.
#include <string>

#include "av1d/mp4.h"
#include "support/catch.h"
#include "support/mp4_builder.h"
#include "support/temp_dir.h"

using namespace av1d;
using namespace std::string_literals;
using test::big_endian;
using test::box;
using test::facts_of;
using test::film;
using test::numbered_track;
using test::tag_list;
using test::track;

TEST_CASE("carry_mp4 puts the boxes beside the film behind the new one, byte for byte", "[mp4]") {
  const std::string xmp =
      box("uuid", "\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC<xmp/>");
  const std::string notes = box("meta", big_endian(0, 4) + box("xml ", "<NonRealTimeMeta/>"));
  const std::string big = box("udta", std::string(3 << 20, 'u'));
  const std::string profile =
      box("uuid", "PROF\x21\xD2\x4F\xCE\xBB\x88\x69\x5C\xFA\xC9\xC7\x40old");
  const std::string items = box("meta", big_endian(0, 4) + box("iloc", std::string(20, 'i')));
  const test::TempDir dir;
  const auto source = test::write_file(
      dir / "film.mp4", xmp + film(track("")) + notes + profile + box("free", "x") + items + big);
  const std::string written = film(track(""));
  const auto output = test::write_file(dir / "new.mp4", written);

  const auto facts = read_mp4(source);
  REQUIRE((facts && *facts));
  const auto& extras = (*facts)->extras;
  REQUIRE(extras.size() == 4);
  CHECK(extras[0].type == "uuid");
  CHECK(extras[0].bytes == xmp.size());
  CHECK_FALSE((extras[0].bound || extras[1].bound || extras[3].bound));
  CHECK(extras[2].bound);

  const Mp4Carry carry{{{0, 0}, {1, 0}, {3, 0}}, {}, {}, std::nullopt};
  REQUIRE(carry_mp4(source, output, carry));
  CHECK(test::read_file(output) == written + xmp + notes + big);
  const auto got = read_mp4(output);
  REQUIRE((got && *got));
  CHECK((*got)->extras == std::vector{extras[0], extras[1], extras[3]});
  CHECK((*got)->tracks.size() == 1);
  CHECK_FALSE(carry_mp4(source, dir / "gone.mp4", carry));
}

namespace {

const std::string kRoom(300, '.');

// What ffmpeg writes when it is told of a tag `kRoom`, of three.
std::string user_data_with_room(const std::string& room = kRoom) {
  const auto item = [](const std::string& name, const std::string& text) {
    return box(name, box("data", big_endian(1, 4) + big_endian(0, 4) + text));
  };
  const std::string items =
      item("\xa9nam", "A film") + item("ldes", room) + item("\xa9too", "Lavf");
  return box("udta", tag_list("mdir", box("ilst", items)) + box("loci", "here"));
}

}  // namespace

TEST_CASE("carry_mp4 puts boxes into moov in place of the tag that made room", "[mp4]") {
  const std::string phone = box("smta", "a phone");
  const std::string loud = box("ludt", "loud");
  const std::string lens = box("meta", "a lens");
  const std::string keys = tag_list("mdta", box("ilst", box("\0\0\0\1"s, "Apple")));
  const test::TempDir dir;
  const auto source = test::write_file(dir / "film.mp4",
                                       film(track("pt-BR") + box("trak", box("udta", loud) + lens) +
                                            box("udta", phone + box("loci", "there")) + keys));
  const std::string head = track("") + track("");
  const std::string moov = box("moov", head + user_data_with_room());
  const std::string rest = box("mdat", std::string(5000, 'd'));
  const auto output = test::write_file(dir / "new.mp4", box("ftyp", "isom") + moov + rest);
  const Mp4Carry carry{
      {{0, 0}, {1, 1}, {2, 1}, {3, 0}, {4, 0}, {5, 0}}, {}, {}, {{"synopsis", kRoom}}};
  REQUIRE(carry_mp4(source, output, carry));

  const std::string now = test::read_file(output);
  CHECK(now.size() == box("ftyp", "isom").size() + moov.size() + rest.size());
  CHECK(now.ends_with(rest));  // no sample has moved
  CHECK(now.find(kRoom) == std::string::npos);
  CHECK(now.find("ldes") == std::string::npos);
  for (const char* text : {"A film", "Lavf"}) CHECK(now.find(text) != std::string::npos);
  CHECK(now.find(box("loci", "here")) == std::string::npos);  // ffmpeg's own words for it
  Mp4Facts got = facts_of(now);
  const Mp4Facts had = facts_of(test::read_file(source));
  REQUIRE(had.extras.size() == 6);
  CHECK(std::erase_if(got.extras, [](const Mp4Extra& extra) {
          return extra.path() == "moov/udta/meta";  // ffmpeg's own
        }) == 1);
  CHECK(had.extras[0].path() == "moov/trak/mdia/elng");
  CHECK(got.extras == had.extras);
  CHECK(got.tracks.at(0).language == "pt-BR");
}

TEST_CASE("carry_mp4 writes a moov that grows behind the film", "[mp4]") {
  const std::string big = box("Xtra", std::string(300'000, 'x'));
  const std::string notes = box("uuid", std::string(16, 'u'));
  const test::TempDir dir;
  const auto source =
      test::write_file(dir / "film.mp4", notes + film(track("zh-Hans") + box("udta", big)));
  const std::string moov = box("moov", track("") + box("udta", box("free", "here")));
  const std::string rest = box("ftyp", "isom") + box("mdat", std::string(5000, 'd'));
  const auto output = test::write_file(dir / "new.mp4", rest + moov);
  REQUIRE(carry_mp4(source, output, {{{0, 0}, {1, 0}, {2, 0}}, {}, {}, {}, true}));

  const std::string now = test::read_file(output);
  std::string freed = moov;
  freed.replace(4, 4, "free");
  CHECK(now.starts_with(rest + freed + notes));  // no sample has moved
  const Mp4Facts got = facts_of(now);
  CHECK(got.extras == facts_of(test::read_file(source)).extras);
  CHECK(got.tracks.at(0).language == "zh-Hans");
  CHECK(now.find("here") != std::string::npos);
}

TEST_CASE("carry_mp4 lets the new tracks say of each other what the old ones did", "[mp4]") {
  const test::TempDir dir;
  const auto source = test::write_file(dir / "film.mp4", film(track("")));
  const std::string chapters = box("tref", box("chap", big_endian(5, 4)));
  const std::string written = film(numbered_track(1, "") + numbered_track(4, chapters) +
                                   numbered_track(5, "") + user_data_with_room());
  const auto output = test::write_file(dir / "new.mp4", written);
  const Mp4Carry carry{{},
                       {{1, {"fall", {2}}}, {1, {"sync", {2, 0}}}, {2, {"folw", {1}}}},
                       {},
                       {{"synopsis", kRoom}}};
  REQUIRE(carry_mp4(source, output, carry));
  const std::string now = test::read_file(output);
  CHECK(now.size() == written.size());
  CHECK(now.find(box("chap", big_endian(5, 4))) != std::string::npos);
  CHECK(now.find(box("sync", big_endian(5, 4) + big_endian(1, 4))) != std::string::npos);
  const Mp4Facts got = facts_of(now);
  REQUIRE(got.tracks.size() == 3);
  CHECK(got.tracks[0].references.empty());
  CHECK(got.tracks[1].references == std::vector<Mp4Reference>{{"fall", {2}}, {"sync", {2, 0}}});
  CHECK(got.tracks[2].references == std::vector<Mp4Reference>{{"folw", {1}}});
}

TEST_CASE("carry_mp4 puts a whole track of data behind the kept ones", "[mp4]") {
  const std::string said = box("tref", box("cdsc", test::number_list({1})));
  const std::string mvhd = box("mvhd", test::number_list({0, 0, 0, 600, 300}) +
                                           std::string(76, 'v') + test::number_list({4}));
  test::DataTrack lens;
  lens.places = box("stco", test::number_list({0, 2, 16, 56}));
  lens.beside = said;
  const test::TempDir dir;
  const std::string samples = std::string(30, 'a') + std::string(10, '-') + std::string(30, 'b');
  const auto source = test::write_file(
      dir / "film.mp4", box("ftyp", "") + box("mdat", samples) +
                            box("moov", mvhd + numbered_track(1, "") + lens.bytes()));
  const auto had = read_mp4(source);
  REQUIRE((had && *had && (*had)->tracks.size() == 2));
  CHECK((*had)->tracks[0].graft_bytes == 0);
  CHECK((*had)->tracks[1].graft_bytes == lens.bytes().size() + 8);
  const std::string old_room(600, '.');
  const std::string chapters = box("tref", box("chap", big_endian(2, 4)));
  const std::string written =
      box("ftyp", "isom") +
      box("moov", box("mvhd", test::number_list({0, 0, 0, 1000, 500}) + std::string(76, 'v') +
                                  test::number_list({3})) +
                      numbered_track(1, chapters) + numbered_track(2, "") +
                      user_data_with_room(old_room)) +
      box("mdat", "the film");
  const auto output = test::write_file(dir / "new.mp4", written);
  const Mp4Carry carry{{}, {{1, {"cdsc", {0}}}}, {{1, 1}}, {{"synopsis", old_room}}};
  REQUIRE(carry_mp4(source, output, carry));

  const std::string now = test::read_file(output);
  CHECK(now.size() == written.size() + 16 + 60);
  CHECK(now.substr(now.find("mdat") + 4, 8) == "the film");
  CHECK(now.ends_with(std::string(30, 'a') + std::string(30, 'b')));
  const Mp4Facts got = facts_of(now);
  REQUIRE(got.tracks.size() == 3);
  CHECK(got.tracks[0].references.empty());
  CHECK(got.tracks[1].codec == "mett");
  CHECK(got.tracks[1].references == std::vector<Mp4Reference>{{"cdsc", {0}}});
  CHECK(got.tracks[1].graft_bytes == (*had)->tracks[1].graft_bytes + 8);
  // Its number is a new one, and the next one is told; the chapters stay where they were.
  CHECK(now.find(test::number_list({7, 0, 0, 3, 0, 500})) != std::string::npos);
  CHECK(now.find(std::string(76, 'v') + test::number_list({4})) != std::string::npos);
  CHECK(now.find(chapters) != std::string::npos);

  // What isn't there any more, or has no such place.
  for (const Mp4Carry::Track& wrong :
       {Mp4Carry::Track{2, 1}, Mp4Carry::Track{0, 1}, Mp4Carry::Track{1, 5}}) {
    const auto other = test::write_file(dir / "other.mp4", written);
    CHECK_FALSE(carry_mp4(source, other, Mp4Carry{{}, {}, {wrong}, {{"synopsis", old_room}}}));
  }
}

TEST_CASE("carry_mp4 writes no kind of a track twice", "[mp4]") {
  const std::string kind = box("kind", "urn:mpeg:dash:role:2011\0commentary\0"s);
  const test::TempDir dir;
  const auto source = test::write_file(dir / "film.mp4", film(box("trak", box("udta", kind))));
  const std::string made = box("udta", box("name", "A talk") + box("kind", "of ffmpeg's"));
  const auto output =
      test::write_file(dir / "new.mp4", film(numbered_track(1, made) + user_data_with_room()));
  REQUIRE(carry_mp4(source, output, Mp4Carry{{{0, 0}}, {}, {}, {{"synopsis", kRoom}}}));
  const std::string now = test::read_file(output);
  CHECK(now.find(kind + box("name", "A talk")) != std::string::npos);
  CHECK(now.find("of ffmpeg's") == std::string::npos);
}

TEST_CASE("carry_mp4 puts a list of tags in place of the one that ffmpeg made of it", "[mp4]") {
  const std::string list =
      tag_list("mdir", box("ilst", box("\xa9nam", "A film") + box("----", "iTunEXTC, rated")));
  const test::TempDir dir;
  const auto source = test::write_file(dir / "film.mp4", film(box("udta", list)));
  const auto output = test::write_file(dir / "new.mp4", film(user_data_with_room()));
  REQUIRE(carry_mp4(source, output, Mp4Carry{{{0, 0}}, {}, {}, {{"synopsis", kRoom}}}));
  const std::string now = test::read_file(output);
  CHECK(now.size() == film(user_data_with_room()).size());
  CHECK(now.find("Lavf") == std::string::npos);
  CHECK(facts_of(now).extras.front() == facts_of(test::read_file(source)).extras.front());
}

TEST_CASE("carry_mp4 fails rather than damage a head that it does not expect", "[mp4]") {
  const test::TempDir dir;
  const auto source = test::write_file(dir / "film.mp4", film(box("udta", box("smta", "phone"))));
  const Mp4Carry carry{{{0, 0}}, {}, {}, {{"synopsis", kRoom}}};
  const std::string long_size =
      big_endian(1, 4) + "moov" + big_endian(16 + 500, 8) + box("udta", std::string(492, 'u'));
  const std::string broken = box("udta", big_endian(4000, 4) + "meta" + std::string(400, 'm'));
  for (const std::string& written :
       {film(""), film(track("")), film(box("udta", "")), film(broken), long_size}) {
    const auto output = test::write_file(dir / "new.mp4", written);
    CHECK_FALSE(carry_mp4(source, output, carry));
    CHECK(test::read_file(output) == written);
  }
  const std::string one_track = film(track("") + user_data_with_room());
  for (const Mp4Carry::Reference& nowhere :
       {Mp4Carry::Reference{0, {"fall", {1}}}, Mp4Carry::Reference{1, {"fall", {0}}}}) {
    const auto output = test::write_file(dir / "new.mp4", one_track);
    CHECK_FALSE(carry_mp4(source, output, Mp4Carry{{}, {nowhere}, {}, {{"synopsis", kRoom}}}));
    CHECK(test::read_file(output) == one_track);
  }
  // The source has lost the box since it was looked at.
  const auto output = test::write_file(dir / "new.mp4", film(user_data_with_room()));
  CHECK_FALSE(carry_mp4(test::write_file(dir / "film.mp4", film("")), output, carry));
}
