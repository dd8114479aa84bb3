// The short lists: which of ffmpeg's lines mean that the command was not obeyed, which errors mean
// nothing, and which are normal only before a transport stream's first keyframe. All else at error
// level is damage: a new text is looked at by a person before it is put on a list.
//
// A pattern is matched at the front of the message, behind the context brackets and the level, so
// that a file's name or title in the middle of a message can't take part.
#include "av1d/stderr_rules.h"

#include <algorithm>
#include <array>
#include <optional>

#include "av1d/probe.h"

namespace av1d {

namespace {

constexpr std::size_t kKeptBytes = 1024;  // of a first line: it goes into a job's reason

enum class Level { unknown, info, warning, error };

struct Line {
  std::string_view context;  // all brackets before the level: "[h264 @ 0x5]"
  Level level = Level::unknown;
  std::string_view message;
};

struct Pattern {
  std::string_view component;  // how the context begins, "" for any
  std::string_view message;    // how the message begins
  std::string_view further;    // what must follow somewhere, "" for nothing
  std::string_view reason;
};

constexpr std::array<Pattern, 3> kMisuseAtAnyLevel = {{
    {"", "Error parsing option", "", "an encoder's parameter was refused, the encode goes on"},
    {"", "Codec AVOption ", " has not been used for any stream",
     "the encoder knows no such option"},
    {"", "Multiple -", " options specified for stream", "one of two settings was dropped"},
}};

constexpr std::array<Pattern, 1> kLateStream = {{
    {"", "New ", " stream with index ", "a stream that the plan does not know, it is not carried"},
}};

// What -drop_changed makes of it, once a run. Without it the frame is scaled to the first one's
// size, and its colours keep the name of the first one's, without a word.
constexpr std::array<Pattern, 1> kOtherFrame = {{
    {"", "Avoiding reinit; dropping frame", "", "not of the size, format or colours of the first"},
}};

// Decoders say "Invalid value for ..." of what they read, as an error: that is damage.
constexpr std::array<Pattern, 1> kMisuseAsWarning = {{
    {"", "Invalid value for ", "", "rav1e ignored a parameter"},
}};

// One flipped bit may give nothing but this. None of the clean films of the corpus does.
constexpr std::array<Pattern, 1> kDamageAsWarning = {{
    {"[vist#", "corrupt decoded frame", "", "the decoder itself marked a frame as broken"},
}};

constexpr std::array<Pattern, 5> kHarmless = {{
    {"[h264 @", "mmco: unref short failure", "",
     "an open GOP cut at its start frees a picture that was cut off; all frames decode"},
    {"[mp4 @", "Valid timecode frame rate must be specified", "",
     "said with -enc_time_base filter, the timecode track is written all the same"},
    {"[mov @", "Valid timecode frame rate must be specified", "", "as for mp4"},
    {"[null @", "Application provided invalid, non monotonically increasing dts to muxer", "",
     "frames of a variable rate rounded to one tick by the sink that throws them away"},
    {"Svt", "Failed to set thread priority", "", "no right to a real-time priority, none needed"},
}};

// Texts of a decoder that joins a stream in its middle. Anything that says that data which is there
// is wrong (macroblocks, coefficients, slices) is not among them.
constexpr std::array<Pattern, 26> kBeforeFirstKeyframe = {{
    {"[h264 @", "non-existing PPS", "", "parameter sets come with the first keyframe"},
    {"[h264 @", "non-existing SPS", "", "likewise"},
    {"[h264 @", "pps_id ", " out of range", "likewise"},
    {"[h264 @", "sps_id ", " out of range", "likewise"},
    {"[h264 @", "decode_slice_header error", "", "a slice without its parameter sets"},
    {"[h264 @", "no frame!", "", "nothing of a packet could be decoded"},
    {"[h264 @", "Missing reference picture", "", "the reference lies before the start"},
    {"[h264 @", "reference picture missing during reorder", "", "likewise"},
    {"[h264 @", "co located POCs unavailable", "", "likewise, of direct prediction"},
    {"[h264 @", "mmco: ", "", "likewise, of a picture to be freed"},
    {"[h264 @", "number of reference frames", "", "likewise, counted too many"},
    {"[hevc @", "PPS id out of range", "", "parameter sets come with the first keyframe"},
    {"[hevc @", "SPS ", " does not exist", "likewise"},
    {"[hevc @", "VPS ", " does not exist", "likewise"},
    {"[hevc @", "Could not find ref with POC", "", "leading pictures point before the start"},
    {"[hevc @", "Error constructing the frame RPS", "", "likewise"},
    {"[hevc @", "Zero refs in the frame RPS", "", "likewise"},
    {"[hevc @", "First slice in a frame missing", "", "the stream begins inside a picture"},
    {"[mpeg1video @", "Invalid frame dimensions 0x0", "", "no sequence header yet"},
    {"[mpeg2video @", "Invalid frame dimensions 0x0", "", "no sequence header yet"},
    {"[mpeg1video @", "Missing picture start code", "", "the stream begins inside a picture"},
    {"[mpeg2video @", "Missing picture start code", "", "the stream begins inside a picture"},
    {"[mp2 @", "Header missing", "", "the sound begins inside a frame"},
    {"[mp3", "Header missing", "", "the sound begins inside a frame"},
    {"[aist#", "Error submitting packet to decoder: Invalid data", "", "follows one of these"},
    {"[vist#", "Error submitting packet to decoder: Invalid data", "", "follows one of these"},
}};

std::optional<Level> level_named(std::string_view word) {
  if (word == "panic" || word == "fatal" || word == "error") return Level::error;
  if (word == "warning" || word == "warn") return Level::warning;
  if (word == "info" || word == "verbose" || word == "debug" || word == "trace") return Level::info;
  return std::nullopt;
}

// SVT-AV1 writes lines of its own past ffmpeg: "Svt[error]: text".
Line read_svt_line(std::string_view line) {
  constexpr std::string_view kPrefix = "Svt[";
  const auto close = line.find("]:");
  if (close == std::string_view::npos) return {};
  const auto level = level_named(line.substr(kPrefix.size(), close - kPrefix.size()));
  const auto text = line.find_first_not_of(' ', close + 2);
  return {line.substr(0, 3), level.value_or(Level::unknown),
          text == std::string_view::npos ? std::string_view{} : line.substr(text)};
}

// "[vist#0:0/h264 @ 0x1] [dec:h264 @ 0x2] [error] text": the first bracket that is a level ends the
// context. A line without one has no level.
Line read_line(std::string_view line) {
  if (line.starts_with("Svt[")) return read_svt_line(line);
  std::size_t at = 0;
  while (at < line.size() && line[at] == '[') {
    const auto close = line.find(']', at);
    if (close == std::string_view::npos) return {};
    const auto level = level_named(line.substr(at + 1, close - at - 1));
    const auto next = line.find_first_not_of(' ', close + 1);
    if (level) {
      return {line.substr(0, at), *level,
              next == std::string_view::npos ? std::string_view{} : line.substr(next)};
    }
    if (next == std::string_view::npos) return {};
    at = next;
  }
  return {};
}

template <std::size_t N>
bool matches_any(const Line& line, const std::array<Pattern, N>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const Pattern& pattern) {
    return line.context.starts_with(pattern.component) &&
           line.message.starts_with(pattern.message) &&
           line.message.find(pattern.further, pattern.message.size()) != std::string_view::npos;
  });
}

}  // namespace

LineKind judge_line(std::string_view text, const StderrContext& context) {
  const Line line = read_line(text);
  if (line.level == Level::unknown) return LineKind::noise;
  if (matches_any(line, kMisuseAtAnyLevel)) return LineKind::misuse;
  if (matches_any(line, kLateStream)) return LineKind::late_stream;
  if (matches_any(line, kOtherFrame)) return LineKind::other_frame;
  if (line.level == Level::warning && matches_any(line, kMisuseAsWarning)) return LineKind::misuse;
  if (line.level == Level::warning && matches_any(line, kDamageAsWarning)) {
    return context.transport_stream ? LineKind::harmless : LineKind::damage;
  }
  if (line.level != Level::error) return LineKind::noise;
  if (matches_any(line, kHarmless)) return LineKind::harmless;
  if (context.transport_stream && matches_any(line, kBeforeFirstKeyframe)) {
    return LineKind::harmless;
  }
  return LineKind::damage;
}

StderrContext stderr_context(const MediaInfo& media) {
  // 36 undecodable packets gave 113 lines (h264, measured); each stream may say a few words more.
  constexpr std::uint64_t kLinesEach = 8;
  constexpr std::uint64_t kLinesAtAll = 16;
  std::uint64_t leading = 0;
  for (const auto& facts : media.packets) leading += facts.leading;
  return {is_transport(media.container), kLinesAtAll + kLinesEach * leading};
}

std::string refused_format(const std::vector<std::string>& lines) {
  for (const std::string& text : lines) {
    const Line line = read_line(text);
    if (!line.message.starts_with("Format not on whitelist")) continue;
    const auto end = line.context.find(" @ ");  // of "[rm @ 0x55]"
    if (end != std::string_view::npos) return std::string(line.context.substr(1, end - 1));
  }
  return {};
}

LineKind StderrJudge::add(std::string_view line) {
  LineKind kind = judge_line(line, context_);
  const bool excused = kind == LineKind::harmless && judge_line(line) == LineKind::damage;
  if (excused && ++excused_lines_ > context_.most_excused) kind = LineKind::damage;
  const std::string_view kept = line.substr(0, kKeptBytes);
  if (kind == LineKind::damage && damage_lines_++ == 0) first_damage_ = kept;
  const bool disobeyed =
      kind == LineKind::misuse || kind == LineKind::late_stream || kind == LineKind::other_frame;
  if (disobeyed && misuse_lines_++ == 0) first_misuse_ = kept;
  if (kind == LineKind::damage && line.find("No space left on device") != std::string_view::npos) {
    disk_full_ = true;
  }
  return kind;
}

}  // namespace av1d
