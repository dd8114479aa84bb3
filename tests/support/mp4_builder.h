// MP4 files for tests, box by box.
#pragma once

#include <string>

#include "av1d/mp4.h"
#include "support/catch.h"
#include "support/temp_dir.h"

namespace av1d::test {

inline std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>((value >> (8 * i)) & 0xffU);
  return out;
}

inline std::string box(const std::string& type, const std::string& data) {
  return big_endian(data.size() + 8, 4) + type + data;
}

inline std::string track(const std::string& language, const std::string& edits = "") {
  const std::string elng =
      language.empty() ? "" : box("elng", big_endian(0, 4) + language + std::string(1, '\0'));
  return box("trak", box("tkhd", std::string(80, 'h')) + edits +
                         box("mdia", box("mdhd", std::string(24, 'm')) + elng));
}

// With its number in front of its boxes.
inline std::string numbered_track(std::uint64_t number, const std::string& boxes) {
  return box("trak", box("tkhd", std::string(12, '\0') + big_endian(number, 4)) + boxes);
}

// A `meta` with the handler of that name.
inline std::string tag_list(const std::string& handler, const std::string& boxes) {
  return box("meta", big_endian(0, 4) +
                         box("hdlr", big_endian(0, 8) + handler + std::string(13, '\0')) + boxes);
}

inline std::string film(const std::string& tracks) {
  return box("ftyp", "isom") + box("mdat", std::string(5000, 'd')) +
         box("moov", box("mvhd", std::string(100, 'v')) + tracks);
}

inline Mp4Facts facts_of(const std::string& bytes) {
  const TempDir dir;
  const auto facts = read_mp4(write_file(dir / "film.mp4", bytes));
  REQUIRE(facts);
  REQUIRE(*facts);
  return **facts;
}

}  // namespace av1d::test
