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

TEST_CASE("scan_bitstream takes the letters GA94 alone for no captions", "[bitstream]") {
  const test::TempDir dir;
  const auto path = test::write_file(dir / "film.mkv", "the plate of the car was GA94 and\x03");
  const auto finds = scan_bitstream(path);
  REQUIRE(finds);
  CHECK_FALSE(finds->captions);
  CHECK_FALSE(scan_bitstream(dir / "gone.mkv"));
}
