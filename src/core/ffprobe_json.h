// The values of ffprobe's JSON: most numbers are strings there, and nothing is sure to be there.
// Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/types.h"
#include "number.h"

namespace av1d::ffprobe {

// The document, or a discarded value where it is not an object.
nlohmann::json parse_object(std::string_view text);

// A string, number or boolean as text; empty where there is none.
std::string text_of(const nlohmann::json& object, const char* key);

template <class T>
std::optional<T> field(const nlohmann::json& object, const char* key) {
  return number_of<T>(text_of(object, key));
}

// "30000/1001" or "16:9"; 0/1 where it is neither.
Rational rational_of(std::string_view text);

Tags tags_of(const nlohmann::json& object);
std::vector<SideData> side_data_of(const nlohmann::json& object);

// What streams and frames tell alike: size, shape, pixel format, colours.
void read_video(Stream& stream, const nlohmann::json& object);

}  // namespace av1d::ffprobe
