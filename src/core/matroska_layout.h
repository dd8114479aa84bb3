// Where the elements of a Matroska file lie: its head up to the first cluster, and what its
// SeekHeads point to. Reading what is in them is others' work (matroska.cc, matroska_carry.cc).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "av1d/media.h"
#include "ebml.h"

namespace av1d::matroska {

// RFC 9559, and RFC 8794 for the first four.
inline constexpr std::uint32_t kEbml = 0x1A45DFA3, kDocType = 0x4282, kVoid = 0xEC, kCrc32 = 0xBF,
                               kSegment = 0x18538067, kSeekHead = 0x114D9B74, kSeek = 0x4DBB,
                               kSeekId = 0x53AB, kSeekPosition = 0x53AC, kInfo = 0x1549A966,
                               kTitle = 0x7BA9, kSegmentUuid = 0x73A4, kSegmentFilename = 0x7384,
                               kPrevUuid = 0x3CB923, kPrevFilename = 0x3C83AB, kNextUuid = 0x3EB923,
                               kNextFilename = 0x3E83BB, kSegmentFamily = 0x4444,
                               kChapterTranslate = 0x6924, kCluster = 0x1F43B675,
                               kTracks = 0x1654AE6B, kTrackEntry = 0xAE, kTrackUid = 0x73C5,
                               kTrackType = 0x83, kFlagEnabled = 0xB9, kLanguageBcp47 = 0x22B59D,
                               kLanguage = 0x22B59C, kName = 0x536E, kCodecId = 0x86,
                               kFlagDefault = 0x88, kFlagForced = 0x55AA, kFileName = 0x466E,
                               kFileMediaType = 0x4660, kVideo = 0xE0, kAlphaMode = 0x53C0,
                               kPixelWidth = 0xB0, kPixelHeight = 0xBA, kDisplayWidth = 0x54B0,
                               kDisplayHeight = 0x54BA, kContentEncodings = 0x6D80,
                               kContentEncoding = 0x6240, kContentEncryption = 0x5035,
                               kCues = 0x1C53BB6B, kAttachments = 0x1941A469,
                               kAttachedFile = 0x61A7, kFileUid = 0x46AE, kChapters = 0x1043A770,
                               kEditionEntry = 0x45B9, kEditionFlagHidden = 0x45BD,
                               kEditionFlagOrdered = 0x45DD, kChapterAtom = 0xB6,
                               kChapterTimeStart = 0x91, kChapterTimeEnd = 0x92,
                               kChapterFlagHidden = 0x98, kChapterFlagEnabled = 0x4598,
                               kChapterSegmentUuid = 0x6E67, kChapterDisplay = 0x80,
                               kChapLanguageBcp47 = 0x437D, kTags = 0x1254C367, kTag = 0x7373,
                               kTargets = 0x63C0, kTagTrackUid = 0x63C5, kSimpleTag = 0x67C8,
                               kTagName = 0x45A3;

struct Layout {
  std::string doc_type;
  ebml::Element segment;
  // SeekHead, Info, Tracks, Chapters, Attachments and Tags, each once, in the order of their
  // discovery: those of the head first.
  std::vector<ebml::Element> elements;
  std::optional<std::uint64_t> first_cluster;
  bool second_segment = false;  // something that is a segment again follows the first
};

// Nothing for what does not begin with an EBML header; a layout without elements for an EBML file
// without a segment. Clusters are passed over only where SeekHeads are absent or wrong.
std::optional<Layout> find_layout(ebml::Reader& file);

template <class Handle>
void for_each_child(ebml::Reader& file, const ebml::Element& parent, Handle&& handle) {
  std::uint64_t at = parent.data;
  while (at < parent.end) {
    const auto child = file.element_at(at, parent.end);
    if (!child) return;
    handle(*child);
    at = child->end;
  }
}

// What is said of the attachments, in the order of the file. Their bytes are not read.
std::vector<MatroskaAttachment> list_attachments(ebml::Reader& file,
                                                 const ebml::Element& attachments);

}  // namespace av1d::matroska
