// Metadata of each frame; see validate_dynamic.h.
#include "validate_dynamic.h"

#include <fmt/format.h>

#include <algorithm>

namespace av1d {

namespace {

using Problems = std::vector<std::string>;

std::string field(const SideData& data, const char* key) {
  const auto it = data.fields.find(key);
  return it == data.fields.end() ? "none" : it->second;
}

void check_record(Problems& problems, const ExpectedOutput& expected, const Observations& seen) {
  if (expected.main_index >= seen.output.streams.size()) return;
  const auto& side_data = seen.output.streams[expected.main_index].side_data;
  const auto record = std::find_if(side_data.begin(), side_data.end(), [](const SideData& data) {
    return data.type == "DOVI configuration record";
  });
  if (record == side_data.end()) {
    problems.emplace_back("the Dolby Vision configuration record is missing");
    return;
  }
  const std::string profile = field(*record, "dv_profile");
  const std::string base = field(*record, "dv_bl_signal_compatibility_id");
  if (profile != "10" || base != expected.dolby_vision) {
    problems.push_back(fmt::format("it is Dolby Vision profile {}.{}, expected 10.{}", profile,
                                   base, expected.dolby_vision));
  }
}

// Frames are as many as the decoder gave of each side; a frame check compares those.
void check_dolby_vision(Problems& problems, const FrameMetadata& had, const FrameMetadata& got) {
  if (got.dolby_vision == got.frames && had.dolby_vision == had.frames && got.frames > 0) return;
  problems.push_back(
      fmt::format("{} of {} frames carry Dolby Vision metadata, of the source's {} of {}",
                  got.dolby_vision, got.frames, had.dolby_vision, had.frames));
}

void check_hdr10plus(Problems& problems, const FrameMetadata& had, const FrameMetadata& got) {
  if (got.hdr10plus != had.hdr10plus || got.frames != had.frames) {
    problems.push_back(
        fmt::format("{} of {} frames carry HDR10+ metadata, of the source's {} of {}",
                    got.hdr10plus, got.frames, had.hdr10plus, had.frames));
  } else if (got.hdr10plus_digest != had.hdr10plus_digest) {
    problems.emplace_back("the values of the HDR10+ metadata are not the source's");
  }
}

}  // namespace

std::vector<std::string> find_dynamic_problems(const ExpectedOutput& expected,
                                               const Observations& seen) {
  Problems problems;
  const bool dolby_vision = !expected.dolby_vision.empty();
  if (!dolby_vision && !expected.hdr10plus) return problems;
  if (!seen.source_metadata || !seen.output_metadata) {
    problems.emplace_back("the metadata of the frames was not compared");
    return problems;
  }
  if (dolby_vision) {
    check_record(problems, expected, seen);
    check_dolby_vision(problems, *seen.source_metadata, *seen.output_metadata);
  }
  if (expected.hdr10plus) {
    check_hdr10plus(problems, *seen.source_metadata, *seen.output_metadata);
  }
  return problems;
}

}  // namespace av1d
