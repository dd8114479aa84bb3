// EBML elements as bytes, with sizes that may lie: for files that no muxer would write.
#pragma once

#include <cstdint>
#include <string>

namespace av1d::test::ebml {

constexpr std::uint32_t kEbml = 0x1A45DFA3, kSegment = 0x18538067, kSeekHead = 0x114D9B74,
                        kInfo = 0x1549A966, kCluster = 0x1F43B675, kTracks = 0x1654AE6B,
                        kCues = 0x1C53BB6B, kChapters = 0x1043A770, kTags = 0x1254C367,
                        kVoid = 0xEC;

inline std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>((value >> (8 * i)) & 0xffU);
  return out;
}

inline std::string id_bytes(std::uint32_t id) {
  return big_endian(id, id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1);
}

// An element whose size is written in `size_bytes` bytes and may lie.
inline std::string sized(std::uint32_t id, std::uint64_t size, const std::string& data,
                         int size_bytes = 8) {
  const std::uint64_t marker = std::uint64_t{1} << (7 * size_bytes);
  return id_bytes(id) + big_endian(marker | size, size_bytes) + data;
}

inline std::string element(std::uint32_t id, const std::string& data, int size_bytes = 8) {
  return sized(id, data.size(), data, size_bytes);
}

inline std::string number(std::uint32_t id, std::uint64_t value) {
  return element(id, big_endian(value, 4), 1);
}

inline std::string unknown_size(std::uint32_t id, const std::string& data) {
  return id_bytes(id) + "\xff" + data;
}

inline std::string header(const std::string& doc_type = "matroska") {
  return element(kEbml, element(0x4282, doc_type, 1), 1);
}

inline std::string seek(std::uint32_t id, std::uint64_t position) {
  return element(
      0x4DBB, element(0x53AB, big_endian(id, 4), 1) + element(0x53AC, big_endian(position, 8), 1),
      1);
}

}  // namespace av1d::test::ebml
