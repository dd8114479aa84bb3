// The proof that nothing was lost: the encoded file against what the plan promised. validate() is
// pure; the command lines of its questions stand here, whoever has a Runner asks them.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/expected_output.h"
#include "av1d/probe.h"
#include "av1d/types.h"

namespace av1d {

// One independent question each. A test turns them off one by one to see which lie is caught by
// which.
enum class Check {
  exit_status,       // ffmpeg's exit status
  stderr_lines,      // damage and misuse on ffmpeg's stderr
  source_unchanged,  // the source's stamp before and after
  inventory,         // streams: count, order, type, codec, language, title, dispositions
  head,              // the head of a Matroska output, by our own reader
  picture,           // size, SAR, pixel format, colour, HDR side data
  shown_picture,     // the same of each frame as it decodes
  chapters,
  tags,
  frame_times,   // the video's PTS set and count, by its packets
  shown_frames,  // the same by what the decoder shows of the new video
  sync,          // start of each stream against the video
  duration,      // header against last packet, first to last frame
  content,       // hashes of copied and converted streams
  decode,        // the new video decodes from end to end without an error line
};
std::string_view to_string(Check check);

// Hashes of one stream; "" where it was not asked.
struct StreamHashes {
  std::string packets;
  std::string decoded;
  std::string events;
};

// Takes the streams out of an output that mp4 makes by itself, the timecode and the chapter track,
// with their packets. Positions then are those of ExpectedOutput; Stream::index stays the file's.
void remove_regenerated(MediaInfo& output);

// What the decoded frames of one stream carry.
struct FrameMetadata {
  std::uint64_t frames = 0;
  std::uint64_t dolby_vision = 0;  // frames with it
  std::uint64_t hdr10plus = 0;     // frames with it
  std::string hdr10plus_digest;    // of all values in the order of the frames
};

// Everything that was observed. Streams are indexed as in the source's and output's MediaInfo, the
// output's without what it makes by itself.
struct Observations {
  int exit_status = 0;
  std::uint64_t damage_lines = 0;
  std::uint64_t misuse_lines = 0;
  std::string first_bad_line;
  FileStamp source_before;
  FileStamp source_after;
  MediaInfo output;  // probed and packet-scanned
  std::vector<StreamHashes> source_hashes;
  std::vector<StreamHashes> output_hashes;
  // The times of the frames that the source really decodes to, ascending, where packets don't tell
  // (a packet without a frame of its own: VP8's alternate references, PAFF, packed B-frames; clocks
  // that overlap). Frames at one time stand there as often as there are.
  std::optional<std::vector<std::int64_t>> source_frame_times_ns;
  // Where the plan keeps metadata of each frame.
  std::optional<FrameMetadata> source_metadata, output_metadata;
  int decode_status = 0;
  std::uint64_t decode_damage_lines = 0;
  std::string first_decode_line;
  std::vector<std::int64_t> decoded_times_ns;  // of the new video, one a frame, ascending
  std::vector<Stream> decoded_looks;           // likewise, the distinct ones (decoded_frames.h)
};

struct Problem {
  Check check{};
  std::string text;  // names the stream and the numbers
};

// Every problem found, none: the output is whole. `skip` is for tests alone.
std::vector<Problem> validate(const MediaInfo& source, const ExpectedOutput& expected,
                              const Observations& seen, const std::set<Check>& skip = {});

// Streams whose packets differ although they were copied: the container may have rewritten them
// (ADTS to ASC, Annex B to length prefixes), so their decoded content is to be compared.
std::vector<std::size_t> streams_to_compare_decoded(const ExpectedOutput& expected,
                                                    const Observations& seen);

// MD5 of the packets of each of `indexes` (the file's) in one pass: lines "0,a,MD5=..." in the
// order of `indexes`.
Argv packet_hash_args(const std::string& ffmpeg, const fs::path& path, ProbeDepth depth,
                      const std::vector<int>& indexes);
// The same of the decoded content: audio as 64-bit float (holds every PCM exactly), video raw.
Argv decoded_hash_args(const std::string& ffmpeg, const fs::path& path, ProbeDepth depth,
                       const MediaInfo& media, const std::vector<int>& indexes);
// One subtitle stream as SubRip text.
Argv subtitle_text_args(const std::string& ffmpeg, const fs::path& path, ProbeDepth depth,
                        int index);
// The side data of every decoded frame of one stream, one line each; decodes the whole stream.
Argv frame_metadata_args(const std::string& ffprobe, const fs::path& path, ProbeDepth depth,
                         int index);

// Collects those lines.
class FrameMetadataScan {
 public:
  void add_line(std::string_view line);
  const FrameMetadata& found() const { return found_; }

 private:
  FrameMetadata found_;
};

// "0,a,MD5=abc" -> position and hash.
std::optional<std::pair<std::size_t, std::string>> parse_hash_line(std::string_view line);

// Collects SubRip lines into a hash of the texts without numbers and times.
class SubtitleText {
 public:
  void add_line(std::string_view line);
  std::string hash() const;

 private:
  std::string text_;
  std::string number_;  // a line of digits that waits for what follows it
};

}  // namespace av1d
