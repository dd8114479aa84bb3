// EBML in place; see ebml.h.
#include "ebml.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace av1d::ebml {

namespace {

constexpr std::size_t kWindowBytes = 4096;
constexpr int kMostIdBytes = 4;
constexpr int kMostSizeBytes = 8;
constexpr std::uint64_t kMostTextBytes = 255;

}  // namespace

Result<Reader> Reader::open(const std::filesystem::path& path) {
  auto file = RegularFile::open(path);
  if (!file) return std::unexpected(file.error());
  return Reader(*std::move(file));
}

bool Reader::fill_window(std::uint64_t at) {
  window_.resize(kWindowBytes);
  window_at_ = at;
  window_.resize(file_.read_some(at, std::as_writable_bytes(std::span(window_))));
  return !window_.empty();
}

bool Reader::read(std::uint64_t at, std::span<std::uint8_t> out) {
  if (error() != 0 || at > file_size() || out.size() > file_size() - at) return false;
  const auto holds = [&] {
    return at >= window_at_ && at - window_at_ < window_.size() &&
           out.size() <= window_.size() - (at - window_at_);
  };
  if (!holds() && (!fill_window(at) || !holds())) return false;
  std::copy_n(window_.begin() + static_cast<std::ptrdiff_t>(at - window_at_), out.size(),
              out.begin());
  return true;
}

std::optional<std::uint64_t> Reader::variable_size(std::uint64_t& at, std::uint64_t limit,
                                                   int most_bytes, Marker marker, bool& all_ones) {
  std::array<std::uint8_t, kMostSizeBytes> bytes{};
  if (at >= limit || !read(at, std::span(bytes).first(1))) return std::nullopt;
  const int length = std::countl_zero(bytes[0]) + 1;
  const auto count = static_cast<std::size_t>(length);
  if (length > most_bytes || count > limit - at) return std::nullopt;
  if (!read(at, std::span(bytes).first(count))) return std::nullopt;
  at += count;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = (value << 8U) | bytes[i];
  const std::uint64_t marker_bit = std::uint64_t{1} << (7U * count);
  all_ones = (value | marker_bit) == ((marker_bit << 1U) - 1);
  return marker == Marker::keep ? value : value & (marker_bit - 1);
}

std::optional<Element> Reader::element_at(std::uint64_t at, std::uint64_t limit) {
  if (elements_read_ >= kMostElements) return std::nullopt;
  ++elements_read_;
  limit = std::min(limit, file_size());
  Element element;
  element.at = at;
  bool all_ones = false;
  const auto id = variable_size(at, limit, kMostIdBytes, Marker::keep, all_ones);
  if (!id || all_ones) return std::nullopt;
  const auto size = variable_size(at, limit, kMostSizeBytes, Marker::drop, element.unknown_size);
  if (!size) return std::nullopt;
  element.id = static_cast<std::uint32_t>(*id);
  element.data = at;
  element.cut = !element.unknown_size && *size > limit - at;
  element.end = element.unknown_size ? limit : at + std::min(*size, limit - at);
  return element;
}

std::uint64_t Reader::unsigned_value(const Element& element, std::uint64_t default_value) {
  std::array<std::uint8_t, 8> bytes{};
  if (element.size() == 0 || element.size() > bytes.size()) return default_value;
  const auto used = std::span(bytes).first(static_cast<std::size_t>(element.size()));
  if (!read(element.data, used)) return default_value;
  std::uint64_t value = 0;
  for (const std::uint8_t byte : used) value = (value << 8U) | byte;
  return value;
}

std::string Reader::text_value(const Element& element) {
  std::array<std::uint8_t, kMostTextBytes> bytes{};
  const auto used =
      std::span(bytes).first(static_cast<std::size_t>(std::min(element.size(), kMostTextBytes)));
  if (!read(element.data, used)) return {};
  return {used.begin(), std::find(used.begin(), used.end(), std::uint8_t{0})};
}

std::optional<std::string> Reader::data_of(const Element& element) {
  std::string data(static_cast<std::size_t>(element.size()), '\0');
  if (!file_.read(element.data, std::as_writable_bytes(std::span(data)))) return std::nullopt;
  return data;
}

}  // namespace av1d::ebml
