// Names and rules of the configuration; see config_words.h.
#include "config_words.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <numeric>

#include "av1d/quiet_hours.h"
#include "av1d/text.h"

namespace av1d {

namespace {

// Levenshtein's, one row at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view to_string(Encoder encoder) {
  return word_of(encoder);
}
std::string_view to_string(QualityTier tier) {
  return word_of(tier);
}
std::string_view to_string(DeinterlaceMode mode) {
  return word_of(mode);
}
std::string_view to_string(DolbyVisionMode mode) {
  return word_of(mode);
}
std::string_view to_string(LogLevel level) {
  return word_of(level);
}
std::string_view to_string(Order order) {
  return word_of(order);
}
std::string_view to_string(Loss loss) {
  return word_of(loss);
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string toml_float(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
  std::string out = fmt::format("{}", value);
  // An integer in TOML's eyes needs its fraction to be a float again.
  if (out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

std::string_view nearest(std::string_view word, const std::vector<std::string>& known) {
  return *std::ranges::min_element(
      known, {}, [&](const std::string& candidate) { return edit_distance(word, candidate); });
}

Complaint check_absolute(const std::string& text) {
  if (fs::path(text).is_absolute()) return std::nullopt;
  return fmt::format("must be an absolute path, is '{}'", printable(text));
}

Complaint check_root(const std::string& text) {
  if (auto complaint = check_absolute(text)) return complaint;
  // A slip of the keyboard must not send the daemon over the whole machine.
  static constexpr std::array kSystem = {"/",     "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64",
                                         "/proc", "/run", "/sbin", "/sys", "/usr", "/var"};
  std::string path = fs::path(text).lexically_normal().native();
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (std::ranges::find(kSystem, path) == kSystem.end()) return std::nullopt;
  return fmt::format("'{}' is a system directory, name the films' own", printable(text));
}

Complaint check_not_empty(const std::string& text) {
  return text.empty() ? Complaint("must not be empty") : std::nullopt;
}

Complaint check_file_or_none(const std::string& text) {
  const fs::path path = text;
  if (text.empty() || (path.is_absolute() && path.has_filename())) return std::nullopt;
  return fmt::format("must be the absolute path of a file, or empty, is '{}'", printable(text));
}

Complaint check_extension(const std::string& text) {
  if (text.empty()) return "an extension must not be empty";
  if (text.front() == '.' && text.size() > 1 && text.find_first_of("./", 1) == std::string::npos) {
    return fmt::format("must be written without its leading dot: '{}', is '{}'",
                       printable(text.substr(1)), printable(text));
  }
  if (text.find_first_of("./") == std::string::npos) return std::nullopt;
  return fmt::format("must not contain a dot or a slash, is '{}'", printable(text));
}

Complaint check_language(const std::string& text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const bool good = (text.size() == 2 || text.size() == 3) && std::ranges::all_of(text, letter);
  if (good) return std::nullopt;
  return fmt::format("must be a language code of 2 or 3 letters, is '{}'", printable(text));
}

Complaint check_quiet_hours(const std::string& text) {
  if (text.empty() || parse_quiet_hours(text)) return std::nullopt;
  return fmt::format("must be two different times such as '22:00-08:00', or empty, is '{}'",
                     printable(text));
}

// Written so that NaN is none.
Complaint check_share(double value) {
  if (value > 0 && value <= 1) return std::nullopt;
  return fmt::format("must be above 0 and at most 1, is {}", value);
}

Complaint check_decibels(double value) {
  if (value >= 0 && value <= 100) return std::nullopt;
  return fmt::format("must be 0 to 100, is {}", value);
}

Complaint check_load(double value) {
  if (value >= 0 && value <= 1000) return std::nullopt;
  return fmt::format("must be 0 to 1000, is {}", value);
}

std::optional<ConfigMistake> find_junk(std::string_view text, const std::string& file) {
  constexpr int kMostDots = 1000;
  int line = 1;
  int column = 0;
  int dots = 0;
  for (const char c : text) {
    ++column;
    if (c == '\0') return ConfigMistake{file, line, column, "", "a NUL byte: not a text file"};
    if (c == '.' && ++dots > kMostDots) {
      return ConfigMistake{file, line, column, "", "more than 1000 dots in one line"};
    }
    if (c != '\n') continue;
    ++line;
    column = dots = 0;
  }
  return std::nullopt;
}

std::string one_line(std::string_view message) {
  std::string out;
  for (std::size_t start = 0; start <= message.size();) {
    const std::size_t end = std::min(message.find('\\', start), message.size());
    if (start > 0) out += '\\';
    out += printable(message.substr(start, end - start));
    start = end + 1;
  }
  return out;
}

}  // namespace av1d
