// Matroska beyond ffmpeg: what its demuxer does not show and its muxer does not write. Chapters in
// editions and in chapters, languages of BCP 47 (pt-BR, zh-Hans), tags in tags and several of one
// name, the UUIDs by which files refer to each other. A remux loses all of it with exit status 0.
//
// Done here and not with mkvpropedit: that is not on every machine, moves the tracks behind the
// film where they grow, and knows nothing of what of the old file's statistics is stale. Element
// ids are those of RFC 9559 (Matroska) and RFC 8794 (EBML).
#pragma once

#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

// Reads the head of `path` (and what its SeekHead points to; clusters are skipped, never read).
// Nothing when the file does not begin with an EBML header. A damaged or hostile file ends the
// reading early and never throws, loops or allocates more than some MiB. Reads the disk.
Result<std::optional<MatroskaFacts>> read_matroska(const fs::path& path);

// Gives streams that ffmpeg has no name for (WebVTT as mkvmerge writes it) their CodecID as
// codec_tag, so that a reason can name them. Pure.
void name_codecs(MediaInfo& media);

// One track of the output: which of the source's it was, and whether its packets are still those.
struct MatroskaOrigin {
  enum class Packets { kept, made_anew };
  std::size_t source_track = 0;
  Packets packets = Packets::kept;
};

struct MatroskaCarry {
  std::vector<MatroskaOrigin> tracks;         // by output track
  std::int64_t start_ns = 0;                  // of the source: what the muxer takes from every time
  std::vector<std::size_t> attachments = {};  // by output attachment: which of the source's
};

// Nothing unless both source and output are Matroska (or WebM) and all of the source's tracks are
// known. Pure.
std::optional<MatroskaCarry> matroska_carry(const MediaInfo& source, const EncodePlan& plan);

// What the output must hold of `source`. Pure.
MatroskaFacts expected_matroska(const MatroskaFacts& source, const MatroskaCarry& carry);

// Gives `output`, just written by ffmpeg, what of the head of `source` ffmpeg could not carry:
// chapters and tags whole, languages and UIDs of its tracks, UIDs of attachments, the UUIDs of the
// segment. The elements before the first cluster are arranged anew in the room that they have;
// chapters or tags that don't fit there go behind the film, where mkvmerge has them too. No cluster
// moves. Writes `output` in place and does not sync it; a failure leaves it in no useful state.
Status carry_matroska(const fs::path& source, const fs::path& output, const MatroskaCarry& carry);

// By output track, the BCP 47 languages of a source that is no Matroska; none where three letters
// say them all. Pure.
std::vector<std::string> matroska_languages(const EncodePlan& plan);

// Gives the tracks of `output`, just written by ffmpeg, those languages ("": none). As
// carry_matroska() otherwise.
Status write_languages(const fs::path& output, const std::vector<std::string>& languages);

}  // namespace av1d
