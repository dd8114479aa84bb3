// What a video decodes to, frame by frame: when each is shown, and what it looks like. Pure;
// whoever has a Runner asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/probe.h"
#include "av1d/types.h"

namespace av1d {

// Decodes the whole of one stream in one thread (two cost a seventh more CPU time, measured with
// AV1 at 720p): a line a frame for DecodedFrames.
Argv decode_args(const std::string& ffprobe, const fs::path& path, int stream_index);

class DecodedFrames {
 public:
  // The time base of that stream.
  explicit DecodedFrames(const Rational& time_base) : time_base_(time_base) {}

  void add_line(std::string_view line);

  // Of each frame that has a time, in nanoseconds, ascending.
  std::vector<std::int64_t> times_ns() const;
  // The distinct looks of all frames, the first one first, as far as a frame can tell: size,
  // format, colours, static HDR values. No more than kMostLooks of them: one is what there should
  // be.
  static constexpr std::size_t kMostLooks = 8;
  const std::vector<Stream>& looks() const { return looks_; }

 private:
  void note_look(std::string text);
  Rational time_base_;
  std::vector<std::int64_t> times_ns_;
  std::vector<std::string> texts_;  // of looks_, as ffprobe wrote them
  std::string last_text_;
  std::vector<Stream> looks_;
};

}  // namespace av1d
