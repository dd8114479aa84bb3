// Tracks of data that ffmpeg can't write (telephones' and cameras' timed metadata), put into
// another film: the `trak` stays as it is but for its number, its places in the file, and its
// duration in the other film's ticks. Pure, and made for hostile bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace av1d::mp4 {

// Samples that lie side by side.
struct Chunk {
  std::uint64_t at = 0;  // in its file
  std::uint64_t bytes = 0;

  bool operator==(const Chunk&) const = default;
};

// Of a whole `trak`. Nothing for one that can't be put elsewhere: its samples lie in other files or
// are encrypted, its tables contradict each other, it speaks of the old film's bytes, or something
// beside the table of chunks tells places of the file.
std::optional<std::vector<Chunk>> chunks_of(std::string_view trak);

struct Graft {
  std::uint64_t number = 0;             // in the other film
  std::vector<std::uint64_t> places{};  // of its chunks there, as many as chunks_of() tells
  std::string references{};             // content of its `tref` there
  std::uint64_t ticks_before = 1;       // of the films, a second
  std::uint64_t ticks_now = 1;
};

// The `trak` of the other film. Nothing where it is no list of boxes, or where a time doesn't fit.
std::optional<std::string> grafted(std::string_view trak, const Graft& graft);

}  // namespace av1d::mp4
