// WebLike or DiscLike: which way a source came to be. Pure.
#pragma once

#include "av1d/types.h"

namespace av1d {

// Tokens in the path below the library root (+10 each, once each, whole words between separators,
// longest match consumes its text), bitrate (+5), VP9 (+5), size above 20 GB (+5). The higher score
// wins, a tie is Unknown. `relative_path` is the path below the root. Numbers: README "Classes".
Classification classify(const fs::path& relative_path, const MediaInfo& media);

}  // namespace av1d
