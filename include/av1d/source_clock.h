// The times at which ffmpeg plays a source: transport and program streams are often pasted from
// recordings, each with a clock of its own, and ffmpeg closes the jumps between them before it
// decodes. ffprobe shows the clocks as they stand in the file. Pure; whoever has a Runner asks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/packet_tally.h"
#include "av1d/probe.h"
#include "av1d/types.h"

namespace av1d {

// Times count from the start of the file, as ffmpeg sets it.
struct SourceClock {
  std::vector<PacketFacts> packets;          // by source index; those not asked for are empty
  std::vector<std::int64_t> frame_times_ns;  // of the main video as it decodes, one each, ascending
};

// Decodes the main video and lists its packets and those of `others` (source indexes), in the order
// of the file and with ffmpeg's corrected times: reads the file once. Lines for SourceClockScan.
Argv source_clock_args(const std::string& ffmpeg, const fs::path& path, const MediaInfo& source,
                       const std::vector<int>& others);

// Reads the frames of a video that is decoded into ffmpeg's framecrc, alone or as the first stream.
class DecodedTimes {
 public:
  void add_line(std::string_view line);
  std::vector<std::int64_t> finish();  // nanoseconds, one a frame, ascending

 private:
  std::vector<std::int64_t> times_ns_;
  Rational time_base_;
};

class SourceClockScan {
 public:
  // As in source_clock_args().
  SourceClockScan(const MediaInfo& source, const std::vector<int>& others);
  void add_line(std::string_view line);
  SourceClock finish();

 private:
  void read_time_base(std::string_view line);
  PacketTally tally_;
  std::vector<std::size_t> source_index_;  // by position in the list, the decoded video first
  DecodedTimes frames_;
};

// True where some stream's clock was set anew in the middle.
bool has_clock_jumps(const MediaInfo& source);

// True where the clock has each packet of the main video and differs from the file's own times by
// closed jumps alone: how far its own steps add up is what the file says, give or take what one
// recording's sound outlasts its picture.
bool closes_jumps_only(const MediaInfo& source, const SourceClock& clock);

// True where the decoder skipped a part of the film or stopped early. Leading packets may be
// undecodable: a recording that begins between two keyframes.
bool has_hole(const MediaInfo& source, const SourceClock& clock);

// True where a frame is shown at a time that no packet has, though all of them have one: ffmpeg
// takes times that go back and forth for broken ones and shows the film by its guesses, all of it a
// frame beside its sound. The source's packets and the clock's frames count from the same time.
bool guesses_times(const MediaInfo& source, const SourceClock& clock);

// Has the clock's frames, which count from the start of the file, at the times that the file's own
// packets have.
void to_file_times(const MediaInfo& source, SourceClock& clock);

}  // namespace av1d
