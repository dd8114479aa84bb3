// ffprobe's lines of decoded frames; see decoded_frames.h.
#include "av1d/decoded_frames.h"

#include <algorithm>

#include "compact_fields.h"
#include "ffprobe_json.h"
#include "frame_entries.h"

namespace av1d {

using nlohmann::json;

namespace {

constexpr std::string_view kTime = "best_effort_timestamp";
constexpr std::string_view kSideData = "side_datum/";
constexpr std::string_view kSideDataType = "side_data_type";

// What ffprobe would have written as JSON.
json object_of(std::string_view line) {
  json object = json::object();
  json side_data = json::array();
  while (!line.empty()) {
    const auto [key, value] = take_field(line);
    if (!key.starts_with(kSideData)) {
      object[std::string(key)] = value;
      continue;
    }
    const std::string_view name = key.substr(std::min(key.find(':') + 1, key.size()));
    if (name == kSideDataType || side_data.empty()) side_data.push_back(json::object());
    side_data.back()[std::string(name)] = value;
  }
  object["side_data_list"] = std::move(side_data);
  return object;
}

}  // namespace

Argv decode_args(const std::string& ffprobe, const fs::path& path, int stream_index) {
  return ffprobe_args(
      ffprobe, ProbeDepth::normal,
      {"-threads", "1", "-select_streams", std::to_string(stream_index), "-show_entries",
       frame_entries(std::string(kTime) + ",width,height,pix_fmt,"
                                          "chroma_location"),
       "-of", "compact=p=0:nk=0"},
      path);
}

void DecodedFrames::add_line(std::string_view line) {
  std::string look;
  bool is_frame = false;
  while (!line.empty()) {
    const std::string_view rest = line;
    const CompactField field = take_field(line);
    if (field.key == kTime) {
      is_frame = true;
      const auto ticks = number_of<std::int64_t>(field.value);
      if (ticks) times_ns_.push_back(ticks_to_ns(*ticks, time_base_));
    } else {
      look.append(rest.substr(0, rest.size() - line.size()));
    }
  }
  if (is_frame && look != last_text_) note_look(std::move(look));
}

void DecodedFrames::note_look(std::string text) {
  last_text_ = text;
  if (looks_.size() == kMostLooks || std::ranges::find(texts_, text) != texts_.end()) return;
  const json object = object_of(text);
  Stream look;
  look.type = StreamType::video;
  ffprobe::read_video(look, object);
  look.side_data = ffprobe::side_data_of(object);
  looks_.push_back(std::move(look));
  texts_.push_back(std::move(text));
}

std::vector<std::int64_t> DecodedFrames::times_ns() const {
  std::vector<std::int64_t> times = times_ns_;
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace av1d
