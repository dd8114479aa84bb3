// XPSNR windows; see quality.h.
//
// Frames are matched by their number in the window, not by their times: containers round times, and
// ffmpeg's filters take the last frame that is not later, so that half of a film at 23.976 fps
// would be compared with the frame before. Windows begin and end halfway between two frames.
#include "av1d/quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "av1d/plan.h"
#include "crop.h"
#include "number.h"

namespace av1d {

namespace {

using Times = std::vector<std::int64_t>;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kWindowNs = 5 * kSecond;
constexpr std::int64_t kShortFilmNs = 20 * kSecond;  // below it one window is enough of it
// A demuxer with an index enters at the keyframe before the asked time. Transport and program
// streams have none: entered between two keyframes they lose frames up to the next one, which
// broadcast and discs have every 0.5 to 2 s and x264's default every 10.4 s.
constexpr double kLeadSecs = 1;
constexpr double kLeadWithoutIndexSecs = 20;

FrameRange window_from(const Times& pts, std::int64_t start) {
  const auto at = [&](std::int64_t time) {
    const auto found = std::lower_bound(pts.begin(), pts.end(), time);
    return static_cast<std::size_t>(found - pts.begin());
  };
  return {at(start), at(start + kWindowNs)};
}

double seconds(std::int64_t ns) {
  return static_cast<double>(ns) / static_cast<double>(kSecond);
}

// Halfway between frame `i` and the one before, on a clock that `shift` is ahead of the output's.
double border(const Times& pts, std::size_t i, std::int64_t shift) {
  return seconds(pts[i - 1] + (pts[i] - pts[i - 1]) / 2 + shift);
}

std::string trim_by_time(const Times& pts, const FrameRange& window, std::int64_t shift) {
  std::string words;
  if (window.first > 0) words += fmt::format("start={:.6f}", border(pts, window.first, shift));
  if (window.last < pts.size()) {
    words += fmt::format("{}end={:.6f}", words.empty() ? "" : ":", border(pts, window.last, shift));
  }
  return words.empty() ? "null" : "trim=" + words;
}

std::string trim_by_number(const FrameRange& window) {
  return fmt::format("trim=start_frame={}:end_frame={}", window.first, window.last);
}

// One file's words before and with -i; -ss counts from the start of the file.
void append_input(Argv& argv, const fs::path& path, const MediaInfo& media,
                  std::optional<double> enter_at, const Argv& more = {}) {
  const Argv options = input_options(depth_for(media.container));
  argv.insert(argv.end(), options.begin(), options.end());
  const double lead = is_transport(media.container) ? kLeadWithoutIndexSecs : kLeadSecs;
  const double from = enter_at.value_or(0) - media.start_secs.value_or(0) - lead;
  if (enter_at && from > 0) argv.insert(argv.end(), {"-ss", fmt::format("{:.3f}", from)});
  argv.insert(argv.end(), more.begin(), more.end());
  argv.insert(argv.end(), {"-i", input_url(path)});
}

// Frames of a chain as number 0, 1, 2... in 8 bits. xpsnr of FFmpeg 9.0.2 reads wrong memory where
// samples have two bytes and the width is no multiple of 64: a 720x576 picture had 0.2 dB against
// itself (github.com/fraunhoferhhi/xpsnr/issues/8). 8 bits are right at every size.
std::string numbered(const std::string& input, const std::string& filters,
                     const std::string& output) {
  return fmt::format("[{}]{}{}settb=AVTB,setpts=N*40000,format=yuv420p[{}]", input, filters,
                     filters.empty() ? "" : ",", output);
}

}  // namespace

std::vector<FrameRange> choose_windows(const Times& pts, int wanted) {
  if (pts.empty()) return {};
  const std::int64_t length = pts.back() - pts.front();
  const std::int64_t room = length < kShortFilmNs ? 1 : length * 3 / 4 / kWindowNs;
  const std::int64_t count = std::min<std::int64_t>(wanted, room);
  std::vector<FrameRange> windows;
  for (std::int64_t i = 1; i <= count; ++i) {
    const std::int64_t middle = length / (count + 1) * i;
    const std::int64_t start = std::max<std::int64_t>(middle - kWindowNs / 2, 0);
    const FrameRange window = window_from(pts, pts.front() + start);
    if (window.count() > 0) windows.push_back(window);  // a still may last longer
  }
  if (windows.empty()) windows.push_back({0, 1});
  return windows;
}

Argv quality_args(const std::string& ffmpeg, const Comparison& comparison, const FrameRange& window,
                  SourceRead read) {
  const Times& pts = comparison.pts_ns();
  const Stream& video = *comparison.source.main_video();
  const auto enter_at = [&](std::int64_t shift) { return seconds(pts[window.first] + shift); };
  const std::int64_t shift = comparison.source_start_ns.value_or(0) - pts.front();
  const bool seek = read == SourceRead::seek && comparison.source_start_ns.has_value();

  Argv argv = {ffmpeg,      "-hide_banner", "-nostdin",
               "-nostats",  "-loglevel",    "repeat+level+info",
               "-progress", "pipe:1",       "-copyts"};
  append_input(argv, comparison.output_path, comparison.output, enter_at(0));
  append_input(argv, comparison.source_path, comparison.source,
               seek ? std::optional(enter_at(shift)) : std::nullopt, crop_options(video));
  std::string filters = video_filter(comparison.plan, video);
  if (!filters.empty()) filters += ',';
  filters += seek ? trim_by_time(pts, window, shift) : trim_by_number(window);
  const std::string graph = fmt::format(
      "{};{};[new][old]xpsnr=eof_action=endall[out]",
      numbered(fmt::format("0:{}", comparison.output.streams[comparison.output_index].index),
               trim_by_time(pts, window, 0), "new"),
      numbered(fmt::format("1:{}", video.index), filters, "old"));
  argv.insert(argv.end(), {"-filter_complex", graph, "-map", "[out]", "-fps_mode", "passthrough",
                           "-enc_time_base", "filter", "-f", "null", "-"});
  return argv;
}

std::optional<double> parse_xpsnr(std::string_view line) {
  constexpr std::string_view kName = "XPSNR  y: ";
  const auto name = line.find(kName);
  if (!line.starts_with("[Parsed_xpsnr") || name == std::string_view::npos) return std::nullopt;
  line.remove_prefix(name + kName.size());
  const std::string_view word = line.substr(0, line.find(' '));
  if (word == "inf") return kIdenticalDb;
  const auto figure = number_of<double>(word);
  return figure ? std::optional(std::min(*figure, kIdenticalDb)) : std::nullopt;
}

MeasuredQuality summarize(std::vector<QualityWindow> windows) {
  MeasuredQuality quality;
  quality.xpsnr_y_min = kIdenticalDb;
  for (const auto& window : windows) {
    quality.xpsnr_y_min = std::min(quality.xpsnr_y_min, window.xpsnr_y);
    quality.xpsnr_y_mean += window.xpsnr_y / static_cast<double>(windows.size());
  }
  quality.xpsnr_y_mean =
      std::round(quality.xpsnr_y_mean * 1e4) / 1e4;  // as ffmpeg tells the others
  quality.windows = std::move(windows);
  return quality;
}

std::optional<Reason> check_quality(const std::optional<MeasuredQuality>& quality,
                                    std::string_view why, double min_xpsnr) {
  if (min_xpsnr <= 0) return std::nullopt;
  if (!quality) {
    return Reason{ReasonCode::quality_gate,
                  fmt::format("min_xpsnr {:g} dB is asked for, and the quality could not be "
                              "measured: {}",
                              min_xpsnr, why)};
  }
  if (quality->xpsnr_y_min >= min_xpsnr) return std::nullopt;
  const auto& windows = quality->windows;
  const auto worst =
      std::min_element(windows.begin(), windows.end(),
                       [](const auto& a, const auto& b) { return a.xpsnr_y < b.xpsnr_y; });
  return Reason{
      ReasonCode::quality_gate,
      fmt::format("XPSNR is {:.2f} dB in the worst of {} windows (at {:.0f} s) and {:.2f} "
                  "dB on average; min_xpsnr {:g} asks for more",
                  quality->xpsnr_y_min, windows.size(),
                  worst == windows.end() ? 0 : worst->start_secs, quality->xpsnr_y_mean,
                  min_xpsnr)};
}

}  // namespace av1d
