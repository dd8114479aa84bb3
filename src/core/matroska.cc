// What a Matroska file holds that ffprobe does not show; see matroska.h.
#include "av1d/matroska.h"

#include <algorithm>

#include "matroska_contents.h"
#include "matroska_layout.h"

namespace av1d {

namespace {

using namespace matroska;
using ebml::Element;

constexpr std::size_t kMostTracks = 1024;  // Matroska itself stops at 126 in practice
constexpr std::uint64_t kUuidBytes = 16;

class MatroskaReader {
 public:
  explicit MatroskaReader(ebml::Reader& file) : file_(file) {}
  std::optional<MatroskaFacts> read();

 private:
  void read_element(const Element& element);
  void read_info(const Element& element);
  void read_tracks(const Element& element);
  void read_track(const Element& element);
  void read_video(const Element& element, MatroskaTrack& track);
  void read_encodings(const Element& element);
  void read_whole(const Element& element);

  ebml::Reader& file_;
  MatroskaFacts facts_;
};

std::optional<MatroskaFacts> MatroskaReader::read() {
  const auto layout = find_layout(file_);
  if (!layout) return std::nullopt;
  facts_.doc_type = layout->doc_type;
  facts_.second_segment = layout->second_segment;
  for (const auto& element : layout->elements) read_element(element);
  return std::move(facts_);
}

void MatroskaReader::read_element(const Element& element) {
  if (element.id == kInfo) read_info(element);
  if (element.id == kTracks) read_tracks(element);
  if (element.id == kAttachments) facts_.attachments = list_attachments(file_, element);
  if (element.id == kChapters || element.id == kTags) read_whole(element);
}

void MatroskaReader::read_info(const Element& element) {
  for_each_child(file_, element, [&](const Element& child) {
    if (child.id == kTitle) facts_.title = file_.text_value(child);
    if (child.id != kSegmentUuid || child.size() != kUuidBytes) return;
    facts_.segment_uuid = file_.data_of(child).value_or(std::string());
  });
}

// A second Tracks element is a copy of the first (RFC 9559, 6.1): it adds no tracks.
void MatroskaReader::read_tracks(const Element& element) {
  if (!facts_.tracks.empty()) return;
  for_each_child(file_, element, [&](const Element& child) {
    if (child.id == kTrackEntry && facts_.tracks.size() < kMostTracks) read_track(child);
  });
}

void MatroskaReader::read_track(const Element& element) {
  MatroskaTrack track;
  for_each_child(file_, element, [&](const Element& child) {
    if (child.id == kTrackUid) track.uid = file_.unsigned_value(child, 0);
    if (child.id == kLanguageBcp47) track.language = file_.text_value(child);
    if (child.id == kLanguage) track.iso_language = file_.text_value(child);
    if (child.id == kName) track.name = file_.text_value(child);
    if (child.id == kCodecId) track.codec = file_.text_value(child);
    if (child.id == kFlagDefault) track.is_default = file_.unsigned_value(child, 1) != 0;
    if (child.id == kFlagForced) track.is_forced = file_.unsigned_value(child, 0) != 0;
    if (child.id == kContentEncodings) read_encodings(child);
    if (child.id == kVideo) read_video(child, track);
  });
  facts_.tracks.push_back(std::move(track));
}

// What is not said of the shown size is the coded one's (RFC 9559, 5.1.4.1.28.12).
void MatroskaReader::read_video(const Element& element, MatroskaTrack& track) {
  Rational coded{0, 0};
  Rational shown{0, 0};
  for_each_child(file_, element, [&](const Element& child) {
    const auto value = [&] { return static_cast<std::int64_t>(file_.unsigned_value(child, 0)); };
    if (child.id == kAlphaMode && value() != 0) facts_.alpha_track = true;
    if (child.id == kPixelWidth) coded.num = value();
    if (child.id == kPixelHeight) coded.den = value();
    if (child.id == kDisplayWidth) shown.num = value();
    if (child.id == kDisplayHeight) shown.den = value();
  });
  track.display = {shown.num > 0 ? shown.num : coded.num, shown.den > 0 ? shown.den : coded.den};
}

void MatroskaReader::read_encodings(const Element& element) {
  for_each_child(file_, element, [&](const Element& encoding) {
    if (encoding.id != kContentEncoding) return;
    for_each_child(file_, encoding, [&](const Element& child) {
      if (child.id == kContentEncryption) facts_.encrypted_track = true;
    });
  });
}

// The chapters and tags as they are, for the proof that the output has them.
void MatroskaReader::read_whole(const Element& element) {
  const auto tree = ebml::read_tree(file_, element, &is_head_master, kMostHeadBytes);
  if (!tree) {
    facts_.damaged_head = true;
  } else if (element.id == kChapters) {
    list_chapters(*tree, facts_.chapters);
  } else {
    list_tags(*tree, facts_.tags);
  }
}

}  // namespace

Result<std::optional<MatroskaFacts>> read_matroska(const fs::path& path) {
  auto file = ebml::Reader::open(path);
  if (!file) return std::unexpected(file.error());
  auto facts = MatroskaReader(*file).read();
  if (file->error() != 0) return fail_errno("read", path.native(), file->error());
  return facts;
}

void name_codecs(MediaInfo& media) {
  if (!media.matroska) return;
  const auto& tracks = media.matroska->tracks;
  for (std::size_t i = 0; i < std::min(tracks.size(), media.streams.size()); ++i) {
    if (media.streams[i].codec.empty()) media.streams[i].codec_tag = tracks[i].codec;
  }
}

}  // namespace av1d
