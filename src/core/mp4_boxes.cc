// Boxes in place; see mp4_boxes.h.
#include "mp4_boxes.h"

#include <algorithm>
#include <span>

namespace av1d::mp4 {

Result<Reader> Reader::open(const std::filesystem::path& path) {
  auto file = RegularFile::open(path);
  if (!file) return std::unexpected(file.error());
  return Reader(*std::move(file));
}

std::optional<std::string> Reader::bytes_at(std::uint64_t at, std::size_t count) {
  if (at > file_size() || count > file_size() - at) return std::nullopt;
  std::string bytes(count, '\0');
  if (!file_.read(at, std::as_writable_bytes(std::span(bytes)))) return std::nullopt;
  return bytes;
}

// A size of 1 stands for 8 bytes behind the type, 0 for "to the end" (ISO/IEC 14496-12, 4.2).
std::optional<Box> Reader::box_at(std::uint64_t at, std::uint64_t limit) {
  constexpr std::uint64_t kHeader = 8;
  constexpr std::uint64_t kLongHeader = 16;
  if (boxes_read_++ >= kMostBoxes || at > limit || limit - at < kHeader) return std::nullopt;
  const auto head = bytes_at(at, kHeader);
  if (!head) return std::nullopt;
  std::uint64_t size = unsigned_of(std::string_view(*head).substr(0, 4));
  std::uint64_t header = kHeader;
  if (size == 1) {
    const auto more = bytes_at(at + kHeader, kLongHeader - kHeader);
    if (!more) return std::nullopt;
    size = unsigned_of(*more);
    header = kLongHeader;
  }
  if (size == 0) size = limit - at;
  if (size < header || header > limit - at) return std::nullopt;
  const bool cut = size > limit - at;
  return Box{head->substr(4), at + header, at + std::min(size, limit - at), at, cut};
}

std::optional<Box> Reader::child(const Box& parent, std::string_view type) {
  std::optional<Box> found;
  for_each_child(parent, [&](const Box& box) {
    if (!found && box.type == type) found = box;
  });
  return found;
}

std::uint64_t ticks_of(std::string_view mvhd) {
  if (mvhd.empty()) return 0;
  const auto at = static_cast<std::size_t>(behind_times(mvhd.front()));
  return mvhd.size() < at + 4 ? 0 : unsigned_of(mvhd.substr(at, 4));
}

std::uint64_t ticks_of(Reader& film) {
  constexpr std::uint64_t kHeadBytes = 24;  // up to the ticks, in version 1
  const auto moov = film.child({"", 0, film.file_size()}, "moov");
  const auto mvhd = moov ? film.child(*moov, "mvhd") : std::nullopt;
  if (!mvhd) return 0;
  const auto head = film.bytes_at(mvhd->data, std::min(mvhd->size(), kHeadBytes));
  return head ? ticks_of(std::string_view(*head)) : 0;
}

std::optional<std::string> data_track(Reader& film, const Box& trak) {
  constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 20U;  // a sample a frame for nine hours
  constexpr std::uint64_t kHandler = 8;  // behind version, flags and a reserved number
  const std::uint64_t bytes = trak.end - trak.at;
  const auto mdia = film.child(trak, "mdia");
  const auto hdlr = mdia ? film.child(*mdia, "hdlr") : std::nullopt;
  const auto handler = hdlr ? film.bytes_at(hdlr->data + kHandler, 4) : std::nullopt;
  const bool is_data = handler && handler != "vide" && handler != "soun";
  if (!is_data || trak.cut || bytes > kMostBytes) return std::nullopt;
  return film.bytes_at(trak.at, static_cast<std::size_t>(bytes));
}

std::uint64_t unsigned_of(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8U) | static_cast<std::uint8_t>(byte);
  return value;
}

}  // namespace av1d::mp4
