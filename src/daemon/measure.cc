// Asks ffmpeg for the XPSNR of some windows; see measure.h.
#include "daemon/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "av1d/expected_output.h"
#include "av1d/progress.h"
#include "av1d/text.h"

namespace av1d {

namespace {

class Gauge {
 public:
  Gauge(const Comparison& comparison, const Asker& asker)
      : comparison_(comparison), asker_(asker) {}

  // A source that can't be entered in the middle is read from its start, from then on.
  Result<QualityWindow> measure(const FrameRange& window) {
    auto measured = ask(window);
    const bool stopped = !measured && measured.error().errno_value == ECANCELED;
    if (measured || stopped || read_ == SourceRead::from_start) return measured;
    read_ = SourceRead::from_start;
    return ask(window);
  }

 private:
  Result<QualityWindow> ask(const FrameRange& window) const {
    std::optional<double> figure;
    std::uint64_t frames = 0;
    ProgressParser parser;
    RunOptions options;
    options.nice = asker_.nice;
    options.timeout = kReadTimeout;
    options.on_stdout = [&](std::string_view line) {
      if (const auto block = parser.add_line(line)) frames = block->frame;
    };
    options.on_stderr = [&](std::string_view line) {
      if (const auto found = parse_xpsnr(line)) figure = found;
    };
    const auto exit = asker_.runner.run(
        quality_args(asker_.tools.ffmpeg, comparison_, window, read_), options, asker_.stop);
    if (!exit) return std::unexpected(exit.error());
    if (exit->stopped) return fail("stopped", ECANCELED);
    if (!exit->ok()) return fail("ffmpeg ended with " + exit->describe() + last_line(*exit));
    if (frames != window.count()) {
      return fail(fmt::format("{} of {} frames could be compared", frames, window.count()));
    }
    if (!figure) return fail("ffmpeg told no XPSNR");
    return in_seconds(window, *figure);
  }

  static std::string last_line(const RunExit& exit) {
    return exit.stderr_tail.empty() ? "" : ": " + printable(exit.stderr_tail.back());
  }

  QualityWindow in_seconds(const FrameRange& window, double figure) const {
    const auto& pts = comparison_.pts_ns();
    const auto milliseconds = [](std::int64_t ns) {
      return std::llround(static_cast<double>(ns) / 1e6);
    };
    const std::int64_t end = pts[std::min(window.last, pts.size() - 1)];
    return {static_cast<double>(milliseconds(pts[window.first] - pts.front())) / 1e3,
            static_cast<double>(milliseconds(end - pts[window.first])) / 1e3, window.count(),
            figure};
  }

  const Comparison& comparison_;
  const Asker& asker_;
  SourceRead read_ = SourceRead::seek;
};

}  // namespace

Result<MeasuredQuality> measure_quality(const Examination& exam, const Proof& proof, int windows,
                                        const Asker& asker) {
  const Comparison comparison{*exam.plan,
                              exam.media,
                              exam.candidate.path,
                              proof.source_start_ns,
                              proof.output,
                              exam.output,
                              expected_output(exam.media, *exam.plan).main_index};
  Gauge gauge(comparison, asker);
  std::vector<QualityWindow> figures;
  for (const FrameRange& window : choose_windows(comparison.pts_ns(), windows)) {
    auto measured = gauge.measure(window);
    if (!measured) return std::unexpected(measured.error());
    figures.push_back(*measured);
  }
  if (figures.empty()) return fail("the new video has no frames");
  return summarize(std::move(figures));
}

}  // namespace av1d
