// How near the new picture is to the old one: XPSNR of a few seconds of the film, put on record for
// every encode that is kept. Pure; whoever has a Runner asks the questions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/probe.h"
#include "av1d/types.h"

namespace av1d {

// Frames [first, last) of the new video, in the order in which they are shown.
struct FrameRange {
  std::size_t first = 0;
  std::size_t last = 0;

  std::size_t count() const { return last - first; }
  bool operator==(const FrameRange&) const = default;
};

// At most `wanted` (1 or more) windows of five seconds, evenly spread: the middle one of three lies
// in the middle of the film, the others around its quarters. They are three quarters of the film
// at most, and one in its middle below 20 s. `pts_ns` ascends; none for none.
std::vector<FrameRange> choose_windows(const std::vector<std::int64_t>& pts_ns, int wanted);

// How the source's frames of a window are found.
enum class SourceRead {
  seek,        // by their times, from a little before the window
  from_start,  // by their numbers: for sources that have no times, or can't be entered in the
               // middle
};

// What is compared. The references outlive it.
struct Comparison {
  const EncodePlan& plan;
  const MediaInfo& source;
  const fs::path& source_path;
  // When the source's first frame is shown; nothing where its packets don't tell.
  std::optional<std::int64_t> source_start_ns;
  const MediaInfo& output;
  const fs::path& output_path;
  std::size_t output_index = 0;  // of the new video in output.streams and output.packets

  const std::vector<std::int64_t>& pts_ns() const { return output.packets[output_index].pts_ns; }
};

// Compares the frames of a window one by one: the n-th of the one with the n-th of the other, each
// as the plan's filters show it. The -progress on standard output counts them: fewer than
// window.count() mean that a side did not have them all, and the figure means nothing.
Argv quality_args(const std::string& ffmpeg, const Comparison& comparison, const FrameRange& window,
                  SourceRead read);

// What stands for "not one sample differs", in dB: JSON has no infinity.
inline constexpr double kIdenticalDb = 100;

// The luma figure of ffmpeg's line "[Parsed_xpsnr_8 @ 0x5] [info] XPSNR  y: 41.03  u: ...".
std::optional<double> parse_xpsnr(std::string_view line);

// Minimum and mean of at least one window.
MeasuredQuality summarize(std::vector<QualityWindow> windows);

// Turns down what is worse than `min_xpsnr` dB in its worst window, or could not be measured
// (`quality` is empty and `why` says why). 0 asks for nothing.
std::optional<Reason> check_quality(const std::optional<MeasuredQuality>& quality,
                                    std::string_view why, double min_xpsnr);

}  // namespace av1d
