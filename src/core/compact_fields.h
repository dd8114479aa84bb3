// ffprobe's compact lines: "key=value|key=value". Pure.
#pragma once

#include <algorithm>
#include <string_view>

namespace av1d {

struct CompactField {
  std::string_view key, value;  // the value is empty where there is no '='
};

// Takes the next field off the front of `line`.
inline CompactField take_field(std::string_view& line) {
  const auto bar = std::min(line.find('|'), line.size());
  const std::string_view field = line.substr(0, bar);
  line.remove_prefix(std::min(bar + 1, line.size()));
  const auto equals = std::min(field.find('='), field.size());
  return {field.substr(0, equals), field.substr(std::min(equals + 1, field.size()))};
}

}  // namespace av1d
