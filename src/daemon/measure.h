// Measures how near the new picture is to the old one.
#pragma once

#include "av1d/quality.h"
#include "daemon/ask.h"
#include "daemon/examine.h"
#include "daemon/prove.h"

namespace av1d {

// Decodes at most so many windows (1 or more) of five seconds on both sides, of a proven output
// that still stands at exam.output; writes nothing. An error when it was stopped (ECANCELED), or
// where ffmpeg can't tell: the message says why.
Result<MeasuredQuality> measure_quality(const Examination& exam, const Proof& proof, int windows,
                                        const Asker& asker);

}  // namespace av1d
