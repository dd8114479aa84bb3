// What the encode will do, and the command line that does it. Pure functions of configuration,
// media information and class.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "av1d/config.h"
#include "av1d/types.h"

namespace av1d {

// The whole plan, or the reason why the file can't be carried over whole: a stream that the output
// container can't take, tags that would be lost. `extract_dir` is where cover pictures will be
// extracted to (only their names are planned here), `job_id` makes those names unique.
std::expected<EncodePlan, Reason> plan_encode(const MediaInfo& media,
                                              const Classification& classification,
                                              const Config& config, Encoder encoder,
                                              const fs::path& extract_dir,
                                              const std::string& job_id);

// F: the source's path, with the extension replaced where it doesn't fit the output container.
fs::path final_path(const fs::path& source, OutputContainer container);
// The extension of a new file of that container: "mkv", "webm", "mp4".
std::string_view extension_of(OutputContainer container);

// The ffmpeg command that encodes `source` to `output` by `plan`. No shell is ever involved.
std::vector<std::string> encode_args(const EncodePlan& plan, const MediaInfo& media,
                                     const std::string& ffmpeg, const fs::path& source,
                                     const fs::path& output);

// The filters that the plan puts before the encoder, "" for none: what the new picture is to be
// compared with.
std::string video_filter(const EncodePlan& plan, const Stream& video);

// The ffmpeg command that extracts the cover pictures of a plan byte for byte; empty when it has
// none.
std::vector<std::string> extract_args(const EncodePlan& plan, const std::string& ffmpeg,
                                      const fs::path& source);

// True for the tags that mkvmerge computed from the old stream and that are wrong for a new one:
// BPS, DURATION, NUMBER_OF_FRAMES, NUMBER_OF_BYTES, _STATISTICS_*, with or without "-eng".
bool is_statistics_tag(std::string_view key);

}  // namespace av1d
