// A reader of the few Matroska elements that ffprobe does not show but a remux by ffmpeg would
// lose: editions, nested and ordered chapters, BCP-47 languages, links to other files. Element ids
// are those of RFC 9559 (Matroska) and RFC 8794 (EBML).
#pragma once

#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

// Reads the head of `path` (and what its SeekHead points to; clusters are skipped, never read).
// Nothing when the file does not begin with an EBML header. A damaged or hostile file ends the
// reading early and never throws, loops or allocates more than a few MiB. Reads the disk.
Result<std::optional<MatroskaFacts>> read_matroska(const fs::path& path);

}  // namespace av1d
