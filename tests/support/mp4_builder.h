// MP4 files for tests, box by box.
#pragma once

#include <initializer_list>
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

inline std::string number_list(std::initializer_list<std::uint64_t> values) {
  std::string list;
  for (const auto value : values) list += big_endian(value, 4);
  return list;
}

// A track of data; each part can be replaced by another.
struct DataTrack {
  std::uint64_t number = 3;
  std::string handler = "meta";
  std::string places = box("stco", number_list({0, 2, 100, 300}));
  std::string sizes = box("stsz", number_list({0, 0, 3, 10, 20, 30}));
  std::string runs = box("stsc", number_list({0, 2, 1, 2, 1, 2, 1, 1}));
  std::string entry = box("mett", std::string(8, '\0') + "text");
  std::string where = box("url ", number_list({1}));
  std::string more;    // of the sample table
  std::string beside;  // of the track

  std::string bytes() const {
    const std::string stbl =
        box("stbl", box("stsd", number_list({0, 1}) + entry) +
                        box("stts", number_list({0, 1, 3, 20})) + runs + sizes + places + more);
    const std::string minf = box(
        "minf", box("gmhd", "g") + box("dinf", box("dref", number_list({0, 1}) + where)) + stbl);
    const std::string hdlr = box("hdlr", number_list({0, 0}) + handler + std::string(13, '\0'));
    const std::string mdia =
        box("mdia", box("mdhd", number_list({0, 0, 0, 600, 60, 0})) + hdlr + minf);
    // The duration, and the one edit, are of 300 ticks of the film.
    const std::string tkhd =
        box("tkhd", number_list({7, 0, 0, number, 0, 300}) + std::string(60, 'h'));
    const std::string edts = box("edts", box("elst", number_list({0, 1, 300, 5, 0x10000})));
    return box("trak", tkhd + edts + mdia + beside);
  }
};

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
