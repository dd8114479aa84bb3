// Which codec can stand in which container, and how. The tables are ffmpeg's muxers as measured
// (FFmpeg 9.0, `-c copy` and the decoded hash of the result). Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/types.h"

namespace av1d {

struct Carriage {
  enum class How { copy, convert, impossible };
  How how = How::impossible;
  std::string codec;  // convert: the lossless replacement's encoder
};

// Audio, subtitle and further video streams.
Carriage carry(const Stream& stream, OutputContainer container);

// The codec tag that a stream is given where ffprobe knows neither its kind nor any name of it.
constexpr std::string_view kUnknownTag = "unknown";

// What becomes of a data stream.
struct DataRule {
  enum class How { copy, drop, lost };  // drop: made anew or without meaning outside; lost: a gate
  How how = How::lost;
  std::string why;
};
DataRule data_rule(const Stream& stream, Container source, OutputContainer container);

// True for a track of data that can be put into the new mp4 beside ffmpeg. It keeps its own times:
// those of a film that begins at 0.
bool can_be_grafted(const MediaInfo& media, const Stream& stream, OutputContainer container);

// Those of a stream's dispositions that are still there when the container is read again.
std::set<std::string> held_flags(const Stream& stream, OutputContainer container);

// How the main video says that it is to be looked at: stereo, spherical. A mark that only its
// frames have (frame packing of H.264) has no fields: ffprobe does not show them there.
std::vector<SideData> viewing_marks(const MediaInfo& media);

// True where the container keeps such a mark. mp4 keeps a whole sphere that is not turned; FFmpeg 9
// writes any packing of stereo as "unspecified" there, and no yaw, pitch or roll.
bool holds_mark(OutputContainer container, const SideData& mark);

// The first of them that the container would lose.
std::optional<SideData> lost_mark(const MediaInfo& media, OutputContainer container);

// ffprobe's name of the codec that an encoder writes: "srt" -> "subrip", "libsvtav1" -> "av1".
std::string codec_written_by(const std::string& encoder);

}  // namespace av1d
