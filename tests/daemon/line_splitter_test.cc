// Lines out of pieces: line ends across pieces, the size limit, and the law that cuts don't matter.
#include "daemon/line_splitter.h"

#include <vector>

#include "support/catch.h"

namespace av1d {

namespace {

using Lines = std::vector<std::string>;

Lines split_lines(const std::vector<std::string>& pieces) {
  Lines lines;
  const LineSplitter::Sink sink = [&](std::string_view line) { lines.emplace_back(line); };
  LineSplitter splitter;
  for (const auto& piece : pieces) splitter.feed(piece, sink);
  splitter.finish(sink);
  return lines;
}

TEST_CASE("LineSplitter takes \\r\\n as one end, also where a piece ends between", "[lines]") {
  CHECK(split_lines({"a\r\nb\n\nc\r\rd"}) == Lines{"a", "b", "", "c", "", "d"});
  CHECK(split_lines({"a\r", "\nb\r", "c"}) == Lines{"a", "b", "c"});
  CHECK(split_lines({"", "\n", "\n"}) == Lines{"", ""});
  CHECK(split_lines({}).empty());
}

TEST_CASE("LineSplitter cuts only what is longer than the limit", "[lines]") {
  const std::string full(kMaxLineBytes, 'x');
  CHECK(split_lines({full + "\nb"}) == Lines{full, "b"});
  CHECK(split_lines({full, "\nb"}) == Lines{full, "b"});
  CHECK(split_lines({full + "y\nb"}) == Lines{full, "y", "b"});
  CHECK(split_lines({full + full}) == Lines{full, full});
}

TEST_CASE("LineSplitter gives the same lines however the bytes are cut", "[lines]") {
  CHECK_PROPERTY([](const std::vector<std::vector<bool>>& shape) {
    std::vector<std::string> pieces;
    std::string whole;
    for (const auto& bits : shape) {
      std::string piece;
      for (std::size_t i = 0; i < bits.size(); ++i) {
        piece += bits[i] ? "\r\n"[i % 2] : static_cast<char>(i % 3);
      }
      whole += piece;
      pieces.push_back(piece);
    }
    RC_ASSERT(split_lines(pieces) == split_lines({whole}));
  });
}

}  // namespace

}  // namespace av1d
