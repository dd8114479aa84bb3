// The quality ladder: from the picture and its bitrate to CRF and preset. Pure. The numbers are the
// product's own contract (README "Quality ladder").
#pragma once

#include "av1d/config.h"
#include "av1d/types.h"

namespace av1d {

struct Quality {
  int tier = 0;  // as picture_tier() says
  int crf = 0;
  int preset = 0;            // svt -preset, aom -cpu-used, rav1e -speed
  bool low_bitrate = false;  // CRF was raised by one: the source has little to keep
};

// The height that a 16:9 picture of this size has: max(height, width x 9/16) after rotation, so
// that 3840x1600 counts as 2160 and 1920x800 as 1080.
int picture_tier(const Stream& video);

// `bits_per_sec` 0: unknown, no step for low bitrates.
Quality choose_quality(const Stream& video, std::uint64_t bits_per_sec, Encoder encoder,
                       QualityTier tier);

// rav1e has no CRF: qp = round(crf x 255 / 63).
int rav1e_qp(int crf);

// The keyframe distance in frames: 10 s, at least 1; 240 where the rate is unknown.
int gop_frames(const Rational& frame_rate);

}  // namespace av1d
