// What ffmpeg could not carry from one Matroska file to the other; see matroska.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "av1d/matroska.h"
#include "av1d/text.h"
#include "matroska_contents.h"
#include "matroska_head.h"

namespace av1d {

namespace {

using namespace matroska;
using ebml::Node;

// How this file is known to others and which they are (RFC 9559, 5.1.2). Its title as well: where a
// tag of a season or a part has a title too, ffmpeg reads the last of them and writes it here.
constexpr std::array kCarriedInfo = {kTitle,           kSegmentUuid,   kPrevUuid,
                                     kNextUuid,        kPrevFilename,  kNextFilename,
                                     kSegmentFilename, kSegmentFamily, kChapterTranslate};
// What ffmpeg neither shows nor writes of a track.
constexpr std::array kCarriedTrack = {kLanguageBcp47, kFlagEnabled};

Result<Head> read_head(ebml::Reader& file, const Layout& layout, const fs::path& path) {
  Head head;
  for (const auto& element : layout.elements) {
    Node* target = element.id == kInfo       ? &head.info
                   : element.id == kTracks   ? &head.tracks
                   : element.id == kChapters ? &head.chapters
                   : element.id == kTags     ? &head.tags
                                             : nullptr;
    if (target == nullptr) continue;
    // Info and Tracks are repeated as a copy, tags as further ones.
    const bool repeated = !target->children.empty() && target->id != kTags;
    if (repeated) continue;
    auto tree = ebml::read_tree(file, element, &is_head_master, kMostHeadBytes);
    if (!tree) return fail("cannot read the head of '" + printable(path.native()) + "': damaged");
    std::move(tree->children.begin(), tree->children.end(), std::back_inserter(target->children));
  }
  return head;
}

std::vector<const Node*> entries_of(const Node& tracks) {
  std::vector<const Node*> entries;
  for (const auto& child : tracks.children) {
    if (child.id == kTrackEntry) entries.push_back(&child);
  }
  return entries;
}

std::uint64_t uid_of(const Node& entry) {
  const Node* uid = entry.child(kTrackUid);
  return uid == nullptr ? 0 : ebml::unsigned_of(*uid);
}

// Each by its place: its UID, or 0 where it has none of its own.
std::vector<std::uint64_t> distinct(std::vector<std::uint64_t> uids) {
  const std::vector<std::uint64_t> all = uids;
  for (auto& uid : uids) {
    if (std::count(all.begin(), all.end(), uid) > 1) uid = 0;
  }
  return uids;
}

// By attachment of the output: the UID that it had.
std::vector<std::uint64_t> uids_of(const std::vector<MatroskaAttachment>& attachments,
                                   const MatroskaCarry& carry) {
  std::vector<std::uint64_t> uids;
  for (const auto& attachment : attachments) uids.push_back(attachment.uid);
  uids = distinct(std::move(uids));
  std::vector<std::uint64_t> carried;
  for (const std::size_t from : carry.attachments) {
    carried.push_back(from < uids.size() ? uids[from] : 0);
  }
  return carried;
}

TrackFates fates_of(const std::vector<std::uint64_t>& source_uids, const MatroskaCarry& carry) {
  TrackFates fates;
  for (const auto uid : source_uids) fates[uid] = TrackFate::dropped;
  for (const auto& origin : carry.tracks) {
    if (origin.source_track >= source_uids.size()) continue;
    fates[source_uids[origin.source_track]] = origin.packets == MatroskaOrigin::Packets::made_anew
                                                  ? TrackFate::made_anew
                                                  : TrackFate::kept;
  }
  fates.erase(0);
  return fates;
}

template <std::size_t N>
bool is_one_of(std::uint32_t id, const std::array<std::uint32_t, N>& ids) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// The children of `to` whose id is in `ids` become those of `from`.
template <std::size_t N>
void take_over(Node& to, const Node& from, const std::array<std::uint32_t, N>& ids) {
  std::vector<Node> taken;
  std::copy_if(from.children.begin(), from.children.end(), std::back_inserter(taken),
               [&](const Node& child) { return is_one_of(child.id, ids); });
  if (taken.empty()) return;
  std::erase_if(to.children, [&](const Node& child) { return is_one_of(child.id, ids); });
  std::move(taken.begin(), taken.end(), std::back_inserter(to.children));
}

// ---- What the new head says ---------------------------------------------------------------------

// The output's head with what is the source's.
Head merge(const Head& source, Head output, const MatroskaCarry& carry) {
  const auto source_entries = entries_of(source.tracks);
  std::vector<std::uint64_t> source_uids;
  for (const Node* entry : source_entries) source_uids.push_back(uid_of(*entry));
  source_uids = distinct(std::move(source_uids));

  take_over(output.info, source.info, kCarriedInfo);
  std::map<std::uint64_t, std::uint64_t> renamed;
  std::size_t track = 0;
  for (auto& entry : output.tracks.children) {
    if (entry.id != kTrackEntry || track >= carry.tracks.size()) continue;
    const std::size_t from = carry.tracks[track++].source_track;
    if (from >= source_entries.size()) continue;
    take_over(entry, *source_entries[from], kCarriedTrack);
    if (source_uids[from] == 0) continue;
    renamed[uid_of(entry)] = source_uids[from];
    take_over(entry, *source_entries[from], std::array{kTrackUid});
  }

  const TrackFates fates = fates_of(source_uids, carry);
  Node tags{kTags, {}, {}};
  TrackFates output_fates;  // by the UIDs that ffmpeg gave
  for (const auto& [old_uid, uid] : renamed) output_fates[old_uid] = fates.at(uid);
  for (const auto& tag : source.tags.children) {
    if (tag.id != kTag) continue;
    if (auto kept = filter_tag(tag, &keeps_source_tag, fates, {})) {
      tags.children.push_back(*std::move(kept));
    }
  }
  for (const auto& tag : output.tags.children) {
    if (tag.id != kTag) continue;
    if (auto kept = filter_tag(tag, &keeps_output_tag, output_fates, renamed)) {
      tags.children.push_back(*std::move(kept));
    }
  }
  output.tags = std::move(tags);
  output.chapters = source.chapters;
  shift_chapters(output.chapters, -carry.start_ns);
  return output;
}

const ebml::Element* attachments_in(const Layout& layout) {
  const auto it = std::find_if(layout.elements.begin(), layout.elements.end(),
                               [](const auto& element) { return element.id == kAttachments; });
  return it == layout.elements.end() ? nullptr : &*it;
}

struct OpenFile {
  ebml::Reader reader;
  Layout layout;
  Head head;
};

Result<OpenFile> open_file(const fs::path& path) {
  auto reader = ebml::Reader::open(path);
  if (!reader) return std::unexpected(reader.error());
  auto layout = find_layout(*reader);
  if (!layout) return fail("cannot read '" + printable(path.native()) + "': it is not Matroska");
  auto head = read_head(*reader, *layout, path);
  if (reader->error() != 0) return fail_errno("read", path.native(), reader->error());
  if (!head) return std::unexpected(head.error());
  return OpenFile{*std::move(reader), *std::move(layout), *std::move(head)};
}

Result<OpenFile> open_output(const fs::path& path, std::size_t tracks) {
  auto file = open_file(path);
  if (!file) return file;
  const std::size_t written = entries_of(file->head.tracks).size();
  if (written == tracks) return file;
  return fail(fmt::format("cannot write into the head of '{}': it has {} tracks, expected {}",
                          printable(path.native()), written, tracks));
}

}  // namespace

std::optional<MatroskaCarry> matroska_carry(const MediaInfo& source, const EncodePlan& plan) {
  if (!source.matroska || source.matroska->damaged_head || source.matroska->tracks.empty() ||
      plan.container == OutputContainer::mp4) {
    return std::nullopt;
  }
  MatroskaCarry carry;
  carry.start_ns = std::llround(source.start_secs.value_or(0) * 1e9) - plan.early_ns;
  for (const auto& stream : plan.streams) {
    const auto index = static_cast<std::size_t>(stream.source_index);
    if (index >= source.matroska->tracks.size()) {  // attachments come after them
      carry.attachments.push_back(index - source.matroska->tracks.size());
      continue;
    }
    const bool kept = stream.action == StreamAction::copy;
    carry.tracks.push_back(
        {index, kept ? MatroskaOrigin::Packets::kept : MatroskaOrigin::Packets::made_anew});
  }
  return carry;
}

MatroskaFacts expected_matroska(const MatroskaFacts& source, const MatroskaCarry& carry) {
  std::vector<std::uint64_t> uids;
  for (const auto& track : source.tracks) uids.push_back(track.uid);
  uids = distinct(std::move(uids));
  const TrackFates fates = fates_of(uids, carry);
  MatroskaFacts expected;
  expected.segment_uuid = source.segment_uuid;
  expected.title = source.title;
  for (const auto& origin : carry.tracks) {
    if (origin.source_track >= source.tracks.size()) continue;
    expected.tracks.push_back(
        {uids[origin.source_track], source.tracks[origin.source_track].language});
  }
  for (const std::uint64_t uid : uids_of(source.attachments, carry)) {
    expected.attachments.push_back({uid});
  }
  for (MatroskaTag tag : source.tags) {
    if (!keeps_source_tag(tag, fates)) continue;
    std::erase_if(tag.track_uids, [&](std::uint64_t uid) {
      const auto it = fates.find(uid);
      return it != fates.end() && it->second == TrackFate::dropped;
    });
    expected.tags.push_back(std::move(tag));
  }
  expected.chapters = source.chapters;
  for (auto& chapter : expected.chapters) {
    if (chapter.linked) continue;
    for (auto* time : {&chapter.start_ns, &chapter.end_ns}) {
      if (*time) *time = std::max<std::int64_t>(**time - carry.start_ns, 0);
    }
  }
  return expected;
}

Status carry_matroska(const fs::path& source, const fs::path& output, const MatroskaCarry& carry) {
  auto from = open_file(source);
  if (!from) return std::unexpected(from.error());
  auto to = open_output(output, carry.tracks.size());
  if (!to) return std::unexpected(to.error());
  const Head head = merge(from->head, std::move(to->head), carry);
  if (const Status status = write_head(to->reader, to->layout, head, output); !status)
    return status;
  const ebml::Element* had = attachments_in(from->layout);
  const ebml::Element* has = attachments_in(to->layout);
  if (had == nullptr || has == nullptr) return {};
  return write_attachment_uids(to->reader, *has,
                               uids_of(list_attachments(from->reader, *had), carry), output);
}

std::vector<std::string> matroska_languages(const EncodePlan& plan) {
  std::vector<std::string> languages;
  for (const auto& stream : plan.streams) {
    if (stream.action != StreamAction::attach) languages.push_back(stream.language_tag);
  }
  if (std::ranges::all_of(languages, &std::string::empty)) return {};
  return languages;
}

Status write_languages(const fs::path& output, const std::vector<std::string>& languages) {
  auto file = open_output(output, languages.size());
  if (!file) return std::unexpected(file.error());
  auto language = languages.begin();
  for (auto& entry : file->head.tracks.children) {
    if (entry.id != kTrackEntry) continue;
    if (!language->empty()) entry.children.push_back({kLanguageBcp47, *language, {}});
    ++language;
  }
  return write_head(file->reader, file->layout, file->head, output);
}

}  // namespace av1d
