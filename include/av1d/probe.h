// Asking ffprobe what a file is: the command lines and the reading of the answers. Pure: whoever
// has a Runner runs the commands.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/packet_tally.h"
#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

using Argv = std::vector<std::string>;

// Whether streams may first appear late in the file. Transport and program streams need it.
enum class ProbeDepth { normal, deep };

// Options that stand before every -i, of ffprobe and ffmpeg alike: only local files, only the
// demuxers of video containers, so that a playlist or a script named .mkv opens nothing else.
Argv input_options(ProbeDepth depth);
// `file:` and the path: names with leading dashes, colons or %d are taken literally.
std::string input_url(const fs::path& path);
// ffprobe with these questions about one file, only its errors beside the answers.
Argv ffprobe_args(const std::string& ffprobe, ProbeDepth depth, const Argv& questions,
                  const fs::path& path);

// Streams, format, chapters, programs as JSON on standard output.
Argv probe_args(const std::string& ffprobe, const fs::path& path, ProbeDepth depth);
Result<MediaInfo> parse_probe(std::string_view json);

// Every packet of every stream with a hash of its bytes, one line each; reads the whole file once,
// decodes nothing.
Argv packet_scan_args(const std::string& ffprobe, const fs::path& path, ProbeDepth depth);

// Collects the lines of packet_scan_args().
class PacketScan {
 public:
  explicit PacketScan(const MediaInfo& media);
  void add_line(std::string_view line);
  std::vector<PacketFacts> finish();

 private:
  PacketTally tally_;
};

// Decodes the first frames of one stream and some at a quarter, half and three quarters of the
// film.
Argv frame_scan_args(const std::string& ffprobe, const fs::path& path, const MediaInfo& media,
                     int stream_index);
Result<FrameFacts> parse_frames(std::string_view json);

// How many frames of a short sample from `at_secs` on are combed, as idet sees them: decodes that
// sample; metadata lines on standard output for CombingCount.
Argv combing_args(const std::string& ffmpeg, const fs::path& path, const MediaInfo& media,
                  int stream_index, double at_secs);

// Reads the lines of one such run: idet counts from its first frame on.
class CombingCount {
 public:
  void add_line(std::string_view line);
  void add_to(FrameFacts& facts) const;

 private:
  std::uint64_t top_first_ = 0, bottom_first_ = 0, progressive_ = 0;
  std::uint64_t alone_top_first_ = 0, alone_bottom_first_ = 0, alone_progressive_ = 0;
};

// Ticks of `time_base` in nanoseconds, without overflow for any film.
std::int64_t ticks_to_ns(std::int64_t ticks, const Rational& time_base);

ProbeDepth depth_for(Container container);
bool is_transport(Container container);  // ts and ps

}  // namespace av1d
