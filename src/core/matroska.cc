// What a remux would lose of a Matroska file. The head up to the first cluster is walked, then what
// the SeekHeads point to; only where these are absent or wrong, the clusters are passed over by
// their sizes to find chapters and tags behind them.
#include "av1d/matroska.h"

#include <algorithm>
#include <deque>
#include <set>

#include "ebml.h"

namespace av1d {

namespace {

using ebml::Element;

// RFC 9559, and RFC 8794 for the first three.
constexpr std::uint32_t kEbml = 0x1A45DFA3, kDocType = 0x4282, kVoid = 0xEC, kSegment = 0x18538067,
                        kSeekHead = 0x114D9B74, kSeek = 0x4DBB, kSeekId = 0x53AB,
                        kSeekPosition = 0x53AC, kInfo = 0x1549A966, kPrevUuid = 0x3CB923,
                        kNextUuid = 0x3EB923, kCluster = 0x1F43B675, kTracks = 0x1654AE6B,
                        kTrackEntry = 0xAE, kLanguageBcp47 = 0x22B59D, kVideo = 0xE0,
                        kAlphaMode = 0x53C0, kContentEncodings = 0x6D80, kContentEncoding = 0x6240,
                        kContentEncryption = 0x5035, kCues = 0x1C53BB6B, kAttachments = 0x1941A469,
                        kChapters = 0x1043A770, kEditionEntry = 0x45B9, kEditionFlagHidden = 0x45BD,
                        kEditionFlagOrdered = 0x45DD, kChapterAtom = 0xB6,
                        kChapterFlagHidden = 0x98, kChapterFlagEnabled = 0x4598,
                        kChapterSegmentUuid = 0x6E67, kChapterDisplay = 0x80,
                        kChapLanguageBcp47 = 0x437D, kTags = 0x1254C367, kTag = 0x7373,
                        kSimpleTag = 0x67C8;

constexpr int kMostNesting = 32;             // of chapters in chapters
constexpr std::size_t kMostTracks = 1024;    // Matroska itself stops at 126 in practice
constexpr std::size_t kMostTargets = 1024;   // entries of all SeekHeads
constexpr std::size_t kMostLanguages = 256;  // distinct ones of chapter names

bool is_top_level(std::uint32_t id) {
  return id == kEbml || id == kSegment;
}

// What ends an element of unknown size inside a segment.
bool is_segment_child(std::uint32_t id) {
  return id == kSeekHead || id == kInfo || id == kCluster || id == kTracks || id == kCues ||
         id == kAttachments || id == kChapters || id == kTags;
}

class MatroskaReader {
 public:
  explicit MatroskaReader(ebml::Reader& file) : file_(file) {}
  std::optional<MatroskaFacts> read();

 private:
  enum class Clusters { stop, pass };
  struct Target {
    std::uint32_t id = 0;
    std::uint64_t at = 0;
  };

  template <class Handle>
  void for_each_child(const Element& parent, Handle&& handle);
  std::optional<Element> find_segment(std::uint64_t at);
  void walk_segment(std::uint64_t at, Clusters clusters);
  void follow_seek_heads();
  void look_behind_segment();
  std::uint64_t end_of_unknown(const Element& element);
  void read_top(const Element& element);
  void read_seek_head(const Element& element);
  void read_info(const Element& element);
  void read_tracks(const Element& element);
  std::string read_track(const Element& element);
  void read_encodings(const Element& element);
  void read_chapters(const Element& element);
  void read_edition(const Element& element);
  void read_atom(const Element& element, int depth);
  void read_display(const Element& element);
  void read_tag(const Element& element);

  ebml::Reader& file_;
  MatroskaFacts facts_;
  Element segment_;
  std::optional<std::uint64_t> first_cluster_;
  std::deque<Target> targets_;
  std::set<std::uint64_t> targeted_;  // positions that were ever in targets_
  std::set<std::uint64_t> read_;      // positions of what was read, so that nothing counts twice
  bool seek_head_found_ = false;
  bool seek_head_wrong_ = false;
};

template <class Handle>
void MatroskaReader::for_each_child(const Element& parent, Handle&& handle) {
  std::uint64_t at = parent.data;
  while (at < parent.end) {
    const auto child = file_.element_at(at, parent.end);
    if (!child) return;
    handle(*child);
    at = child->end;
  }
}

std::optional<MatroskaFacts> MatroskaReader::read() {
  const auto header = file_.element_at(0, file_.file_size());
  if (!header || header->id != kEbml) return std::nullopt;
  for_each_child(*header, [&](const Element& child) {
    if (child.id == kDocType) facts_.doc_type = file_.text_value(child);
  });
  const auto segment = find_segment(header->end);
  if (!segment) return facts_;
  segment_ = *segment;
  walk_segment(segment_.data, Clusters::stop);
  follow_seek_heads();
  look_behind_segment();
  if (first_cluster_ && (!seek_head_found_ || seek_head_wrong_)) {
    walk_segment(*first_cluster_, Clusters::pass);
    look_behind_segment();  // only now the end of a segment without a size is known
  }
  return facts_;
}

// The first segment from `at` on; void elements may stand before it.
std::optional<Element> MatroskaReader::find_segment(std::uint64_t at) {
  while (const auto element = file_.element_at(at, file_.file_size())) {
    if (element->id == kSegment) return element;
    if (element->id != kVoid) return std::nullopt;
    at = element->end;
  }
  return std::nullopt;
}

// Reads the segment's children from `at` on, up to its end, to the first cluster where these are
// not passed over, or to bytes that are no element.
void MatroskaReader::walk_segment(std::uint64_t at, Clusters clusters) {
  while (at < segment_.end) {
    auto element = file_.element_at(at, segment_.end);
    if (!element) return;
    if (segment_.unknown_size && is_top_level(element->id)) {
      segment_.end = at;  // here it ended, and something else begins
      return;
    }
    if (element->id == kCluster) {
      if (!first_cluster_) first_cluster_ = at;
      if (clusters == Clusters::stop) return;
    }
    if (element->unknown_size) element->end = end_of_unknown(*element);
    read_top(*element);
    at = element->end;
  }
}

// A SeekHead may name further SeekHeads. What it names may stand beside something that it does not
// name, so the walk goes on from there.
void MatroskaReader::follow_seek_heads() {
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

void MatroskaReader::look_behind_segment() {
  std::uint64_t at = segment_.end;
  while (const auto element = file_.element_at(at, file_.file_size())) {
    if (element->id == kSegment) facts_.second_segment = true;
    if (element->id == kEbml && find_segment(element->end)) facts_.second_segment = true;
    if (element->id != kVoid) return;
    at = element->end;
  }
}

// Live writers don't know sizes: such an element ends where its parent's next child begins.
std::uint64_t MatroskaReader::end_of_unknown(const Element& element) {
  std::uint64_t at = element.data;
  while (at < element.end) {
    const auto child = file_.element_at(at, element.end);
    if (!child) return element.end;
    if (is_segment_child(child->id) || is_top_level(child->id)) return at;
    at = child->end;
  }
  return at;
}

void MatroskaReader::read_top(const Element& element) {
  const bool wanted = element.id == kSeekHead || element.id == kInfo || element.id == kTracks ||
                      element.id == kChapters || element.id == kTags;
  if (!wanted || read_.size() >= kMostTargets || !read_.insert(element.at).second) return;
  if (element.id == kSeekHead) read_seek_head(element);
  if (element.id == kInfo) read_info(element);
  if (element.id == kTracks) read_tracks(element);
  if (element.id == kChapters) read_chapters(element);
  if (element.id == kTags) {
    for_each_child(element, [&](const Element& child) {
      if (child.id == kTag) read_tag(child);
    });
  }
}

void MatroskaReader::read_seek_head(const Element& element) {
  seek_head_found_ = true;
  for_each_child(element, [&](const Element& seek) {
    if (seek.id != kSeek) return;
    Target target;
    std::optional<std::uint64_t> position;
    for_each_child(seek, [&](const Element& child) {
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

void MatroskaReader::read_info(const Element& element) {
  for_each_child(element, [&](const Element& child) {
    const bool link = child.id == kPrevUuid || child.id == kNextUuid;
    if (link && child.size() > 0) facts_.linked_segment = true;
  });
}

// A second Tracks element is a copy of the first (RFC 9559, 6.1): it adds no tracks.
void MatroskaReader::read_tracks(const Element& element) {
  std::vector<std::string> languages;
  for_each_child(element, [&](const Element& child) {
    if (child.id != kTrackEntry) return;
    std::string language = read_track(child);
    if (languages.size() < kMostTracks) languages.push_back(std::move(language));
  });
  if (facts_.track_languages.empty()) facts_.track_languages = std::move(languages);
}

std::string MatroskaReader::read_track(const Element& element) {
  std::string language;
  for_each_child(element, [&](const Element& child) {
    if (child.id == kLanguageBcp47) language = file_.text_value(child);
    if (child.id == kContentEncodings) read_encodings(child);
    if (child.id != kVideo) return;
    for_each_child(child, [&](const Element& video) {
      if (video.id == kAlphaMode && file_.unsigned_value(video, 0) != 0) facts_.alpha_track = true;
    });
  });
  return language;
}

void MatroskaReader::read_encodings(const Element& element) {
  for_each_child(element, [&](const Element& encoding) {
    if (encoding.id != kContentEncoding) return;
    for_each_child(encoding, [&](const Element& child) {
      if (child.id == kContentEncryption) facts_.encrypted_track = true;
    });
  });
}

void MatroskaReader::read_chapters(const Element& element) {
  for_each_child(element, [&](const Element& child) {
    if (child.id == kEditionEntry) read_edition(child);
  });
}

void MatroskaReader::read_edition(const Element& element) {
  ++facts_.editions;
  for_each_child(element, [&](const Element& child) {
    if (child.id == kEditionFlagOrdered && file_.unsigned_value(child, 0) != 0) {
      facts_.ordered_edition = true;
    }
    if (child.id == kEditionFlagHidden && file_.unsigned_value(child, 0) != 0) {
      facts_.hidden_or_disabled_chapter = true;
    }
    if (child.id == kChapterAtom) read_atom(child, 0);
  });
}

void MatroskaReader::read_atom(const Element& element, int depth) {
  int displays = 0;
  for_each_child(element, [&](const Element& child) {
    if (child.id == kChapterFlagHidden && file_.unsigned_value(child, 0) != 0) {
      facts_.hidden_or_disabled_chapter = true;
    }
    if (child.id == kChapterFlagEnabled && file_.unsigned_value(child, 1) == 0) {
      facts_.hidden_or_disabled_chapter = true;
    }
    if (child.id == kChapterSegmentUuid && child.size() > 0) facts_.linked_chapters = true;
    if (child.id == kChapterDisplay) {
      ++displays;
      read_display(child);
    }
    if (child.id == kChapterAtom) {
      facts_.nested_chapters = true;
      if (depth < kMostNesting) read_atom(child, depth + 1);
    }
  });
  facts_.chapter_displays_max = std::max(facts_.chapter_displays_max, displays);
}

void MatroskaReader::read_display(const Element& element) {
  auto& known = facts_.chapter_languages;
  for_each_child(element, [&](const Element& child) {
    if (child.id != kChapLanguageBcp47 || known.size() >= kMostLanguages) return;
    std::string language = file_.text_value(child);
    if (std::find(known.begin(), known.end(), language) == known.end()) {
      known.push_back(std::move(language));
    }
  });
}

void MatroskaReader::read_tag(const Element& element) {
  for_each_child(element, [&](const Element& simple) {
    if (simple.id != kSimpleTag) return;
    for_each_child(simple, [&](const Element& child) {
      if (child.id == kSimpleTag) facts_.nested_tags = true;
    });
  });
}

}  // namespace

Result<std::optional<MatroskaFacts>> read_matroska(const fs::path& path) {
  auto file = ebml::Reader::open(path);
  if (!file) return std::unexpected(file.error());
  auto facts = MatroskaReader(*file).read();
  if (file->error() != 0) return fail_errno("read", path.native(), file->error());
  return facts;
}

}  // namespace av1d
