// Asking idet, and its counts; see CombingCount in probe.h.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "av1d/probe.h"
#include "number.h"

namespace av1d {

Argv combing_args(const std::string& ffmpeg, const fs::path& path, const MediaInfo& media,
                  int stream_index, double at_secs) {
  Argv argv = {ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "repeat+level+error"};
  const Argv input = input_options(depth_for(media.container));
  argv.insert(argv.end(), input.begin(), input.end());
  argv.insert(argv.end(),
              {"-noautorotate", "-ss", fmt::format("{:.3f}", at_secs), "-i", input_url(path),
               "-map", fmt::format("0:{}", stream_index), "-frames:v", "120", "-fps_mode",
               "passthrough", "-vf", "idet,metadata=mode=print:file=-", "-f", "null", "-"});
  return argv;
}

// "lavfi.idet.multiple.tff=12.00", a running count in each frame's lines: the last one holds.
void CombingCount::add_line(std::string_view line) {
  constexpr std::string_view kPrefix = "lavfi.idet.";
  if (!line.starts_with(kPrefix)) return;
  const std::string_view field = line.substr(kPrefix.size());
  const auto equals = field.find('=');
  if (equals == std::string_view::npos) return;
  const auto value = number_of<double>(field.substr(equals + 1));
  if (!value || !(*value >= 0) || *value > 1e9) return;
  const std::array<std::pair<std::string_view, std::uint64_t*>, 6> counts = {
      {{"multiple.tff", &top_first_},
       {"multiple.bff", &bottom_first_},
       {"multiple.progressive", &progressive_},
       {"single.tff", &alone_top_first_},
       {"single.bff", &alone_bottom_first_},
       {"single.progressive", &alone_progressive_}}};
  for (const auto& [name, count] : counts) {
    if (field.substr(0, equals) == name) *count = static_cast<std::uint64_t>(std::llround(*value));
  }
}

void CombingCount::add_to(FrameFacts& facts) const {
  facts.combed_top_first += top_first_;
  facts.combed_bottom_first += bottom_first_;
  facts.not_combed += progressive_;
  facts.combed_alone += alone_top_first_ + alone_bottom_first_;
  facts.not_combed_alone += alone_progressive_;
}

}  // namespace av1d
