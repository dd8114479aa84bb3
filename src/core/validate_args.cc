// The commands behind validate()'s questions and the reading of their answers; see validate.h.
#include <algorithm>
#include <charconv>
#include <utility>

#include "av1d/text.h"
#include "av1d/validate.h"

namespace av1d {

namespace {

Argv ffmpeg_args(const std::string& ffmpeg, const fs::path& path, ProbeDepth depth) {
  Argv argv = {ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "repeat+level+warning"};
  const Argv input = input_options(depth);
  argv.insert(argv.end(), input.begin(), input.end());
  argv.insert(argv.end(), {"-i", input_url(path)});
  return argv;
}

void append_maps(Argv& argv, const std::vector<int>& indexes) {
  for (const int index : indexes) argv.insert(argv.end(), {"-map", "0:" + std::to_string(index)});
}

void append_streamhash(Argv& argv) {
  argv.insert(argv.end(), {"-f", "streamhash", "-hash", "md5", "pipe:1"});
}

bool is_number(std::string_view line) {
  return !line.empty() && line.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Argv packet_hash_args(const std::string& ffmpeg, const fs::path& path, ProbeDepth depth,
                      const std::vector<int>& indexes) {
  Argv argv = ffmpeg_args(ffmpeg, path, depth);
  append_maps(argv, indexes);
  argv.insert(argv.end(), {"-c", "copy", "-copyinkf"});
  append_streamhash(argv);
  return argv;
}

Argv decoded_hash_args(const std::string& ffmpeg, const fs::path& path, ProbeDepth depth,
                       const MediaInfo& media, const std::vector<int>& indexes) {
  Argv argv = ffmpeg_args(ffmpeg, path, depth);
  append_maps(argv, indexes);
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    const bool audio = std::any_of(media.streams.begin(), media.streams.end(), [&](const auto& s) {
      return s.index == indexes[i] && s.type == StreamType::audio;
    });
    argv.insert(argv.end(), {"-c:" + std::to_string(i), audio ? "pcm_f64le" : "rawvideo"});
  }
  argv.insert(argv.end(), {"-fps_mode", "passthrough"});
  append_streamhash(argv);
  return argv;
}

Argv subtitle_text_args(const std::string& ffmpeg, const fs::path& path, ProbeDepth depth,
                        int index) {
  Argv argv = ffmpeg_args(ffmpeg, path, depth);
  append_maps(argv, {index});
  argv.insert(argv.end(), {"-c:s", "srt", "-f", "srt", "pipe:1"});
  return argv;
}

Argv frame_metadata_args(const std::string& ffprobe, const fs::path& path, ProbeDepth depth,
                         int index) {
  return ffprobe_args(ffprobe, depth,
                      {"-select_streams", std::to_string(index), "-show_entries",
                       "frame=media_type:frame_side_data", "-of", "compact=p=0"},
                      path);
}

// "media_type=video|side_datum/dolby_vision_rpu_data:side_data_type=Dolby Vision RPU Data|..."
void FrameMetadataScan::add_line(std::string_view line) {
  constexpr std::string_view kHdr10Plus = "side_datum/hdr_dynamic_metadata_smpte2094_40__hdr10";
  if (!line.starts_with("media_type=video")) return;
  ++found_.frames;
  // What the decoder made of it: of HEVC the raw data is shown too, of AV1 it is not.
  if (line.find("side_data_type=Dolby Vision Metadata") != std::string_view::npos) {
    ++found_.dolby_vision;
  }
  std::string values;
  while (!line.empty()) {
    const auto bar = std::min(line.find('|'), line.size());
    if (line.starts_with(kHdr10Plus)) values.append(line.substr(0, bar)).push_back('\n');
    line.remove_prefix(std::min(bar + 1, line.size()));
  }
  if (values.empty()) return;
  ++found_.hdr10plus;
  found_.hdr10plus_digest = fnv1a_hex(found_.hdr10plus_digest + values);
}

std::optional<std::pair<std::size_t, std::string>> parse_hash_line(std::string_view line) {
  const auto comma = line.find(',');
  const auto hash = line.find("MD5=");
  if (comma == std::string_view::npos || hash == std::string_view::npos) return std::nullopt;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + comma, index);
  if (error != std::errc{} || end != line.data() + comma) return std::nullopt;
  return std::pair{index, std::string(line.substr(hash + 4))};
}

void SubtitleText::add_line(std::string_view line) {
  // A number is a cue's only where its times follow; elsewhere it is a text ("1984").
  if (line.find(" --> ") != std::string_view::npos) {
    number_.clear();
    return;
  }
  text_ += std::exchange(number_, std::string());
  if (line.empty()) return;
  (is_number(line) ? number_ : text_).append(line).push_back('\n');
}

std::string SubtitleText::hash() const {
  return fnv1a_hex(text_ + number_);
}

}  // namespace av1d
