// A byte stream as lines; see line_splitter.h.
#include "daemon/line_splitter.h"

#include <algorithm>

namespace av1d {

void LineSplitter::feed(std::string_view bytes, const Sink& sink) {
  while (!bytes.empty()) {
    if (after_cr_ && bytes.front() == '\n') {
      after_cr_ = false;
      bytes.remove_prefix(1);
      continue;
    }
    after_cr_ = false;
    const auto end =
        std::find_if(bytes.begin(), bytes.end(), [](char c) { return c == '\n' || c == '\r'; });
    const auto length = static_cast<std::size_t>(end - bytes.begin());
    if (end == bytes.end()) return append(bytes, sink);
    if (pending_.empty() && length <= kMaxLineBytes) {
      sink(bytes.substr(0, length));
    } else {
      append(bytes.substr(0, length), sink);
      sink(pending_);
      pending_.clear();
    }
    after_cr_ = *end == '\r';
    bytes.remove_prefix(length + 1);
  }
}

void LineSplitter::finish(const Sink& sink) {
  if (!pending_.empty()) sink(pending_);
  pending_.clear();
}

// A full buffer is handed on only when more of the line follows, so that a line of just the limit
// comes in one piece and is not followed by an empty one.
void LineSplitter::append(std::string_view part, const Sink& sink) {
  while (!part.empty()) {
    if (pending_.size() == kMaxLineBytes) {
      sink(pending_);
      pending_.clear();
    }
    const std::size_t taken = std::min(part.size(), kMaxLineBytes - pending_.size());
    pending_ += part.substr(0, taken);
    part.remove_prefix(taken);
  }
}

}  // namespace av1d
