// A byte stream as lines. A child's output arrives in pieces that know nothing of lines.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace av1d {

inline constexpr std::size_t kMaxLineBytes = std::size_t{64} * 1024;

// '\n' and '\r' both end a line, "\r\n" ends one line, not two. A line longer than kMaxLineBytes
// comes in pieces of that size. Every other byte, NUL too, is passed on as it is.
class LineSplitter {
 public:
  using Sink = std::function<void(std::string_view)>;

  // The views are valid during the call only. The sink must not throw.
  void feed(std::string_view bytes, const Sink& sink);
  // The end of the stream: what stands there without a newline is a line as well.
  void finish(const Sink& sink);

 private:
  void append(std::string_view part, const Sink& sink);

  std::string pending_;  // the beginning of a line, at most kMaxLineBytes
  bool after_cr_ = false;
};

}  // namespace av1d
