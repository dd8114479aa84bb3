#include "av1d/bitstream_scan.h"

#include <string>

#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;
using namespace std::string_literals;

namespace {

const std::string kCaptions = "\xB5\x00\x31GA94\x03"s;
const std::string kMpeg2Captions = "\x00\x00\x01\xB2GA94\x03"s;
const std::string kHdr10Plus = "\xB5\x00\x3C\x00\x01\x04"s;

}  // namespace

TEST_CASE("scan_bitstream finds captions that start late, wherever a block ends", "[bitstream]") {
  const test::TempDir dir;
  constexpr std::size_t kBlock = std::size_t{1} << 20U;
  for (const std::size_t at :
       {std::size_t{0}, kBlock - 1, kBlock - 4, kBlock - 8, kBlock, 3 * kBlock + 5}) {
    const auto path = test::write_file(dir / "film.mkv", std::string(at, 'x') + kCaptions + "tail");
    const auto finds = scan_bitstream(path);
    REQUIRE(finds);
    CHECK(finds->captions == at);
    CHECK_FALSE(finds->hdr10plus);
  }
}

TEST_CASE("scan_bitstream knows MPEG-2 captions and HDR10+", "[bitstream]") {
  const test::TempDir dir;
  const auto path = test::write_file(dir / "film.ts", "ab" + kHdr10Plus + "cd" + kMpeg2Captions);
  const auto finds = scan_bitstream(path);
  REQUIRE(finds);
  CHECK(finds->hdr10plus == 2U);
  CHECK(finds->captions == 10U);
}

TEST_CASE("scan_bitstream knows captions of DVDs and cable, and HDR Vivid", "[bitstream]") {
  const test::TempDir dir;
  const auto captions =
      GENERATE(as<std::string>{}, "\x00\x00\x01\xB2\x43\x43\x01\xF8"s, "\x00\x00\x01\xB2\x03\x81"s);
  const auto finds = scan_bitstream(
      test::write_file(dir / "film.vob", "ab" + captions + "\x26\x00\x04\x00\x05\x01"s));
  REQUIRE(finds);
  CHECK(finds->captions == 2U);
  CHECK(finds->hdr_vivid == 2 + captions.size());
}

TEST_CASE("scan_bitstream tells where an MPEG-2 film takes another shape", "[bitstream]") {
  const test::TempDir dir;
  constexpr std::size_t kBlock = std::size_t{1} << 20U;
  // 720x576 at 25 frames a second, of this shape, with what follows it.
  const auto gop = [](char aspect, std::size_t bytes = 5000) {
    return "\x00\x00\x01\xB3\x2D\x02\x40"s + aspect + std::string(bytes - 8, 'x');
  };
  const std::string narrow = gop('\x23') + gop('\x23');
  const std::string wide = gop('\x33') + gop('\x33');
  const auto change_in = [&](const std::string& film) {
    const auto finds = scan_bitstream(test::write_file(dir / "film.mpg", film));
    REQUIRE(finds);
    return finds->shape_change;
  };
  CHECK(change_in(narrow + wide + narrow) == ShapeChange{"4:3", "16:9", 10000});
  CHECK_FALSE(change_in(narrow + narrow));
  CHECK_FALSE(change_in(narrow + gop('\x33') + narrow));  // such bytes may be anything
  CHECK_FALSE(change_in(narrow + gop('\xF3') + gop('\xF3')));
  const std::string other_size = "\x00\x00\x01\xB3\x16\x01\x20\x33"s;
  CHECK_FALSE(change_in(narrow + other_size + other_size));  // told by the frames
  for (const std::size_t before : {kBlock - 9, kBlock - 8, kBlock - 7, kBlock - 1}) {
    CHECK(change_in(narrow + std::string(before - narrow.size(), 'x') + wide) ==
          ShapeChange{"4:3", "16:9", before});
    // One alone at the end of a block is not taken for two.
    CHECK_FALSE(change_in(narrow + std::string(before - narrow.size(), 'x') + gop('\x33')));
  }
}

TEST_CASE("scan_bitstream takes the letters GA94 alone for no captions", "[bitstream]") {
  const test::TempDir dir;
  const auto path = test::write_file(dir / "film.mkv", "the plate of the car was GA94 and\x03");
  const auto finds = scan_bitstream(path);
  REQUIRE(finds);
  CHECK_FALSE(finds->captions);
  CHECK_FALSE(scan_bitstream(dir / "gone.mkv"));
}
