// MP4 and QuickTime beyond ffmpeg: what its demuxer does not show, and a remux loses with exit
// status 0. Box names are those of ISO/IEC 14496-12 and Apple's QuickTime File Format.
#pragma once

#include <optional>

#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

// Reads the boxes of `moov` that matter, never samples. Nothing where there is no `moov`. A damaged
// or hostile file ends the reading early and never throws, loops or allocates more than some MiB.
// Reads the disk.
Result<std::optional<Mp4Facts>> read_mp4(const fs::path& path);

// Puts boxes of `source` into what ffmpeg has just written to `output`, byte for byte: those beside
// `moov` at its end, the others where they belong, in place of the tag that made room for them. No
// sample moves, and `moov` keeps its size (what is left of the room becomes a `free` box). Where no
// tag made room, a new `moov` stands at the end of the file, and the old one becomes `free`.
// Tracks that are to be off are switched off. Writes `output` in place and does not sync it; a
// failure leaves it in no useful state.
Status carry_mp4(const fs::path& source, const fs::path& output, const Mp4Carry& carry);

}  // namespace av1d
