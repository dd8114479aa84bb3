// ffmpeg's -progress output: never a percentage that falls or is none.
#include "fuzz/fuzz.h"

#include "av1d/progress.h"

using namespace av1d;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ProgressParser parser;
  ProgressMeter meter(1000);
  ProgressMeter::Clock::time_point now{};
  double percent = 0;
  fuzz::for_each_line(fuzz::text_of(data, size), [&](std::string_view line) {
    const auto block = parser.add_line(line);
    if (!block) return;
    now += std::chrono::milliseconds(500);
    const Progress& progress = meter.update(*block, block->total_bytes.value_or(0), now);
    fuzz::law(progress.percent >= percent && progress.percent <= 100, "percent rises to 100");
    percent = progress.percent;
  });
  return 0;
}
