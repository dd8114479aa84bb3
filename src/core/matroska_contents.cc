// What chapters and tags say; see matroska_contents.h.
#include "matroska_contents.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "av1d/plan.h"
#include "av1d/text.h"
#include "matroska_layout.h"

namespace av1d::matroska {

namespace {

using ebml::Node;

std::optional<std::int64_t> time_of(const Node& node, std::uint32_t id) {
  const Node* time = node.child(id);
  if (time == nullptr) return std::nullopt;
  // 73 years, as everywhere: broken files hold any number.
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 61U;
  return static_cast<std::int64_t>(std::min(ebml::unsigned_of(*time), kLimit));
}

bool is_time(std::uint32_t id) {
  return id == kChapterTimeStart || id == kChapterTimeEnd;
}

void list_chapter(const Node& node, const std::string& place, bool linked,
                  std::vector<MatroskaChapter>& list) {
  MatroskaChapter chapter{
      place, time_of(node, kChapterTimeStart), time_of(node, kChapterTimeEnd), {}, false};
  std::string rest;
  for (const auto& child : node.children) {
    if (child.id != kChapterAtom && !is_time(child.id)) rest += ebml::to_bytes(child);
  }
  chapter.digest = fnv1a_hex(rest);
  chapter.linked = linked || node.child(kChapterSegmentUuid) != nullptr;
  linked = chapter.linked;
  list.push_back(std::move(chapter));
  int number = 0;
  for (const auto& child : node.children) {
    if (child.id == kChapterAtom) {
      list_chapter(child, fmt::format("{}.{}", place, ++number), linked, list);
    }
  }
}

std::set<std::uint64_t> track_uids_of(const Node& tag) {
  std::set<std::uint64_t> uids;
  const Node* targets = tag.child(kTargets);
  if (targets == nullptr) return uids;
  for (const auto& child : targets->children) {
    // 0 means all tracks, which is what no track says too.
    if (child.id == kTagTrackUid && ebml::unsigned_of(child) != 0) {
      uids.insert(ebml::unsigned_of(child));
    }
  }
  return uids;
}

std::string other_targets_of(const Node& tag) {
  std::string bytes;
  if (const Node* targets = tag.child(kTargets)) {
    for (const auto& child : targets->children) {
      if (child.id != kTagTrackUid) bytes += ebml::to_bytes(child);
    }
  }
  return bytes;
}

MatroskaTag tag_of(const Node& tag, const Node& simple) {
  const Node* name = simple.child(kTagName);
  return {track_uids_of(tag), name == nullptr ? std::string() : name->data,
          fnv1a_hex(other_targets_of(tag) + ebml::to_bytes(simple))};
}

TrackFate fate_of(std::uint64_t uid, const TrackFates& fates) {
  const auto it = fates.find(uid);
  return it == fates.end() ? TrackFate::kept : it->second;
}

bool any_is(const MatroskaTag& tag, const TrackFates& fates, TrackFate fate) {
  return std::any_of(tag.track_uids.begin(), tag.track_uids.end(),
                     [&](std::uint64_t uid) { return fate_of(uid, fates) == fate; });
}

bool all_are_dropped(const std::set<std::uint64_t>& uids, const TrackFates& fates) {
  return !uids.empty() && std::all_of(uids.begin(), uids.end(), [&](std::uint64_t uid) {
    return fate_of(uid, fates) == TrackFate::dropped;
  });
}

}  // namespace

bool is_head_master(std::uint32_t id) {
  static constexpr std::array kMasters = {kInfo,         kTracks,      kTrackEntry, kChapters,
                                          kEditionEntry, kChapterAtom, kTags,       kTag,
                                          kTargets,      kSimpleTag,   kSeekHead,   kSeek};
  return std::find(kMasters.begin(), kMasters.end(), id) != kMasters.end();
}

void list_chapters(const Node& chapters, std::vector<MatroskaChapter>& list) {
  int edition = 0;
  for (const auto& child : chapters.children) {
    if (child.id == kEditionEntry) list_chapter(child, std::to_string(++edition), false, list);
  }
}

void list_tags(const Node& tags, std::vector<MatroskaTag>& list) {
  for (const auto& tag : tags.children) {
    if (tag.id != kTag) continue;
    for (const auto& simple : tag.children) {
      if (simple.id == kSimpleTag) list.push_back(tag_of(tag, simple));
    }
  }
}

bool keeps_source_tag(const MatroskaTag& tag, const TrackFates& fates) {
  const bool encoder = equals_ignore_case(tag.name, "ENCODER");
  if (tag.track_uids.empty()) return !encoder;
  if (all_are_dropped(tag.track_uids, fates)) return false;
  if (equals_ignore_case(tag.name, "DURATION")) return false;
  if (!any_is(tag, fates, TrackFate::made_anew)) return true;
  return !encoder && !is_statistics_tag(tag.name) && !equals_ignore_case(tag.name, "ALPHA_MODE");
}

bool keeps_output_tag(const MatroskaTag& tag, const TrackFates& fates) {
  const bool encoder = equals_ignore_case(tag.name, "ENCODER");
  if (tag.track_uids.empty()) return encoder;
  return equals_ignore_case(tag.name, "DURATION") ||
         (encoder && any_is(tag, fates, TrackFate::made_anew));
}

std::optional<Node> filter_tag(const Node& tag, KeepsTag keeps, const TrackFates& fates,
                               const std::map<std::uint64_t, std::uint64_t>& uids) {
  Node kept{tag.id, {}, {}};
  bool has_content = false;
  for (const auto& child : tag.children) {
    if (child.id == kSimpleTag) {
      if (!keeps(tag_of(tag, child), fates)) continue;
      has_content = true;
    }
    kept.children.push_back(child);
    if (child.id != kTargets) continue;
    auto& targets = kept.children.back().children;
    std::erase_if(targets, [&](const Node& target) {
      return target.id == kTagTrackUid &&
             fate_of(ebml::unsigned_of(target), fates) == TrackFate::dropped;
    });
    for (auto& target : targets) {
      const auto it = uids.find(ebml::unsigned_of(target));
      if (target.id == kTagTrackUid && it != uids.end()) {
        target = ebml::unsigned_node(kTagTrackUid, it->second);
      }
    }
  }
  return has_content ? std::optional(std::move(kept)) : std::nullopt;
}

void shift_chapters(Node& node, std::int64_t by_ns) {
  if (node.child(kChapterSegmentUuid) != nullptr) return;
  for (auto& child : node.children) {
    if (is_time(child.id)) {
      const auto time = static_cast<std::int64_t>(
          std::min<std::uint64_t>(ebml::unsigned_of(child), std::uint64_t{1} << 61U));
      child = ebml::unsigned_node(
          child.id, static_cast<std::uint64_t>(std::max<std::int64_t>(time + by_ns, 0)));
    }
    if (child.id == kEditionEntry || child.id == kChapterAtom) shift_chapters(child, by_ns);
  }
}

}  // namespace av1d::matroska
