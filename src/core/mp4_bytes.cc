// Boxes of an MP4 in memory; see mp4_bytes.h.
#include "mp4_bytes.h"

namespace av1d::mp4 {

std::string_view type_of(std::string_view box) {
  return box.substr(4, 4);
}

std::string_view content_of(std::string_view box) {
  return box.substr(kHead);
}

std::optional<std::vector<std::string_view>> boxes_of(std::string_view content) {
  std::vector<std::string_view> boxes;
  while (!content.empty()) {
    const std::uint64_t size = content.size() < kHead ? 0 : unsigned_of(content.substr(0, 4));
    if (size < kHead || size > content.size()) return std::nullopt;
    boxes.push_back(content.substr(0, static_cast<std::size_t>(size)));
    content.remove_prefix(boxes.back().size());
  }
  return boxes;
}

std::string make_box(std::string_view type, std::string_view content) {
  return big_endian(kHead + content.size()).append(type).append(content);
}

std::string big_endian(std::uint64_t value, std::size_t bytes) {
  std::string out(bytes, '\0');
  for (std::size_t i = bytes; i-- > 0; value >>= 8U) {
    out[i] = static_cast<char>(static_cast<unsigned char>(value));
  }
  return out;
}

}  // namespace av1d::mp4
