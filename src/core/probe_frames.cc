// What decoded frames tell about a film and its headers do not; see probe.h.
#include <fmt/format.h>

#include <algorithm>

#include "av1d/probe.h"
#include "ffprobe_json.h"
#include "frame_entries.h"

namespace av1d {

using nlohmann::json;
using namespace ffprobe;

Argv frame_scan_args(const std::string& ffprobe, const fs::path& path, const MediaInfo& media,
                     int stream_index) {
  // Four seconds, and two of three other places: what only some frame in a film says (captions,
  // dynamic HDR) is searched for in all of its bytes (bitstream_scan.h).
  constexpr double kShortestToSeekIn = 20;  // seconds
  std::string intervals = "%+#96";
  const double duration = media.duration_secs.value_or(0);
  const auto look_at = [&](double part, int packets) {
    if (duration <= kShortestToSeekIn) return;
    intervals +=
        fmt::format(",{:.3f}%+#{}", media.start_secs.value_or(0) + duration * part, packets);
  };
  for (const double part : {0.25, 0.5, 0.75}) look_at(part, 48);
  // A recording has the end of what came before it, advertisements, the start of what came next.
  if (is_transport(media.container)) {
    for (const double part : {0.02, 0.1, 0.35, 0.65, 0.9, 0.98}) look_at(part, 24);
  }
  return ffprobe_args(
      ffprobe, depth_for(media.container),
      {"-select_streams", std::to_string(stream_index), "-read_intervals", intervals,
       "-show_entries", frame_entries("interlaced_frame,width,height,sample_aspect_ratio,pix_fmt"),
       "-of", "json"},
      path);
}

namespace {

void note_look(FrameFacts& facts, const Stream& video) {
  FrameLook look{video.width,          video.height,         video.sample_aspect_ratio,
                 video.pixel_format,   video.color_range,    video.color_space,
                 video.color_transfer, video.color_primaries};
  if (std::ranges::find(facts.looks, look) == facts.looks.end()) {
    facts.looks.push_back(std::move(look));
  }
}

}  // namespace

Result<FrameFacts> parse_frames(std::string_view text) {
  const json root = parse_object(text);
  if (root.is_discarded()) return fail("ffprobe's frames are not the expected JSON");
  FrameFacts facts;
  const auto frames = root.find("frames");
  if (frames == root.end() || !frames->is_array()) return facts;
  for (const auto& frame : *frames) {
    if (!frame.is_object()) continue;
    facts.interlaced += text_of(frame, "interlaced_frame") == "1" ? 1U : 0U;
    Stream video;
    read_video(video, frame);
    note_look(facts, video);
    for (auto& data : side_data_of(frame)) {
      facts.side_data.insert(data.type);
      const bool is_static =
          data.type == "Mastering display metadata" || data.type == "Content light level metadata";
      if (is_static && facts.sampled == 0) facts.static_hdr.push_back(std::move(data));
    }
    if (facts.sampled++ > 0) continue;
    facts.color_range = video.color_range;
    facts.color_space = video.color_space;
    facts.color_transfer = video.color_transfer;
    facts.color_primaries = video.color_primaries;
  }
  return facts;
}

}  // namespace av1d
