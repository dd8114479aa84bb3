// Text as a terminal shows it: columns instead of bytes. All pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace av1d {

// What the terminal can draw: everything; every letter but only plain signs (the Linux console's
// fonts); ASCII.
enum class Charset { utf8, plain, ascii };

// `bytes` of anyone's making (names, lines of ffmpeg, reasons) as UTF-8 that is safe to print and
// whose width display_width() knows: printable(), invisible characters left out, those without a
// known width shown as '?'. With `ascii` every other character is a '?' too.
std::string displayable(std::string_view bytes, Charset charset);
// The same for text of av1d's own, in which a backslash is none of printable()'s.
std::string displayable_text(std::string_view text, Charset charset);

// The columns that displayable text takes: CJK and emoji two, combining marks none.
int display_width(std::string_view text);

// At most `columns` wide, cut at one end or in the middle with a sign in place of what is missing.
std::string cut_start(std::string_view text, int columns, Charset charset);
std::string cut_end(std::string_view text, int columns, Charset charset);
std::string cut_middle(std::string_view text, int columns, Charset charset);

// Exactly `columns` wide where it is not wider: filled up with spaces.
enum class Align { left, right };
std::string padded(std::string_view text, int columns, Align align = Align::left);

// Breaks text into pieces of at most `columns`, at spaces where there are any; a piece
// has at least one character, however narrow the columns.
std::vector<std::string> wrapped(std::string_view text, int columns);

// The two parts of a bar `columns` wide: what is full, and what is not yet.
struct Bar {
  std::string full, empty;
};
Bar bar(double fraction, int columns, Charset charset);
// One column a value from 0 to 1: as a chart of small bars.
std::string sparks(const std::vector<double>& fractions, Charset charset);

// "4.7G", "473G", "12K", "0": five columns at most, binary units.
std::string short_bytes(std::uint64_t bytes);
// "45s", "12m05s", "3h20m", "4d02h", "812d": six columns at most; negative spans are "0s".
std::string short_span(double seconds);

}  // namespace av1d
