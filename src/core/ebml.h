// EBML (RFC 8794) read in place: elements of a regular file through pread, nothing held in memory
// but one small window. Made for hostile files: every element lies within its parent, and their
// number is bounded, so that whoever walks them comes to an end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "av1d/result.h"
#include "regular_file.h"

namespace av1d::ebml {

struct Element {
  std::uint32_t id = 0;  // with its length marker, as the RFCs write ids
  std::uint64_t at = 0;  // where its id begins
  std::uint64_t data = 0;
  std::uint64_t end = 0;  // never beyond its parent, whatever its size says
  bool unknown_size = false;
  bool cut = false;  // its size says that it ends beyond its parent

  std::uint64_t size() const { return end - data; }
};

// One open file. Reading past its end, or after an I/O error, gives nothing; the error is kept.
class Reader {
 public:
  static constexpr int kMostElements = 1'000'000;

  // Fails for what can't be opened and for what is no regular file; never blocks on a FIFO.
  static Result<Reader> open(const std::filesystem::path& path);

  std::uint64_t file_size() const { return file_.size(); }
  int error() const { return file_.error(); }  // errno of the first read that failed, else 0

  // The element that begins at `at` inside a parent that ends at `limit`. Nothing for bytes that
  // are no element, and once kMostElements have been read.
  std::optional<Element> element_at(std::uint64_t at, std::uint64_t limit);

  // An empty element has its default value, as RFC 8794 says.
  std::uint64_t unsigned_value(const Element& element, std::uint64_t default_value);
  // Up to its first NUL; at most 255 bytes.
  std::string text_value(const Element& element);
  // All its bytes; nothing where they can't be read. The caller bounds the size.
  std::optional<std::string> data_of(const Element& element);

 private:
  explicit Reader(RegularFile file) : file_(std::move(file)) {}
  bool read(std::uint64_t at, std::span<std::uint8_t> out);
  bool fill_window(std::uint64_t at);
  // A variable-size integer; `keep_marker` for ids. Moves `at` behind it.
  enum class Marker { keep, drop };
  std::optional<std::uint64_t> variable_size(std::uint64_t& at, std::uint64_t limit, int most_bytes,
                                             Marker marker, bool& all_ones);

  RegularFile file_;
  int elements_read_ = 0;
  std::vector<std::uint8_t> window_;
  std::uint64_t window_at_ = 0;
};

}  // namespace av1d::ebml
