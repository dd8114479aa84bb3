// See ffprobe_json.h.
#include "ffprobe_json.h"

namespace av1d::ffprobe {

using nlohmann::json;

namespace {

// Empty for what has parts.
std::string text_of(const json& value) {
  if (value.is_structured() || value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

json parse_object(std::string_view text) {
  json root = json::parse(text, nullptr, false);
  if (root.is_object()) return root;
  return json(json::value_t::discarded);
}

std::string text_of(const json& object, const char* key) {
  const auto it = object.find(key);
  return it == object.end() ? std::string() : text_of(*it);
}

Rational rational_of(std::string_view text) {
  const auto slash = text.find_first_of("/:");
  if (slash == std::string_view::npos) return {0, 1};
  const auto num = number_of<std::int64_t>(text.substr(0, slash));
  const auto den = number_of<std::int64_t>(text.substr(slash + 1));
  return num && den ? Rational{*num, *den} : Rational{0, 1};
}

Tags tags_of(const json& object) {
  Tags tags;
  const auto it = object.find("tags");
  if (it == object.end() || !it->is_object()) return tags;
  for (const auto& [key, value] : it->items()) {
    if (!value.is_structured()) tags[key] = text_of(value);
  }
  return tags;
}

std::vector<SideData> side_data_of(const json& object) {
  std::vector<SideData> list;
  const auto it = object.find("side_data_list");
  if (it == object.end() || !it->is_array()) return list;
  for (const auto& entry : *it) {
    if (!entry.is_object()) continue;
    SideData data;
    for (const auto& [key, value] : entry.items()) {
      if (value.is_structured()) continue;
      (key == "side_data_type" ? data.type : data.fields[key]) = text_of(value);
    }
    list.push_back(std::move(data));
  }
  return list;
}

void read_video(Stream& stream, const json& object) {
  stream.width = field<int>(object, "width").value_or(0);
  stream.height = field<int>(object, "height").value_or(0);
  stream.pixel_format = text_of(object, "pix_fmt");
  stream.sample_aspect_ratio = rational_of(text_of(object, "sample_aspect_ratio"));
  stream.frame_rate = rational_of(text_of(object, "avg_frame_rate"));
  if (!stream.frame_rate.known()) stream.frame_rate = rational_of(text_of(object, "r_frame_rate"));
  stream.field_order = text_of(object, "field_order");
  stream.color_range = text_of(object, "color_range");
  stream.color_space = text_of(object, "color_space");
  stream.color_transfer = text_of(object, "color_transfer");
  stream.color_primaries = text_of(object, "color_primaries");
  stream.chroma_location = text_of(object, "chroma_location");
}

}  // namespace av1d::ffprobe
