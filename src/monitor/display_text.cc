// Text as a terminal shows it; see display_text.h.
#include "monitor/display_text.h"

#include <fmt/format.h>
#include <locale.h>
#include <wchar.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "av1d/text.h"

namespace av1d {

namespace {

// glibc's own UTF-8 locale, whatever LANG says: the width of a character does not depend on it.
class Utf8Locale {
 public:
  Utf8Locale() : previous_(::uselocale(locale())) {}
  ~Utf8Locale() { ::uselocale(previous_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  static locale_t locale() {
    static const locale_t kLocale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return kLocale;  // none on a strange system: uselocale(0) then only asks
  }
  locale_t previous_;
};

struct Character {
  std::string_view bytes;
  char32_t code = 0;
};

// The first character of valid UTF-8; a byte by itself where it is not valid.
Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (length == 1 || text.size() < length) return {text.substr(0, 1), lead};
  char32_t code = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    code = (code << 6U) | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  return {text.substr(0, length), code};
}

// Characters that take no column and say nothing by themselves, but change how others are drawn or
// where: terminals differ widely in what they make of them.
bool is_invisible(char32_t code) {
  struct Range {
    char32_t first, last;
  };
  static constexpr std::array kRanges = {
      Range{0xad, 0xad},     Range{0x61c, 0x61c},    Range{0x180b, 0x180f}, Range{0x200b, 0x200f},
      Range{0x2028, 0x202e}, Range{0x2060, 0x206f},  Range{0xfe00, 0xfe0f}, Range{0xfeff, 0xfeff},
      Range{0xfff9, 0xfffb}, Range{0xe0000, 0xe0fff}};
  return std::any_of(kRanges.begin(), kRanges.end(), [code](const Range& range) {
    return code >= range.first && code <= range.last;
  });
}

// -1: no terminal is sure of it.
int columns_of(char32_t code) {
  if (code >= 0x20 && code < 0x7f) return 1;
  return ::wcwidth(static_cast<wchar_t>(code));
}

std::string_view ellipsis(Charset charset) {
  return charset == Charset::ascii ? "~" : "…";
}

// The longest head of `text` that is at most `columns` wide, marks that belong to it included.
std::string_view head_of(std::string_view text, int columns) {
  const Utf8Locale locale;
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const Character character = first_character(text.substr(bytes));
    const int width = std::max(columns_of(character.code), 0);
    if (width > columns) break;
    columns -= width;
    bytes += character.bytes.size();
  }
  return text.substr(0, bytes);
}

std::string_view tail_of(std::string_view text, int columns) {
  int surplus = display_width(text) - columns;
  const Utf8Locale locale;
  while (!text.empty()) {
    const Character character = first_character(text);
    const int width = std::max(columns_of(character.code), 0);
    if (surplus <= 0 && width > 0) break;
    surplus -= width;
    text.remove_prefix(character.bytes.size());
  }
  return text;
}

}  // namespace

std::string displayable_text(std::string_view text, Charset charset) {
  const Utf8Locale locale;
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    text.remove_prefix(character.bytes.size());
    if (character.code < 0x80) {
      out += columns_of(character.code) == 1 ? character.bytes : "?";
    } else if (!is_invisible(character.code)) {
      const int width = columns_of(character.code);
      const bool shown = width >= 0 && charset != Charset::ascii;
      // A mark at the very front would sit on what stands before the text.
      if (width != 0 || (!out.empty() && shown)) out += shown ? character.bytes : "?";
    }
  }
  return out;
}

std::string displayable(std::string_view bytes, Charset charset) {
  return displayable_text(printable(bytes), charset);
}

int display_width(std::string_view text) {
  const Utf8Locale locale;
  int columns = 0;
  while (!text.empty()) {
    const Character character = first_character(text);
    columns += std::max(columns_of(character.code), 0);
    text.remove_prefix(character.bytes.size());
  }
  return columns;
}

std::string cut_start(std::string_view text, int columns, Charset charset) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns <= 0) return {};
  return std::string(ellipsis(charset)).append(tail_of(text, columns - 1));
}

std::string cut_end(std::string_view text, int columns, Charset charset) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns <= 0) return {};
  return std::string(head_of(text, columns - 1)).append(ellipsis(charset));
}

std::string cut_middle(std::string_view text, int columns, Charset charset) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns < 5) return cut_end(text, columns, charset);
  // The end tells more: "... S02E07.mkv". A wide character may leave a column over.
  const int tail = columns / 2;
  return std::string(head_of(text, columns - 1 - tail))
      .append(ellipsis(charset))
      .append(tail_of(text, tail));
}

std::string padded(std::string_view text, int columns, Align align) {
  const int missing = std::max(columns - display_width(text), 0);
  const std::string spaces(static_cast<std::size_t>(missing), ' ');
  return align == Align::right ? spaces + std::string(text) : std::string(text) + spaces;
}

std::vector<std::string> wrapped(std::string_view text, int columns) {
  std::vector<std::string> lines;
  while (!text.empty() && display_width(text) > columns) {
    std::string_view head = head_of(text, std::max(columns, 1));
    if (head.empty()) head = first_character(text).bytes;  // wider than a line
    const auto space = head.rfind(' ');
    const bool at_space = space != std::string_view::npos && space > head.size() / 2;
    if (at_space && text.substr(head.size(), 1) != " ") head = head.substr(0, space);
    lines.emplace_back(head);
    text.remove_prefix(head.size());
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  if (!text.empty() || lines.empty()) lines.emplace_back(text);
  return lines;
}

Bar bar(double fraction, int columns, Charset charset) {
  const double share = std::isfinite(fraction) ? std::clamp(fraction, 0.0, 1.0) : 0.0;
  const auto repeat = [](std::string_view sign, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += sign;
    return out;
  };
  if (charset != Charset::utf8) {
    const int full = static_cast<int>(share * columns);
    return {repeat("#", full), repeat(charset == Charset::ascii ? "-" : "·", columns - full)};
  }
  const int halves = static_cast<int>(share * columns * 2);
  const int full = halves / 2;
  const bool half = halves % 2 == 1;
  return {repeat("━", full) + (half ? "╸" : ""), repeat("─", columns - full - (half ? 1 : 0))};
}

std::string sparks(const std::vector<double>& fractions, Charset charset) {
  static constexpr std::array<std::string_view, 8> kBlocks = {"▁", "▂", "▃", "▄",
                                                              "▅", "▆", "▇", "█"};
  static constexpr std::string_view kAscii = "_.-:=+*#";
  std::string out;
  for (const double fraction : fractions) {
    const double share = std::isfinite(fraction) ? std::clamp(fraction, 0.0, 1.0) : 0.0;
    const auto level = static_cast<std::size_t>(std::lround(share * 7));
    out += charset == Charset::utf8 ? kBlocks.at(level) : kAscii.substr(level, 1);
  }
  return out;
}

std::string short_bytes(std::uint64_t bytes) {
  static constexpr std::string_view kUnits = "KMGTPE";
  if (bytes < 1024) return fmt::format("{}", bytes);
  double value = static_cast<double>(bytes) / 1024.0;
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1024.0;
    ++unit;
  }
  return fmt::format("{:.{}f}{}", value, value < 99.95 ? 1 : 0, kUnits[unit]);
}

std::string short_span(double seconds) {
  if (!std::isfinite(seconds)) return "";
  constexpr double kLongest = 99'999.0 * 86400;
  const auto total = static_cast<std::int64_t>(std::clamp(seconds, 0.0, kLongest));
  if (total >= 100 * 86400) return fmt::format("{}d", total / 86400);
  if (total >= 86400) return fmt::format("{}d{:02}h", total / 86400, total / 3600 % 24);
  if (total >= 3600) return fmt::format("{}h{:02}m", total / 3600, total / 60 % 60);
  if (total >= 60) return fmt::format("{}m{:02}s", total / 60, total % 60);
  return fmt::format("{}s", total);
}

}  // namespace av1d
