// The chapters and tags of a Matroska file: what they say, and which of them a re-encoded file
// keeps. Shared by the reader that lists them and the writer that carries them over. Pure.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "av1d/matroska.h"
#include "ebml_tree.h"

namespace av1d::matroska {

// Of one Chapters or Tags element; mkvmerge refuses chapters and tags above 10 MiB.
inline constexpr std::size_t kMostHeadBytes = std::size_t{16} << 20U;

// Elements of the head that hold others which are looked into.
bool is_head_master(std::uint32_t id);

void list_chapters(const ebml::Node& chapters, std::vector<MatroskaChapter>& list);
void list_tags(const ebml::Node& tags, std::vector<MatroskaTag>& list);

// What becomes of the tracks that tags speak of, by their UID.
enum class TrackFate { kept, made_anew, dropped };
using TrackFates = std::map<std::uint64_t, TrackFate>;

// The source's tag, but for what describes the old file and not the film; nothing of tracks that
// are dropped. ENCODER and DURATION are the muxer's own words, statistics those of mkvmerge.
bool keeps_source_tag(const MatroskaTag& tag, const TrackFates& fates);
// Of the tags that ffmpeg wrote into the output: its own words alone, the rest was the source's.
bool keeps_output_tag(const MatroskaTag& tag, const TrackFates& fates);

// One Tag element with those of its SimpleTags that `keeps` takes, without targets that are
// dropped; nothing where none is left. `uids` renames targets.
using KeepsTag = bool (*)(const MatroskaTag&, const TrackFates&);
std::optional<ebml::Node> filter_tag(const ebml::Node& tag, KeepsTag keeps, const TrackFates& fates,
                                     const std::map<std::uint64_t, std::uint64_t>& uids);

// Times that ffmpeg moves with the film's start: those of chapters, but for chapters of other
// files.
void shift_chapters(ebml::Node& chapters, std::int64_t by_ns);

}  // namespace av1d::matroska
