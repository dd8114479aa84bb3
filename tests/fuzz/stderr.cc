// What ffmpeg says on its standard error, whole and cut anywhere.
#include "fuzz/fuzz.h"

#include "av1d/quality.h"
#include "av1d/startup.h"
#include "av1d/stderr_rules.h"

using namespace av1d;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  StderrJudge judge;
  std::uint64_t damage = 0;
  fuzz::for_each_line(text, [&](std::string_view line) {
    if (judge.add(line) == LineKind::damage) ++damage;
    static_cast<void>(parse_xpsnr(line));
  });
  fuzz::law(judge.damage_lines() >= damage, "damage is counted");
  static_cast<void>(parse_version(text));
  static_cast<void>(parse_encoders(text));
  return 0;
}
