// Named values to and from one JSON object: the two visitors that walk through a shape
// (job_shape.h). Writing never fails, whatever bytes a name or a line of ffmpeg
// holds; reading trusts nothing and names the place of the first mistake.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "av1d/text.h"
#include "base64.h"
#include "job_words.h"

namespace av1d {

enum class Need { optional, required };

// By the very rule that dump() has for strings. Pure.
bool is_json_text(const std::string& text);
// The text itself, or what printable() makes of it where JSON cannot hold it. Pure.
std::string readable(const std::string& text);

// The document, or nothing and what is wrong with it. Size and depth are limited before anything
// is built from it. Pure.
Result<nlohmann::json> parse_document(std::string_view text);
// An object whose `schema` this program knows. Pure.
Status check_schema(const nlohmann::json& document);
inline constexpr int kJobSchema = 1;

// ---- Writing ----------------------------------------------------------------------------------

class FieldWriter {
 public:
  void text(const char* key, const std::string& value, Need = Need::optional) {
    out_[key] = readable(value);
  }
  // "" stands for "not known yet".
  void text_or_null(const char* key, const std::string& value) {
    out_[key] = value.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(readable(value));
  }
  void path(const char* key, const fs::path& value, Need = Need::optional) {
    text_or_null(key, value.native());
    if (!is_json_text(value.native())) {
      out_[std::string(key) + "_base64"] = base64_encode(value.native());
    }
  }
  template <class T>
  void whole(const char* key, T value, Need = Need::optional) {
    out_[key] = value;
  }
  template <class T>
  void whole(const char* key, const std::optional<T>& value) {
    out_[key] = value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  }
  void real(const char* key, double value) {
    out_[key] = std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
  }
  void real(const char* key, const std::optional<double>& value) { real(key, value.value_or(NAN)); }
  void truth(const char* key, bool value, Need = Need::optional) { out_[key] = value; }
  void time(const char* key, Time value, Need) { out_[key] = format_time(value); }
  void time(const char* key, const std::optional<Time>& value) {
    out_[key] = value ? nlohmann::ordered_json(format_time(*value)) : nlohmann::ordered_json();
  }
  template <class T>
  void word(const char* key, T value, Need = Need::optional) {
    const std::string_view name = to_string(value);
    out_[key] = name.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(name);
  }
  template <class T>
  void word(const char* key, const std::optional<T>& value) {
    value ? word(key, *value) : static_cast<void>(out_[key] = nullptr);
  }
  void lines(const char* key, const std::vector<std::string>& values) {
    auto& list = out_[key] = nlohmann::ordered_json::array();
    for (const auto& value : values) list.push_back(readable(value));
  }
  void words(const char* key, const std::vector<std::string>& values) {
    lines(key, values);
    if (std::all_of(values.begin(), values.end(), is_json_text)) return;
    auto& exact = out_[std::string(key) + "_base64"] = nlohmann::ordered_json::array();
    for (const auto& value : values) exact.push_back(base64_encode(value));
  }
  void reason(const std::optional<Reason>& value) {
    text_or_null("reason", value ? value->text : "");
    word("reason_code", value ? std::optional(value->code) : std::nullopt);
  }
  // For jq: the same as classification.source_class.
  void shown_class(const std::optional<Classification>& value) {
    word("source_class", value ? std::optional(value->source_class) : std::nullopt);
  }
  template <class F>
  void object(const char* key, Need, F&& members) {
    FieldWriter inner;
    members(inner);
    out_[key] = std::move(inner.out_);
  }
  template <class T, class F>
  void maybe(const char* key, const std::optional<T>& value, F&& members) {
    if (!value) return static_cast<void>(out_[key] = nullptr);
    object(key, Need::required, [&](FieldWriter& inner) { members(inner, *value); });
  }

  template <class T, class F>
  void list(const char* key, const std::vector<T>& values, F&& members) {
    auto& out = out_[key] = nlohmann::ordered_json::array();
    for (const auto& value : values) {
      FieldWriter inner;
      members(inner, value);
      out.push_back(inner.take());
    }
  }

  nlohmann::ordered_json take() { return std::move(out_); }

 private:
  nlohmann::ordered_json out_ = nlohmann::ordered_json::object();
};

// ---- Reading ----------------------------------------------------------------------------------

// Fills values from one JSON object; after the first mistake it does nothing any more.
class FieldReader {
 public:
  FieldReader(const nlohmann::json& in, std::string place, std::string& mistake)
      : in_(in), place_(std::move(place)), mistake_(mistake) {}

  void text(const char* key, std::string& out, Need need = Need::optional) {
    if (const nlohmann::json* value = find(key, need)) take_text(*value, key, out);
  }
  void text_or_null(const char* key, std::string& out) { text(key, out); }
  void path(const char* key, fs::path& out, Need need = Need::optional) {
    std::string bytes;
    const std::string exact = std::string(key) + "_base64";
    if (in_.contains(exact)) {
      text(exact.c_str(), bytes, need);
      const auto decoded = base64_decode(bytes);
      if (!decoded) return wrong(exact, "is not base64");
      bytes = *decoded;
    } else {
      text(key, bytes, need);
    }
    if (need == Need::required && bytes.empty()) return wrong(key, "must not be empty");
    if (bytes.find('\0') != std::string::npos) return wrong(key, "must not hold a NUL byte");
    out = bytes;
  }
  template <class T>
  void whole(const char* key, T& out, Need need = Need::optional) {
    if (const nlohmann::json* value = find(key, need)) take_whole(*value, key, out);
  }
  template <class T>
  void whole(const char* key, std::optional<T>& out) {
    if (const nlohmann::json* value = find(key)) take_whole(*value, key, out.emplace());
  }
  void real(const char* key, double& out) {
    const nlohmann::json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number()) return wrong(key, "must be a number");
    out = value->get<double>();
  }
  void real(const char* key, std::optional<double>& out) {
    if (find(key) != nullptr) real(key, out.emplace());
  }
  void truth(const char* key, bool& out, Need need = Need::optional) {
    const nlohmann::json* value = find(key, need);
    if (value == nullptr) return;
    if (!value->is_boolean()) return wrong(key, "must be true or false");
    out = value->get<bool>();
  }
  void time(const char* key, Time& out, Need need) {
    const nlohmann::json* value = find(key, need);
    std::string written;
    if (value == nullptr || !take_text(*value, key, written)) return;
    const auto parsed = parse_time(written);
    if (!parsed) return wrong(key, "must be a time like 2026-11-22T11:12:13Z");
    out = *parsed;
  }
  void time(const char* key, std::optional<Time>& out) {
    if (find(key) != nullptr) time(key, out.emplace(), Need::required);
  }
  template <class T>
  void word(const char* key, T& out, Need need = Need::optional) {
    const nlohmann::json* value = find(key, need);
    std::string written;
    if (value == nullptr || !take_text(*value, key, written)) return;
    for (const T known : every<T>()) {
      if (to_string(known) == written && !written.empty()) return static_cast<void>(out = known);
    }
    wrong(key, fmt::format("'{}' is not known", printable(written.substr(0, 40))));
  }
  template <class T>
  void word(const char* key, std::optional<T>& out) {
    if (find(key) != nullptr) word(key, out.emplace());
  }
  void lines(const char* key, std::vector<std::string>& out) {
    const nlohmann::json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_array()) return wrong(key, "must be a list");
    out.assign(value->size(), "");
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (!take_text((*value)[i], fmt::format("{}/{}", key, i), out[i])) return;
    }
  }
  void words(const char* key, std::vector<std::string>& out) {
    const std::string exact = std::string(key) + "_base64";
    lines(in_.contains(exact) ? exact.c_str() : key, out);
    if (!in_.contains(exact)) return;
    for (auto& encoded : out) {
      const auto decoded = base64_decode(encoded);
      if (!decoded) return wrong(exact, "is not base64");
      encoded = *decoded;
    }
  }
  void reason(std::optional<Reason>& out) {
    if (find("reason_code") == nullptr) return;
    word("reason_code", out.emplace().code);
    text("reason", out->text);
  }
  void shown_class(const std::optional<Classification>&) {}
  template <class F>
  void object(const char* key, Need need, F&& members) {
    const nlohmann::json* value = find(key, need);
    if (value == nullptr) return;
    if (!value->is_object()) return wrong(key, "must be an object");
    FieldReader inner(*value, place_ + "/" + key, mistake_);
    members(inner);
  }
  template <class T, class F>
  void maybe(const char* key, std::optional<T>& out, F&& members) {
    if (find(key) == nullptr) return;
    object(key, Need::required, [&](FieldReader& inner) { members(inner, out.emplace()); });
  }
  template <class T, class F>
  void list(const char* key, std::vector<T>& out, F&& members) {
    const nlohmann::json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_array()) return wrong(key, "must be a list");
    for (std::size_t i = 0; i < value->size(); ++i) {
      const std::string at = fmt::format("{}/{}", key, i);
      if (!(*value)[i].is_object()) return wrong(at, "must be an object");
      FieldReader inner((*value)[i], place_ + "/" + at, mistake_);
      members(inner, out.emplace_back());
    }
  }

 private:
  // Null and absent are the same, and a mistake only where the value is required.
  const nlohmann::json* find(const std::string& key, Need need = Need::optional) {
    if (!mistake_.empty()) return nullptr;
    const auto at = in_.find(key);
    if (at != in_.end() && !at->is_null()) return &*at;
    if (need == Need::required) wrong(key, at == in_.end() ? "missing" : "must not be null");
    return nullptr;
  }
  void wrong(const std::string& key, std::string_view what) {
    if (mistake_.empty()) mistake_ = fmt::format("{}/{}: {}", place_, key, what);
  }
  bool take_text(const nlohmann::json& value, const std::string& key, std::string& out) {
    if (!value.is_string()) {
      wrong(key, "must be a string");
      return false;
    }
    out = value.get_ref<const std::string&>();
    return true;
  }
  template <class T>
  void take_whole(const nlohmann::json& value, const std::string& key, T& out) {
    if (!value.is_number_integer()) return wrong(key, "must be a whole number");
    const bool below_zero = !value.is_number_unsigned() && value.get<std::int64_t>() < 0;
    if (below_zero && !may_be_negative(out)) return wrong(key, "must not be negative");
    const bool fits = below_zero ? std::in_range<T>(value.get<std::int64_t>())
                                 : std::in_range<T>(value.get<std::uint64_t>());
    if (!fits) return wrong(key, "is out of range");
    out = below_zero ? static_cast<T>(value.get<std::int64_t>())
                     : static_cast<T>(value.get<std::uint64_t>());
  }
  // Only times may lie before their origin; counts and sizes are kept in ints as well.
  static bool may_be_negative(std::int64_t) { return true; }
  static bool may_be_negative(int) { return false; }
  static bool may_be_negative(std::uint64_t) { return false; }
  static bool may_be_negative(std::uint32_t) { return false; }

  const nlohmann::json& in_;
  std::string place_;
  std::string& mistake_;
};

}  // namespace av1d
