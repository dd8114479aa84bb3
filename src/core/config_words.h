// The words of config.toml's enumerations and the rules for its texts, apart from the
// reading of TOML; the names stand in one table each. Private to core.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/config.h"

namespace av1d {

template <class E>
struct Word {
  E value;
  std::string_view word;
};

template <class E>
inline constexpr auto kWords = std::array<Word<E>, 0>{};

template <>
inline constexpr auto kWords<Encoder> = std::to_array<Word<Encoder>>({{Encoder::svt, "svt"},
                                                                      {Encoder::aom, "aom"},
                                                                      {Encoder::rav1e, "rav1e"}});

template <>
inline constexpr auto kWords<QualityTier> = std::to_array<Word<QualityTier>>(
    {{QualityTier::high, "high"}, {QualityTier::very_high, "very_high"}});

template <>
inline constexpr auto kWords<DeinterlaceMode> =
    std::to_array<Word<DeinterlaceMode>>({{DeinterlaceMode::skip, "skip"},
                                          {DeinterlaceMode::bwdif, "bwdif"},
                                          {DeinterlaceMode::keep, "keep"}});

template <>
inline constexpr auto kWords<DolbyVisionMode> = std::to_array<Word<DolbyVisionMode>>(
    {{DolbyVisionMode::skip, "skip"}, {DolbyVisionMode::convert, "convert"}});

template <>
inline constexpr auto kWords<LogLevel> = std::to_array<Word<LogLevel>>({{LogLevel::trace, "trace"},
                                                                        {LogLevel::debug, "debug"},
                                                                        {LogLevel::info, "info"},
                                                                        {LogLevel::warn, "warn"},
                                                                        {LogLevel::error,
                                                                         "error"}});

template <>
inline constexpr auto kWords<Order> =
    std::to_array<Word<Order>>({{Order::biggest_first, "biggest_first"},
                                {Order::oldest_first, "oldest_first"},
                                {Order::newest_first, "newest_first"},
                                {Order::path, "path"}});

template <>
inline constexpr auto kWords<Loss> =
    std::to_array<Word<Loss>>({{Loss::dolby_vision, "dolby_vision"},
                               {Loss::hdr10plus, "hdr10plus"},
                               {Loss::captions, "captions"},
                               {Loss::data_streams, "data_streams"},
                               {Loss::chroma, "chroma"},
                               {Loss::alpha, "alpha"},
                               {Loss::chapter_editions, "chapter_editions"},
                               {Loss::subtitles, "subtitles"},
                               {Loss::damaged_source, "damaged_source"}});

template <class E>
std::optional<E> find_word(std::string_view word) {
  const auto& words = kWords<E>;
  const auto found = std::ranges::find(words, word, &Word<E>::word);
  return found == words.end() ? std::nullopt : std::optional<E>(found->value);
}

template <class E>
constexpr std::string_view word_of(E value) {
  const auto& words = kWords<E>;
  const auto found = std::ranges::find(words, value, &Word<E>::value);
  return found == words.end() ? std::string_view{} : found->word;
}

// "'svt', 'aom' or 'rav1e'". Pure.
template <class E>
std::string alternatives() {
  const auto& words = kWords<E>;
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out.append("'").append(words[i].word).append("'");
  }
  return out;
}

// A TOML basic string, quotes included, on one line. Bytes that are not UTF-8 pass as they are: no
// TOML file can hold them, so none comes from one. Pure.
std::string toml_string(std::string_view text);

// The shortest TOML float that reads back as the same value: "0.9", "1.0". Pure.
std::string toml_float(double value);

// The one of `known` (not empty) with the smallest edit distance to `word`, the first of equals.
// Pure.
std::string_view nearest(std::string_view word, const std::vector<std::string>& known);

// ---- What a text must be: nothing where it is good, else what is wrong. Pure.
// --------------------

using Complaint = std::optional<std::string>;

Complaint check_absolute(const std::string& text);
Complaint check_root(const std::string& text);  // absolute, and no directory of the system
Complaint check_not_empty(const std::string& text);
Complaint check_file_or_none(const std::string& text);  // an absolute path with a name, or empty
Complaint check_extension(const std::string& text);
Complaint check_language(const std::string& text);
Complaint check_quiet_hours(const std::string& text);

// Likewise of a number.
Complaint check_share(double value);     // above 0, at most 1
Complaint check_decibels(double value);  // 0 to 100
Complaint check_load(double value);      // of the system: 0 to 1000

// What makes a whole text no TOML file, before a parser sees it: a NUL byte, or a line whose dots
// would nest tables so deeply that freeing them exhausts the stack. Pure.
std::optional<ConfigMistake> find_junk(std::string_view text, const std::string& file);

// printable(), but for the backslashes, which a parser's message has put there itself. Pure.
std::string one_line(std::string_view message);

}  // namespace av1d
