// Tracks of data put into another film as they are.
#include <string>

#include "mp4_graft.h"
#include "support/catch.h"
#include "support/mp4_builder.h"

using namespace av1d;
using namespace std::string_literals;
using mp4::Chunk;
using mp4::chunks_of;
using mp4::Graft;
using mp4::grafted;
using test::big_endian;
using test::box;
using test::DataTrack;
using test::number_list;

TEST_CASE("chunks_of tells where the samples of a track lie", "[mp4]") {
  CHECK(chunks_of(DataTrack{}.bytes()) == std::vector<Chunk>{{100, 30}, {300, 30}});
  DataTrack same_sizes;
  same_sizes.sizes = box("stsz", number_list({0, 7, 3}));
  CHECK(chunks_of(same_sizes.bytes()) == std::vector<Chunk>{{100, 14}, {300, 7}});
  DataTrack far;
  far.places = box("co64", number_list({0, 2}) + big_endian(5'000'000'000, 8) + big_endian(1, 8));
  CHECK(chunks_of(far.bytes()) == std::vector<Chunk>{{5'000'000'000, 30}, {1, 30}});
  DataTrack empty;
  empty.places = box("stco", number_list({0, 0}));
  empty.sizes = box("stsz", number_list({0, 0, 0}));
  empty.runs = box("stsc", number_list({0, 0}));
  CHECK(chunks_of(empty.bytes()) == std::vector<Chunk>{});
}

TEST_CASE("chunks_of tells nothing of a track that can't be put elsewhere", "[mp4]") {
  const auto refused = [](const std::string& what, auto&& change) {
    INFO(what);
    DataTrack track;
    change(track);
    CHECK_FALSE(chunks_of(track.bytes()));
  };
  refused("fewer sizes than said", [](auto& t) {
    t.sizes = box("stsz", number_list({0, 0, 3, 1}));
  });
  refused("samples beyond the chunks", [](auto& t) {
    t.sizes = box("stsz", number_list({0, 7, 4}));
  });
  refused("chunks beyond the samples", [](auto& t) {
    t.sizes = box("stsz", number_list({0, 7, 2}));
  });
  refused("other form of sizes", [](auto& t) { t.sizes = box("stz2", number_list({0, 8, 0})); });
  refused("fewer places than said", [](auto& t) {
    t.places = box("stco", number_list({0, 9, 1}));
  });
  refused("no places", [](auto& t) { t.places = ""; });
  refused("runs that begin late", [](auto& t) {
    t.runs = box("stsc", number_list({0, 1, 2, 1, 1}));
  });
  refused("no runs", [](auto& t) { t.runs = box("stsc", number_list({0, 0})); });
  refused("billions of runs", [](auto& t) { t.runs = box("stsc", number_list({0, 0xffffffff})); });
  refused("another file", [](auto& t) { t.where = box("url ", number_list({0}) + "file:else"); });
  refused("no file", [](auto& t) { t.where = ""; });
  refused("encrypted", [](auto& t) { t.entry = box("encm", "mett"); });
  refused("no description", [](auto& t) { t.entry = ""; });
  refused("keys told by their place", [](auto& t) { t.more = box("saio", number_list({0, 0})); });
  refused("hints", [](auto& t) { t.handler = "hint"; });
  refused("a scene", [](auto& t) { t.handler = "sdsm"; });
  const std::string whole = DataTrack{}.bytes();
  for (std::size_t size = 8; size < whole.size(); size += 7) {
    CHECK_FALSE(chunks_of(box("trak", whole.substr(8, size - 8))));
  }
}

TEST_CASE("grafted changes the number, the places and the ticks of the film, and nothing else",
          "[mp4]") {
  DataTrack before;
  before.beside = box("tref", box("cdsc", number_list({1}))) + box("meta", "a lens");
  DataTrack after;
  after.number = 70;
  after.places = box(
      "co64", number_list({0, 2}) + big_endian(5'000'000'000, 8) + big_endian(5'000'000'030, 8));
  after.beside = box("meta", "a lens") + box("tref", box("cdsc", number_list({9})));
  std::string wanted = after.bytes();
  for (const std::string& ticks : {number_list({0, 300}), number_list({1, 300})}) {
    const auto at = wanted.find(ticks);
    REQUIRE(at != std::string::npos);
    wanted.replace(at + 4, 4, big_endian(500, 4));  // half a second
  }
  const Graft graft{70, {5'000'000'000, 5'000'000'030}, box("cdsc", number_list({9})), 600, 1000};
  CHECK(grafted(before.bytes(), graft) == wanted);

  Graft nowhere = graft;
  nowhere.ticks_before = 0;
  CHECK_FALSE(grafted(before.bytes(), nowhere));
  nowhere.ticks_before = 1;
  nowhere.ticks_now = 4'000'000'000;
  CHECK_FALSE(grafted(before.bytes(), nowhere));  // no room for the time
  CHECK_FALSE(grafted(box("trak", "no boxes"), graft));
}

TEST_CASE("grafted keeps a duration that is unknown, and times of 8 bytes", "[mp4]") {
  const std::string tkhd = "\1"s + std::string(3, '\0') + std::string(16, 't') +
                           number_list({3, 0}) + std::string(8, '\xff') + "rest";
  const std::string elst = "\1"s + std::string(3, '\0') + number_list({1}) +
                           big_endian(6'000'000'000'000, 8) + big_endian(5, 8) +
                           number_list({0x10000});
  const auto made = grafted(box("trak", box("tkhd", tkhd) + box("edts", box("elst", elst))),
                            Graft{9, {}, "", 600, 1000});
  REQUIRE(made);
  CHECK(made->find(number_list({9, 0}) + std::string(8, '\xff') + "rest") != std::string::npos);
  CHECK(made->find(big_endian(10'000'000'000'000, 8) + big_endian(5, 8)) != std::string::npos);
}
