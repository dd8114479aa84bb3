// The elements before the first cluster of a Matroska file, and how they are arranged anew where
// they are, without moving a cluster.
#pragma once

#include "av1d/result.h"
#include "av1d/types.h"
#include "ebml_tree.h"
#include "matroska_layout.h"

namespace av1d::matroska {

// The head of one file, in memory.
struct Head {
  ebml::Node info{kInfo, {}, {}}, tracks{kTracks, {}, {}};
  ebml::Node chapters{kChapters, {}, {}}, tags{kTags, {}, {}};
};

// Writes `head` in place of the one that `file` (at `path`) has: as ffmpeg wrote it, its size
// known, nothing behind the segment. Attachments and Cues stay where they are; what of chapters and
// tags doesn't fit goes behind the last cluster. An error where Info or Tracks don't fit. Writes
// the disk.
Status write_head(ebml::Reader& file, const Layout& layout, const Head& head, const fs::path& path);

// Gives the attachments of `file` (at `path`), as ffmpeg wrote them, these UIDs by their order, 0
// for none; their checksum becomes Void. Writes the disk.
Status write_attachment_uids(ebml::Reader& file, const ebml::Element& attachments,
                             const std::vector<std::uint64_t>& uids, const fs::path& path);

}  // namespace av1d::matroska
