// Streams, chapters and tags of the output by ffprobe; see validate_streams.h.
#include "validate_streams.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "av1d/text.h"
#include "tag_values.h"

namespace av1d {

namespace {

using Texts = std::vector<std::string>;

// Chapters sit on frames or milliseconds; half a 25 fps frame is noise.
constexpr std::int64_t kChapterSlackNs = 50'000'000;

std::string list(const std::set<std::string>& words) {
  return words.empty() ? "none" : fmt::format("{}", fmt::join(words, "+"));
}

void compare_attachment(std::size_t i, const ExpectedStream& want, const Stream& got,
                        Texts& problems) {
  if (got.tag("mimetype") != want.mimetype) {
    problems.push_back(fmt::format("attachment {} is a '{}', expected '{}'", i,
                                   printable(got.tag("mimetype")), printable(want.mimetype)));
  }
  if (got.tag("filename") != want.filename) {
    problems.push_back(fmt::format("attachment {} is named '{}', expected '{}'", i,
                                   printable(got.tag("filename")), printable(want.filename)));
  }
  if (got.title() != want.title) {
    problems.push_back(fmt::format("attachment {} is described as '{}', expected '{}'", i,
                                   printable(got.title()), printable(want.title)));
  }
}

void compare_stream(std::size_t i, const ExpectedStream& want, const Stream& got, Texts& problems) {
  if (got.type != want.type || got.codec != want.codec || got.is_cover() != want.cover) {
    problems.push_back(fmt::format("output stream {} is {}, expected {} (source stream {})", i,
                                   got.codec.empty() ? "unknown" : got.codec, want.codec,
                                   want.source_index));
    return;
  }
  if (got.language() != want.language) {
    problems.push_back(fmt::format("output stream {} has language '{}', expected '{}'", i,
                                   got.language(), want.language));
  }
  if (want.type == StreamType::attachment) return compare_attachment(i, want, got, problems);
  if (got.title() != want.title) {
    problems.push_back(fmt::format("output stream {} has title '{}', expected '{}'", i,
                                   printable(got.title()), printable(want.title)));
  }
  if (!want.cover && got.dispositions != want.dispositions) {
    problems.push_back(fmt::format("output stream {} has dispositions {}, expected {}", i,
                                   list(got.dispositions), list(want.dispositions)));
  }
}

// "01:02:03:04" is "01:02:03:004": from 100 frames a second on, which a variable rate may pretend
// to be, ffprobe prints three digits. The separator before the frames tells whether some are
// dropped.
bool same_timecode(const std::string& a, const std::string& b) {
  const auto frames = a.find_last_of(":;.");
  if (frames == std::string::npos || frames != b.find_last_of(":;.")) return a == b;
  return a.compare(0, frames + 1, b, 0, frames + 1) == 0 &&
         std::atoi(a.c_str() + frames + 1) == std::atoi(b.c_str() + frames + 1);
}

bool has_timecode(const MediaInfo& output, const std::string& timecode) {
  const auto tag = output.tags.find("timecode");
  return (tag != output.tags.end() && same_timecode(tag->second, timecode)) ||
         std::any_of(output.streams.begin(), output.streams.end(), [&](const Stream& stream) {
           return same_timecode(stream.tag("timecode"), timecode);
         });
}

std::string differ_in_time(std::size_t i, const char* verb, std::int64_t got, std::int64_t want) {
  return fmt::format("chapter {} {} at {:.3f} s, expected {:.3f} s", i, verb,
                     static_cast<double>(got) / 1e9, static_cast<double>(want) / 1e9);
}

}  // namespace

std::vector<std::string> find_inventory_problems(const MediaInfo&, const ExpectedOutput& expected,
                                                 const Observations& seen) {
  const auto& streams = seen.output.streams;
  if (streams.size() != expected.streams.size()) {
    return {fmt::format("the output has {} streams, expected {}", streams.size(),
                        expected.streams.size())};
  }
  Texts problems;
  for (std::size_t i = 0; i < expected.streams.size(); ++i) {
    compare_stream(i, expected.streams[i], streams[i], problems);
  }
  return problems;
}

std::vector<std::string> find_chapter_problems(const MediaInfo&, const ExpectedOutput& expected,
                                               const Observations& seen) {
  const auto& got = seen.output.chapters;
  if (got.size() != expected.chapters.size()) {
    return {fmt::format("the output has {} chapters, expected {}", got.size(),
                        expected.chapters.size())};
  }
  Texts problems;
  const auto output_start_ns =
      static_cast<std::int64_t>(std::llround(seen.output.start_secs.value_or(0) * 1e9));
  for (std::size_t i = 0; i < got.size(); ++i) {
    const Chapter& want = expected.chapters[i];
    if (got[i].title != want.title) {
      problems.push_back(fmt::format("chapter {} is named '{}', expected '{}'", i,
                                     printable(got[i].title), printable(want.title)));
    }
    const std::int64_t start_ns = got[i].start_ns - output_start_ns;
    if (std::abs(start_ns - want.start_ns) > kChapterSlackNs) {
      problems.push_back(differ_in_time(i, "starts", start_ns, want.start_ns));
    }
    // The last one ends where its container says that the film does.
    const std::int64_t end_ns = got[i].end_ns - output_start_ns;
    if (i + 1 < got.size() && std::abs(end_ns - want.end_ns) > kChapterSlackNs) {
      problems.push_back(differ_in_time(i, "ends", end_ns, want.end_ns));
    }
  }
  return problems;
}

std::vector<std::string> find_tag_problems(const MediaInfo&, const ExpectedOutput& expected,
                                           const Observations& seen) {
  Texts problems;
  if (!expected.timecode.empty() && !has_timecode(seen.output, expected.timecode)) {
    problems.push_back(fmt::format("the timecode {} is missing", printable(expected.timecode)));
  }
  const auto& tags = seen.output.tags;
  for (const auto& [key, value] : expected.tags) {
    const auto it = std::find_if(tags.begin(), tags.end(),
                                 [&](const auto& t) { return same_key(t.first, key); });
    if (it == tags.end()) {
      problems.push_back(fmt::format("the tag '{}' is missing", printable(key)));
    } else if (!same_tag(key, value, it->second)) {
      problems.push_back(fmt::format("the tag '{}' is '{}', expected '{}'", printable(key),
                                     printable(it->second), printable(value)));
    }
  }
  return problems;
}

}  // namespace av1d
