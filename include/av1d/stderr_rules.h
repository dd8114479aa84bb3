// What a line of ffmpeg's stderr means. ffmpeg runs with `-loglevel repeat+level+warning`, so that
// each line carries its level; its exit status is 0 for most damaged inputs. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/types.h"

namespace av1d {

enum class LineKind {
  noise,        // warnings and what carries no level
  harmless,     // an [error] that is known to mean nothing
  damage,       // an [error] or [fatal]: the source (or the run) is not sound
  misuse,       // an option was ignored: the command did not do what it says
  late_stream,  // a stream begins that the plan does not know: it is not carried
  other_frame,  // a frame is not of the size, format or colours of the first: it was left out
};

struct StderrContext {
  // ts, ps: before the first decodable keyframe the errors of a decoder that joins a stream in its
  // middle are normal (missing parameter sets and references; never damaged macroblocks).
  bool transport_stream = false;
  // How many such lines: a decoder has some for each packet that it can't show, and then no more.
  std::uint64_t most_excused = UINT64_MAX;
};

// For the decoding of a whole film whose packets are known.
StderrContext stderr_context(const MediaInfo& media);

LineKind judge_line(std::string_view line, const StderrContext& context = {});

// The name of the format that input_options() (probe.h) kept ffmpeg from reading; empty where that
// is not what these lines tell.
std::string refused_format(const std::vector<std::string>& lines);

// Counts what judge_line() says over a whole run; what the command did not do as it says counts as
// misuse. Keeps the first line of damage and of misuse (at most 1 KiB, bytes as they came).
class StderrJudge {
 public:
  explicit StderrJudge(StderrContext context = {}) : context_(context) {}
  LineKind add(std::string_view line);
  // To be told once the progress shows a frame: from here on nothing is excused any more.
  void first_frame_decoded() { context_.transport_stream = false; }
  std::uint64_t damage_lines() const { return damage_lines_; }
  std::uint64_t misuse_lines() const { return misuse_lines_; }
  const std::string& first_damage() const { return first_damage_; }
  const std::string& first_misuse() const { return first_misuse_; }
  bool disk_full() const { return disk_full_; }  // "No space left on device" was said

 private:
  StderrContext context_;
  std::uint64_t damage_lines_ = 0;
  std::uint64_t misuse_lines_ = 0;
  std::string first_damage_;
  std::string first_misuse_;
  std::uint64_t excused_lines_ = 0;
  bool disk_full_ = false;
};

}  // namespace av1d
