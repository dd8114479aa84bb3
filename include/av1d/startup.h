// What the daemon must know of FFmpeg before it starts: found, new enough, able to write AV1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "av1d/config.h"
#include "av1d/result.h"
#include "av1d/runner.h"
#include "av1d/types.h"

namespace av1d {

struct ProgramVersion {
  std::string text;  // "9.0.2-4", "N-120000-gabc": as printed
  int major = 0;     // of a release; 0 for a git build
  int minor = 0;
  int libavcodec = 0;  // major version, 0 where the output does not tell
  // Release >= 8.0, or a git build whose libavcodec is >= 62 (FFmpeg 8's).
  bool new_enough() const;
};

// Parses the output of `ffmpeg -version` or `ffprobe -version`: release, distribution ("8.0.1-3"),
// "n8.0" and git builds. An error when it is not that. Pure.
Result<ProgramVersion> parse_version(std::string_view output);

// The AV1 encoders in the output of `ffmpeg -encoders`, in the order svt, aom, rav1e. Pure.
std::vector<Encoder> parse_encoders(std::string_view output);

// The preferred encoder if it is available, else the first of svt, aom, rav1e that is. `available`
// must not be empty. Pure.
Encoder choose_encoder(Encoder preferred, const std::vector<Encoder>& available);

struct Toolchain {
  std::string ffmpeg;  // as given to the runner
  std::string ffprobe;
  ProgramVersion version;
  std::vector<Encoder> encoders;
};

inline constexpr std::string_view kPrivateFfmpegDir = "/usr/lib/av1d/ffmpeg/bin";

// Runs the version checks and lists the encoders. Where a program found in PATH is missing or older
// than 8.0 the private one in kPrivateFfmpegDir is tried; an absolute path is taken at its word.
// The error is one line: what was found, what is needed, how to get it.
Result<Toolchain> find_toolchain(const Config& config, Runner& runner,
                                 const fs::path& private_dir = kPrivateFfmpegDir);

// ffmpeg's own name of an encoder: "libsvtav1". Pure.
std::string_view ffmpeg_name(Encoder encoder);

}  // namespace av1d
