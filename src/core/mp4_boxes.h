// Boxes of an MP4 or QuickTime file read in place through pread. Made for hostile files: every box
// lies within its parent, and their number is bounded, so that whoever walks them comes to an end.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "av1d/result.h"
#include "regular_file.h"

namespace av1d::mp4 {

struct Box {
  std::string type;  // four bytes
  std::uint64_t data = 0;
  std::uint64_t end = 0;  // never beyond its parent, whatever its size says
  std::uint64_t at = 0;   // of its own head
  bool cut = false;       // its size says more than its parent holds

  std::uint64_t size() const { return end - data; }
};

// One open file. Reading past its end, or after an I/O error, gives nothing; the error is kept.
class Reader {
 public:
  static constexpr int kMostBoxes = 100'000;

  // Fails for what can't be opened and for what is no regular file; never blocks on a FIFO.
  static Result<Reader> open(const std::filesystem::path& path);

  std::uint64_t file_size() const { return file_.size(); }
  int error() const { return file_.error(); }  // errno of the first read that failed, else 0

  // The box that begins at `at` inside a parent that ends at `limit`. Nothing for bytes that are no
  // box, and once kMostBoxes have been read.
  std::optional<Box> box_at(std::uint64_t at, std::uint64_t limit);
  // The first child of that type.
  std::optional<Box> child(const Box& parent, std::string_view type);
  // `count` bytes from `at` on; nothing where they are not all there. The caller bounds the count.
  std::optional<std::string> bytes_at(std::uint64_t at, std::size_t count);

  // The whole box, its head too, a MiB at a time, until `handle` says false. True when it was read
  // to its end and `handle` never did.
  template <class Handle>
  bool for_each_piece(const Box& box, Handle&& handle) {
    constexpr std::uint64_t kPiece = std::uint64_t{1} << 20U;
    for (std::uint64_t at = box.at; at < box.end; at += kPiece) {
      const auto bytes = bytes_at(at, static_cast<std::size_t>(std::min(kPiece, box.end - at)));
      if (!bytes || !handle(*bytes)) return false;
    }
    return true;
  }

  template <class Handle>
  void for_each_child(const Box& parent, Handle&& handle) {
    for (std::uint64_t at = parent.data; at < parent.end;) {
      const auto box = box_at(at, parent.end);
      if (!box) return;
      handle(*box);
      at = box->end;
    }
  }

 private:
  explicit Reader(RegularFile file) : file_(std::move(file)) {}
  RegularFile file_;
  int boxes_read_ = 0;
};

// `mvhd` and `tkhd` begin with version and flags and two times of 4 bytes, in version 1 of 8. What
// stands behind: the ticks of the film in a second, and the number of the track.
constexpr std::uint64_t behind_times(char version) {
  return 4 + (version == '\1' ? 16 : 8);
}
std::uint64_t ticks_of(std::string_view mvhd);  // of the box's content; 0 where it is too short
std::uint64_t ticks_of(Reader& film);           // 0 where there is no `mvhd`

// The whole box, where it is one of at most 4 MiB that holds neither pictures nor sound.
std::optional<std::string> data_track(Reader& film, const Box& trak);

// Big-endian, of at most 8 bytes.
std::uint64_t unsigned_of(std::string_view bytes);

}  // namespace av1d::mp4
