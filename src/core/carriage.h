// Which codec can stand in which container, and how. The tables are ffmpeg's muxers as measured
// (FFmpeg 9.0, `-c copy` and the decoded hash of the result). Pure.
#pragma once

#include <string>
#include <string_view>

#include "av1d/types.h"

namespace av1d {

struct Carriage {
  enum class How { copy, convert, impossible };
  How how = How::impossible;
  std::string codec;  // convert: the lossless replacement's encoder
};

// Audio, subtitle and further video streams.
Carriage carry(const Stream& stream, OutputContainer container);

// What becomes of a data stream.
struct DataRule {
  enum class How { copy, drop, lost };  // drop: made anew or without meaning outside; lost: a gate
  How how = How::lost;
  std::string why;
};
DataRule data_rule(const Stream& stream, Container source, OutputContainer container);

// Keys that ffmpeg's mp4 muxer writes by itself (iTunes' ilst, the header).
bool is_mp4_key(std::string_view key);

// ffprobe's name of the codec that an encoder writes: "srt" -> "subrip", "libsvtav1" -> "av1".
std::string codec_written_by(const std::string& encoder);

}  // namespace av1d
