// EBML in place; see ebml.h.
#include "ebml.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <utility>

#include "av1d/text.h"

namespace av1d::ebml {

namespace {

constexpr std::size_t kWindowBytes = 4096;
constexpr int kMostIdBytes = 4;
constexpr int kMostSizeBytes = 8;
constexpr std::uint64_t kMostTextBytes = 255;

}  // namespace

Result<Reader> Reader::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return fail_errno("open", path.native(), errno);
  Reader reader(fd, 0);  // closes it on every way out
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail_errno("stat", path.native(), errno);
  if (!S_ISREG(status.st_mode)) {
    return fail("cannot read '" + printable(path.native()) + "': not a regular file");
  }
  reader.file_size_ = static_cast<std::uint64_t>(status.st_size);
  return reader;
}

Reader::~Reader() {
  if (fd_ >= 0) ::close(fd_);  // opened for reading: nothing can be lost here
}

Reader::Reader(Reader&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      file_size_(other.file_size_),
      error_(other.error_),
      elements_read_(other.elements_read_),
      window_(std::move(other.window_)),
      window_at_(other.window_at_) {}

bool Reader::fill_window(std::uint64_t at) {
  window_.resize(kWindowBytes);
  window_at_ = at;
  ssize_t got = -1;
  do {
    got = ::pread(fd_, window_.data(), window_.size(), static_cast<off_t>(at));
  } while (got < 0 && errno == EINTR);
  if (got < 0) error_ = errno;
  window_.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return !window_.empty();
}

bool Reader::read(std::uint64_t at, std::span<std::uint8_t> out) {
  if (error_ != 0 || at > file_size_ || out.size() > file_size_ - at) return false;
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
  limit = std::min(limit, file_size_);
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
  for (std::size_t done = 0; done < data.size();) {
    const ssize_t got = ::pread(fd_, data.data() + done, data.size() - done,
                                static_cast<off_t>(element.data + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error_ = errno;
    if (got <= 0) return std::nullopt;
    done += static_cast<std::size_t>(got);
  }
  return data;
}

}  // namespace av1d::ebml
