// What a player would see of a file, asked of the real ffprobe and ffmpeg.
#pragma once

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "e2e/clips.h"

namespace av1d::test {

inline Words lines_of(const std::string& text) {
  Words lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

inline std::string url(const fs::path& path) {
  return "file:" + path.string();
}

// `ffprobe -show_entries ENTRIES`, one line a stream (or format, chapter).
inline Words ask(const fs::path& path, const std::string& entries, const Words& more = {}) {
  const Finished answer = run(Words{tools().ffprobe, "-v", "error"} + more +
                              Words{"-show_entries", entries, "-of", "compact=p=0", url(path)});
  if (!answer.ok()) return {"ffprobe failed: " + answer.err};
  Words lines;
  for (auto& line : lines_of(answer.out)) {
    if (!line.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

// Order, type, codec, flags and names of all streams.
inline Words streams_of(const fs::path& path) {
  return ask(path,
             "stream=index,codec_type,codec_name:stream_tags=language,title,filename,mimetype"
             ":stream_disposition=default,forced,comment,attached_pic");
}

// The same with the main video, stream `index`, as AV1: what a replacement has to look like.
inline Words streams_as_av1(Words streams, std::size_t index = 0) {
  std::string& line = streams.at(index);
  const std::size_t from = line.find("codec_name=") + std::string_view("codec_name=").size();
  line.replace(from, line.find('|', from) - from, "av1");
  return streams;
}

inline Words chapters_of(const fs::path& path) {
  return ask(path, "chapter=start_time,end_time:chapter_tags=title");
}

// One field of the first video stream: "320", "smpte2084", ...; "" where there is none. Side data
// that comes along with a stream leaves an empty word behind.
inline std::string video(const fs::path& path, const std::string& field) {
  const Words lines = ask(path, "stream=" + field, {"-select_streams", "v:0"});
  if (lines.empty()) return {};
  const std::string& line = lines.front();
  const std::size_t equals = line.find('=');
  if (equals == std::string::npos) return {};
  return line.substr(equals + 1, line.find('|', equals) - equals - 1);
}

inline bool is_av1(const fs::path& path) {
  return video(path, "codec_name") == "av1";
}

// A hash of the packets of each stream of `kinds` ("0:a", "0:s"), in order.
inline Words content_of(const fs::path& path, const Words& kinds = {"0:a?", "0:s?"}) {
  Words argv = {tools().ffmpeg, "-v", "error", "-nostdin", "-i", url(path)};
  for (const auto& kind : kinds) argv = argv + Words{"-map", kind};
  const Finished answer = run(argv + Words{"-c", "copy", "-f", "streamhash", "-hash", "md5", "-"});
  return answer.ok() ? lines_of(answer.out) : Words{"ffmpeg failed: " + answer.err};
}

// The bytes of the attachment at absolute stream index `index`.
inline std::string attachment_of(const fs::path& path, int index) {
  const TempDir directory;
  run({tools().ffmpeg, "-v", "error", "-nostdin", "-y", "-dump_attachment:" + std::to_string(index),
       directory / "it", "-i", url(path), "-t", "0", "-f", "null", "-"});
  return read_file(directory / "it");
}

// The bytes of the cover at absolute stream index `index`.
inline std::string cover_of(const fs::path& path, int index) {
  return run({tools().ffmpeg, "-v", "error", "-nostdin", "-i", url(path), "-map",
              "0:" + std::to_string(index), "-c", "copy", "-f", "image2pipe", "-"})
      .out;
}

// What decoding everything complains about; "" of a sound file.
inline std::string decode_errors(const fs::path& path) {
  const Finished answer = run({tools().ffmpeg, "-v", "error", "-nostdin", "-xerror", "-i",
                               url(path), "-map", "0:v", "-map", "0:a?", "-f", "null", "-"});
  return answer.err + (answer.ok() ? "" : "exit status " + std::to_string(answer.status));
}

// Presentation times of the main video, ascending, from the first one on.
inline std::vector<double> frame_times(const fs::path& path) {
  std::vector<double> times;
  for (const auto& line : ask(path, "packet=pts_time", {"-select_streams", "v:0"})) {
    times.push_back(std::strtod(line.substr(line.find('=') + 1).c_str(), nullptr));
  }
  std::sort(times.begin(), times.end());
  const double first = times.empty() ? 0 : times.front();
  for (double& time : times) time -= first;
  return times;
}

// The largest difference between two lists of times; infinite where one is longer.
inline double largest_shift(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return INFINITY;
  double shift = 0;
  for (std::size_t i = 0; i < a.size(); ++i) shift = std::max(shift, std::fabs(a[i] - b[i]));
  return shift;
}

}  // namespace av1d::test
