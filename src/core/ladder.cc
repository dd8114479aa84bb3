// The quality ladder; see ladder.h.
#include "av1d/ladder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace av1d {

namespace {

struct Rung {
  int from_tier;
  int crf;
  int svt_preset;
  int aom_cpu_used;
  std::uint64_t low_bits_per_sec;  // CRF + 1 below
};

constexpr std::array<Rung, 4> kLadder = {{
    {2160, 21, 3, 3, 20'000'000},
    {1440, 22, 4, 3, 10'000'000},
    {1080, 23, 4, 4, 5'000'000},
    {0, 24, 5, 5, 2'000'000},
}};
// "8k+ resolution support is limited to M5 and faster presets" (SVT-AV1 4.2; measured: 6000x3400
// passes with preset 3, 6400x3600 does not).
constexpr std::int64_t kSvtHugePixels = 20'400'000;
constexpr int kSvtHugePreset = 5;
constexpr int kRav1eSpeed = 3;
constexpr int kGopSeconds = 10;
constexpr int kGopUnknownRate = 240;

}  // namespace

int picture_tier(const Stream& video) {
  const bool turned = std::abs(video.rotation_degrees) % 180 == 90;
  const int width = turned ? video.height : video.width;
  const int height = turned ? video.width : video.height;
  return std::max(height, static_cast<int>(std::int64_t{width} * 9 / 16));
}

Quality choose_quality(const Stream& video, std::uint64_t bits_per_sec, Encoder encoder,
                       QualityTier tier) {
  Quality quality;
  quality.tier = picture_tier(video);
  const auto rung = std::find_if(kLadder.begin(), kLadder.end(),
                                 [&](const Rung& r) { return quality.tier >= r.from_tier; });
  quality.low_bitrate = bits_per_sec > 0 && bits_per_sec < rung->low_bits_per_sec;
  quality.crf = rung->crf + (quality.low_bitrate ? 1 : 0);
  quality.preset = encoder == Encoder::svt   ? rung->svt_preset
                   : encoder == Encoder::aom ? rung->aom_cpu_used
                                             : kRav1eSpeed;
  if (tier == QualityTier::very_high) quality.preset = std::max(0, quality.preset - 1);
  const bool huge = std::int64_t{video.width} * video.height > kSvtHugePixels;
  if (encoder == Encoder::svt && huge) quality.preset = std::max(quality.preset, kSvtHugePreset);
  return quality;
}

int rav1e_qp(int crf) {
  return static_cast<int>(std::lround(crf * 255.0 / 63.0));
}

int gop_frames(const Rational& frame_rate) {
  if (!frame_rate.known()) return kGopUnknownRate;
  const double frames = frame_rate.value() * kGopSeconds;
  return static_cast<int>(std::clamp(std::floor(frames), 1.0, 10'000.0));
}

}  // namespace av1d
