// Finding the elements of a Matroska file; see matroska_layout.h. The head up to the first cluster
// is walked, then what the SeekHeads point to; only where these are absent or wrong, the clusters
// are passed over by their sizes to find chapters and tags behind them.
#include "matroska_layout.h"

#include <deque>
#include <set>

namespace av1d::matroska {

namespace {

using ebml::Element;

constexpr std::size_t kMostTargets = 1024;  // entries of all SeekHeads

bool is_top_level(std::uint32_t id) {
  return id == kEbml || id == kSegment;
}

// What ends an element of unknown size inside a segment.
bool is_segment_child(std::uint32_t id) {
  return id == kSeekHead || id == kInfo || id == kCluster || id == kTracks || id == kCues ||
         id == kAttachments || id == kChapters || id == kTags;
}

class LayoutFinder {
 public:
  explicit LayoutFinder(ebml::Reader& file) : file_(file) {}
  std::optional<Layout> find();

 private:
  enum class Clusters { stop, pass };
  struct Target {
    std::uint32_t id = 0;
    std::uint64_t at = 0;
  };

  std::optional<Element> find_segment(std::uint64_t at);
  void walk_segment(std::uint64_t at, Clusters clusters);
  void follow_seek_heads();
  void look_behind_segment();
  std::uint64_t end_of_unknown(const Element& element);
  void note(const Element& element);
  void read_seek_head(const Element& element);

  ebml::Reader& file_;
  Layout layout_;
  Element& segment_ = layout_.segment;
  std::deque<Target> targets_;
  std::set<std::uint64_t> targeted_;  // positions that were ever in targets_
  std::set<std::uint64_t> noted_;     // positions of what was found, so that nothing counts twice
  bool seek_head_found_ = false;
  bool seek_head_wrong_ = false;
};

std::optional<Layout> LayoutFinder::find() {
  const auto header = file_.element_at(0, file_.file_size());
  if (!header || header->id != kEbml) return std::nullopt;
  for_each_child(file_, *header, [&](const Element& child) {
    if (child.id == kDocType) layout_.doc_type = file_.text_value(child);
  });
  const auto segment = find_segment(header->end);
  if (!segment) return std::move(layout_);
  segment_ = *segment;
  walk_segment(segment_.data, Clusters::stop);
  follow_seek_heads();
  look_behind_segment();
  if (layout_.first_cluster && (!seek_head_found_ || seek_head_wrong_)) {
    walk_segment(*layout_.first_cluster, Clusters::pass);
    look_behind_segment();  // only now the end of a segment without a size is known
  }
  return std::move(layout_);
}

// The first segment from `at` on; void elements may stand before it.
std::optional<Element> LayoutFinder::find_segment(std::uint64_t at) {
  while (const auto element = file_.element_at(at, file_.file_size())) {
    if (element->id == kSegment) return element;
    if (element->id != kVoid) return std::nullopt;
    at = element->end;
  }
  return std::nullopt;
}

// Reads the segment's children from `at` on, up to its end, to the first cluster where these are
// not passed over, or to bytes that are no element.
void LayoutFinder::walk_segment(std::uint64_t at, Clusters clusters) {
  while (at < segment_.end) {
    auto element = file_.element_at(at, segment_.end);
    if (!element) return;
    if (segment_.unknown_size && is_top_level(element->id)) {
      segment_.end = at;  // here it ended, and something else begins
      return;
    }
    if (element->id == kCluster) {
      if (!layout_.first_cluster) layout_.first_cluster = at;
      if (clusters == Clusters::stop) return;
    }
    if (element->unknown_size) element->end = end_of_unknown(*element);
    note(*element);
    at = element->end;
  }
}

// A SeekHead may name further SeekHeads. What it names may stand beside something that it does not
// name, so the walk goes on from there.
void LayoutFinder::follow_seek_heads() {
  while (!targets_.empty()) {
    const Target target = targets_.front();
    targets_.pop_front();
    const auto element = file_.element_at(target.at, segment_.end);
    if (!element || element->id != target.id) {
      seek_head_wrong_ = true;
      continue;
    }
    walk_segment(target.at, Clusters::stop);
  }
}

void LayoutFinder::look_behind_segment() {
  std::uint64_t at = segment_.end;
  while (const auto element = file_.element_at(at, file_.file_size())) {
    if (element->id == kSegment) layout_.second_segment = true;
    if (element->id == kEbml && find_segment(element->end)) layout_.second_segment = true;
    if (element->id != kVoid) return;
    at = element->end;
  }
}

// Live writers don't know sizes: such an element ends where its parent's next child begins.
std::uint64_t LayoutFinder::end_of_unknown(const Element& element) {
  std::uint64_t at = element.data;
  while (at < element.end) {
    const auto child = file_.element_at(at, element.end);
    if (!child) return element.end;
    if (is_segment_child(child->id) || is_top_level(child->id)) return at;
    at = child->end;
  }
  return at;
}

void LayoutFinder::note(const Element& element) {
  const bool wanted = element.id == kSeekHead || element.id == kInfo || element.id == kTracks ||
                      element.id == kChapters || element.id == kAttachments || element.id == kTags;
  if (!wanted || noted_.size() >= kMostTargets || !noted_.insert(element.at).second) return;
  if (element.id == kSeekHead) read_seek_head(element);
  layout_.elements.push_back(element);
}

void LayoutFinder::read_seek_head(const Element& element) {
  seek_head_found_ = true;
  for_each_child(file_, element, [&](const Element& seek) {
    if (seek.id != kSeek) return;
    Target target;
    std::optional<std::uint64_t> position;
    for_each_child(file_, seek, [&](const Element& child) {
      if (child.id == kSeekId && child.size() == 4) {
        target.id = static_cast<std::uint32_t>(file_.unsigned_value(child, 0));
      }
      if (child.id == kSeekPosition) position = file_.unsigned_value(child, 0);
    });
    if (!position || !is_segment_child(target.id) || target.id == kCluster) return;
    seek_head_wrong_ = seek_head_wrong_ || *position >= segment_.size();
    if (*position >= segment_.size() || targeted_.size() >= kMostTargets) return;
    target.at = segment_.data + *position;
    if (targeted_.insert(target.at).second) targets_.push_back(target);
  });
}

}  // namespace

std::optional<Layout> find_layout(ebml::Reader& file) {
  return LayoutFinder(file).find();
}

std::vector<MatroskaAttachment> list_attachments(ebml::Reader& file,
                                                 const ebml::Element& attachments) {
  constexpr std::size_t kMostAttachments = 4096;
  std::vector<MatroskaAttachment> list;
  for_each_child(file, attachments, [&](const ebml::Element& attached) {
    if (attached.id != kAttachedFile || list.size() >= kMostAttachments) return;
    MatroskaAttachment& attachment = list.emplace_back();
    for_each_child(file, attached, [&](const ebml::Element& child) {
      if (child.id == kFileUid) attachment.uid = file.unsigned_value(child, 0);
      if (child.id == kFileName) attachment.name = file.text_value(child);
      if (child.id == kFileMediaType) attachment.media_type = file.text_value(child);
    });
  });
  return list;
}

}  // namespace av1d::matroska
