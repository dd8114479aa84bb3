// The proof that nothing was lost; see validate.h. Times are in validate_times.cc, commands in
// validate_args.cc.
#include "av1d/validate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "av1d/text.h"
#include "tag_values.h"
#include "validate_dynamic.h"
#include "validate_matroska.h"
#include "validate_times.h"

namespace av1d {

namespace {

constexpr std::array<std::string_view, 12> kCheckNames = {
    "exit_status", "stderr_lines", "source_unchanged", "inventory", "picture", "chapters", "tags",
    "frame_times", "sync",         "duration",         "content",   "decode"};

// Chapters sit on frames or milliseconds; half a 25 fps frame is noise.
constexpr std::int64_t kChapterSlackNs = 50'000'000;
// AV1 stores mastering display values as 0.16 and 18.14 or 24.8 fixed point (AV1 6.7.4).
constexpr double kMasteringSlack = 2e-3;     // of the value
constexpr double kMasteringRounding = 1e-4;  // more than 2^-14

std::string list(const std::set<std::string>& words) {
  return words.empty() ? "none" : fmt::format("{}", fmt::join(words, "+"));
}

// Matroska keeps the shape as a display size in whole pixels: within one of them it is the same.
bool same_shape(const Rational& a, const Rational& b, int width) {
  const double x = a.known() ? a.value() : 1.0;
  const double y = b.known() ? b.value() : 1.0;
  return std::abs(x - y) * width < 1.0;
}

double fraction(const std::string& text) {
  const auto slash = text.find('/');
  const double num = std::atof(text.c_str());
  const double den = slash == std::string::npos ? 1.0 : std::atof(text.c_str() + slash + 1);
  return den == 0.0 ? 0.0 : num / den;
}

bool same_side_data(const SideData& a, const SideData& b) {
  return a.type == b.type && a.fields.size() == b.fields.size() &&
         std::all_of(a.fields.begin(), a.fields.end(), [&](const auto& field) {
           const auto it = b.fields.find(field.first);
           if (it == b.fields.end()) return false;
           const double x = fraction(field.second);
           const double y = fraction(it->second);
           return std::abs(x - y) <= kMasteringSlack * std::abs(x) + kMasteringRounding;
         });
}

class Validator {
 public:
  Validator(const MediaInfo& source, const ExpectedOutput& expected, const Observations& seen)
      : source_(source), expected_(expected), seen_(seen) {}

  std::vector<Problem> run(const std::set<Check>& skip) {
    using Step = void (Validator::*)();
    static constexpr std::array<std::pair<Check, Step>, 12> kSteps = {{
        {Check::exit_status, &Validator::exit_status},
        {Check::stderr_lines, &Validator::stderr_lines},
        {Check::source_unchanged, &Validator::source_unchanged},
        {Check::inventory, &Validator::inventory},
        {Check::picture, &Validator::picture},
        {Check::chapters, &Validator::chapters},
        {Check::tags, &Validator::tags},
        {Check::frame_times, &Validator::frame_times},
        {Check::sync, &Validator::sync},
        {Check::duration, &Validator::duration},
        {Check::content, &Validator::content},
        {Check::decode, &Validator::decode},
    }};
    for (const auto& [check, step] : kSteps) {
      if (skip.contains(check)) continue;
      current_ = check;
      (this->*step)();
    }
    return std::move(problems_);
  }

 private:
  void problem(std::string text) { problems_.push_back({current_, std::move(text)}); }

  // The output's stream in that place, or null where the output has fewer.
  const Stream* output_stream(std::size_t i) const {
    return i < seen_.output.streams.size() ? &seen_.output.streams[i] : nullptr;
  }

  void exit_status() {
    if (seen_.exit_status != 0)
      problem(fmt::format("ffmpeg ended with status {}", seen_.exit_status));
  }

  void stderr_lines() {
    if (seen_.damage_lines + seen_.misuse_lines == 0) return;
    problem(fmt::format("ffmpeg reported {} errors, the first: {}",
                        seen_.damage_lines + seen_.misuse_lines, printable(seen_.first_bad_line)));
  }

  void source_unchanged() {
    const FileStamp& a = seen_.source_before;
    const FileStamp& b = seen_.source_after;
    if (a.size_bytes != b.size_bytes || a.mtime_ns != b.mtime_ns || a.inode != b.inode ||
        a.device != b.device) {
      problem("the source changed while it was encoded");
    }
  }

  void inventory() {
    if (seen_.output.streams.size() != expected_.streams.size()) {
      problem(fmt::format("the output has {} streams, expected {}", seen_.output.streams.size(),
                          expected_.streams.size()));
      return;
    }
    for (std::size_t i = 0; i < expected_.streams.size(); ++i) {
      inventory_of(i, expected_.streams[i], seen_.output.streams[i]);
    }
    matroska(&find_language_problems);
  }

  // What ffprobe does not show of a Matroska file.
  void matroska(std::vector<std::string> (*find)(const MatroskaFacts&, const MatroskaFacts&)) {
    static const MatroskaFacts kNothing;
    if (!expected_.matroska) return;
    const MatroskaFacts& got = seen_.output.matroska ? *seen_.output.matroska : kNothing;
    for (auto& text : find(*expected_.matroska, got)) problem(std::move(text));
  }

  void inventory_of(std::size_t i, const ExpectedStream& want, const Stream& got) {
    if (got.type != want.type || got.codec != want.codec || got.is_cover() != want.cover) {
      problem(fmt::format("output stream {} is {}, expected {} (source stream {})", i,
                          got.codec.empty() ? "unknown" : got.codec, want.codec,
                          want.source_index));
      return;
    }
    if (got.language() != want.language) {
      problem(fmt::format("output stream {} has language '{}', expected '{}'", i, got.language(),
                          want.language));
    }
    if (want.type == StreamType::attachment) {
      if (got.tag("mimetype") != want.mimetype) {
        problem(fmt::format("attachment {} is a '{}', expected '{}'", i,
                            printable(got.tag("mimetype")), printable(want.mimetype)));
      }
      if (got.tag("filename") != want.filename) {
        problem(fmt::format("attachment {} is named '{}', expected '{}'", i,
                            printable(got.tag("filename")), printable(want.filename)));
      }
      return;
    }
    if (got.title() != want.title) {
      problem(fmt::format("output stream {} has title '{}', expected '{}'", i,
                          printable(got.title()), printable(want.title)));
    }
    if (!want.cover && got.dispositions != want.dispositions) {
      problem(fmt::format("output stream {} has dispositions {}, expected {}", i,
                          list(got.dispositions), list(want.dispositions)));
    }
  }

  void picture() {
    const Stream* video = output_stream(expected_.main_index);
    if (video == nullptr) return problem("the output has no video stream");
    if (video->width != expected_.width || video->height != expected_.height) {
      problem(fmt::format("the picture is {}x{}, expected {}x{}", video->width, video->height,
                          expected_.width, expected_.height));
    }
    if (!same_shape(video->sample_aspect_ratio, expected_.sample_aspect_ratio, expected_.width)) {
      problem(fmt::format("the sample aspect ratio is {}:{}, expected {}:{}",
                          video->sample_aspect_ratio.num, video->sample_aspect_ratio.den,
                          expected_.sample_aspect_ratio.num, expected_.sample_aspect_ratio.den));
    }
    if (video->pixel_format != "yuv420p10le") {
      problem(fmt::format("the pixel format is {}, expected yuv420p10le", video->pixel_format));
    }
    if (video->has_display_matrix) problem("the rotation was baked in and is still declared");
    colour("color_range", video->color_range, expected_.color_range);
    colour("color_space", video->color_space, expected_.color_space);
    colour("color_transfer", video->color_transfer, expected_.color_transfer);
    colour("color_primaries", video->color_primaries, expected_.color_primaries);
    colour("chroma_location", video->chroma_location, expected_.chroma_location);
    for (const auto& want : expected_.static_hdr) {
      const bool kept = std::any_of(video->side_data.begin(), video->side_data.end(),
                                    [&](const SideData& got) { return same_side_data(want, got); });
      if (!kept) problem(fmt::format("{} is missing or different", want.type));
    }
    for (auto& text : find_dynamic_problems(expected_, seen_)) problem(std::move(text));
  }

  void colour(const char* name, const std::string& got, const std::string& want) {
    if (want.empty() || got == want) return;
    problem(fmt::format("{} is '{}', expected '{}'", name, got, want));
  }

  void chapters() {
    matroska(&find_chapter_problems);
    const auto& got = seen_.output.chapters;
    if (got.size() != expected_.chapters.size()) {
      return problem(fmt::format("the output has {} chapters, expected {}", got.size(),
                                 expected_.chapters.size()));
    }
    const auto start_ns =
        static_cast<std::int64_t>(std::llround(seen_.output.start_secs.value_or(0) * 1e9));
    for (std::size_t i = 0; i < got.size(); ++i) {
      const Chapter& want = expected_.chapters[i];
      if (got[i].title != want.title) {
        problem(fmt::format("chapter {} is named '{}', expected '{}'", i, printable(got[i].title),
                            printable(want.title)));
      }
      if (std::abs(got[i].start_ns - start_ns - want.start_ns) > kChapterSlackNs) {
        problem(fmt::format("chapter {} starts at {:.3f} s, expected {:.3f} s", i,
                            static_cast<double>(got[i].start_ns - start_ns) / 1e9,
                            static_cast<double>(want.start_ns) / 1e9));
      }
      // The last one ends where its container says that the film does.
      if (i + 1 < got.size() &&
          std::abs(got[i].end_ns - start_ns - want.end_ns) > kChapterSlackNs) {
        problem(fmt::format("chapter {} ends at {:.3f} s, expected {:.3f} s", i,
                            static_cast<double>(got[i].end_ns - start_ns) / 1e9,
                            static_cast<double>(want.end_ns) / 1e9));
      }
    }
  }

  bool has_timecode() const {
    const auto& streams = seen_.output.streams;
    const auto tag = seen_.output.tags.find("timecode");
    return (tag != seen_.output.tags.end() && tag->second == expected_.timecode) ||
           std::any_of(streams.begin(), streams.end(), [&](const Stream& stream) {
             return stream.tag("timecode") == expected_.timecode;
           });
  }

  void tags() {
    matroska(&find_tag_problems);
    if (!expected_.timecode.empty() && !has_timecode()) {
      problem(fmt::format("the timecode {} is missing", printable(expected_.timecode)));
    }
    for (const auto& [key, value] : expected_.tags) {
      const auto it = std::find_if(seen_.output.tags.begin(), seen_.output.tags.end(),
                                   [&](const auto& t) { return equals_ignore_case(t.first, key); });
      if (it == seen_.output.tags.end()) {
        problem(fmt::format("the tag '{}' is missing", printable(key)));
      } else if (!same_tag(key, value, it->second)) {
        problem(fmt::format("the tag '{}' is '{}', expected '{}'", printable(key),
                            printable(it->second), printable(value)));
      }
    }
  }

  void frame_times() {
    if (auto text = find_frame_problem(source_, expected_, seen_)) problem(*std::move(text));
  }

  void sync() {
    for (auto& text : find_sync_problems(source_, expected_, seen_)) problem(std::move(text));
  }

  void duration() {
    for (auto& text : find_duration_problems(source_, expected_, seen_)) problem(std::move(text));
  }

  void content() {
    for (std::size_t i = 0; i < expected_.streams.size(); ++i) {
      if (auto text = content_of(i)) problem(*std::move(text));
    }
  }

  std::optional<std::string> content_of(std::size_t i) const {
    const ExpectedStream& want = expected_.streams[i];
    const auto source_index = static_cast<std::size_t>(want.source_index);
    if (want.proof == ContentProof::none) return std::nullopt;
    const std::string where = fmt::format("stream {} (source stream {})", i, want.source_index);
    if (want.proof == ContentProof::bytes) {
      const Stream* got = output_stream(i);
      const Stream& had = source_.streams[source_index];
      const bool same = got != nullptr && got->extradata_bytes == had.extradata_bytes &&
                        got->extradata_hash == had.extradata_hash;
      return same ? std::nullopt
                  : std::optional("the attachment in " + where + " is not identical");
    }
    if (i >= seen_.output_hashes.size() || source_index >= seen_.source_hashes.size()) {
      return "the content of " + where + " was not compared";
    }
    const StreamHashes& had = seen_.source_hashes[source_index];
    const StreamHashes& got = seen_.output_hashes[i];
    const auto same = [](const std::string& a, const std::string& b) {
      return !a.empty() && a == b;
    };
    const bool whole = want.proof == ContentProof::events ? same(had.events, got.events)
                       : want.proof == ContentProof::decoded
                           ? same(had.decoded, got.decoded)
                           : same(had.packets, got.packets) || same(had.decoded, got.decoded);
    if (whole) return std::nullopt;
    return "the content of " + where + " is not the source's";
  }

  void decode() {
    if (seen_.decode_status != 0) {
      problem(fmt::format("the new video does not decode: status {}", seen_.decode_status));
    }
    if (seen_.decode_damage_lines > 0) {
      problem(fmt::format("decoding the new video gave {} errors, the first: {}",
                          seen_.decode_damage_lines, printable(seen_.first_decode_line)));
    }
    if (expected_.main_index >= seen_.output.packets.size()) return;
    const std::uint64_t packets = seen_.output.packets[expected_.main_index].count;
    if (seen_.decoded_frames != packets) {
      problem(fmt::format("the new video decodes to {} frames from {} packets",
                          seen_.decoded_frames, packets));
    }
  }

  const MediaInfo& source_;
  const ExpectedOutput& expected_;
  const Observations& seen_;
  Check current_ = Check::exit_status;
  std::vector<Problem> problems_;
};

}  // namespace

std::string_view to_string(Check check) {
  return kCheckNames.at(static_cast<std::size_t>(check));
}

void remove_regenerated(MediaInfo& output) {
  for (std::size_t i = output.streams.size(); i-- > 0;) {
    const Stream& stream = output.streams[i];
    const bool regenerated = stream.type == StreamType::data &&
                             (stream.codec_tag == "tmcd" || stream.codec_tag == "text");
    if (!regenerated) continue;
    output.streams.erase(output.streams.begin() + static_cast<std::ptrdiff_t>(i));
    if (i < output.packets.size()) {
      output.packets.erase(output.packets.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

std::vector<Problem> validate(const MediaInfo& source, const ExpectedOutput& expected,
                              const Observations& seen, const std::set<Check>& skip) {
  return Validator(source, expected, seen).run(skip);
}

std::vector<std::size_t> streams_to_compare_decoded(const ExpectedOutput& expected,
                                                    const Observations& seen) {
  std::vector<std::size_t> indexes;
  for (std::size_t i = 0; i < expected.streams.size(); ++i) {
    const ExpectedStream& stream = expected.streams[i];
    const auto source_index = static_cast<std::size_t>(stream.source_index);
    if (stream.proof == ContentProof::decoded) indexes.push_back(i);
    if (stream.proof != ContentProof::packets || stream.cover) continue;
    const bool decodable = stream.type == StreamType::audio || stream.type == StreamType::video;
    if (!decodable || i >= seen.output_hashes.size() || source_index >= seen.source_hashes.size()) {
      continue;
    }
    if (seen.output_hashes[i].packets != seen.source_hashes[source_index].packets) {
      indexes.push_back(i);
    }
  }
  return indexes;
}

}  // namespace av1d
