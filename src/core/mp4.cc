// What an MP4 file holds that ffprobe does not show; see mp4.h.
#include "av1d/mp4.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "av1d/text.h"
#include "mp4_boxes.h"
#include "mp4_extras.h"
#include "mp4_graft.h"

namespace av1d {

namespace {

using mp4::behind_times;
using mp4::Box;
using mp4::find_extras;
using mp4::FoundExtra;
using mp4::unsigned_of;

constexpr std::size_t kMostTraks = 1024;
constexpr std::uint64_t kMostLanguageBytes = 255;
constexpr std::uint64_t kMostEdits = 4096;
constexpr std::size_t kMostReferences = 4096;            // of all tracks together
constexpr std::uint64_t kFullBoxBytes = 4;               // version and flags
constexpr std::uint64_t kEditsHead = kFullBoxBytes + 4;  // and the number of edits
constexpr std::uint64_t kNormalSpeed = 0x10000;          // 16.16

enum class Samples { in_moov, in_fragments };

struct Edit {
  bool empty = false;
  bool normal_speed = true;
};

// FFmpeg 9, measured: rates are not followed; in a gap it shows what the edits leave out; "multiple
// edit list entries, not supported in fragmented MP4 files". Empty edits in front are a late start,
// which it follows.
UnfollowedEdit unfollowed_of(const std::vector<Edit>& edits, Samples samples) {
  std::size_t played = 0;
  bool pause = false;
  bool gap = false;
  for (const Edit& edit : edits) {
    if (edit.empty) {
      pause |= played > 0;
      continue;
    }
    if (!edit.normal_speed) return UnfollowedEdit::other_speed;
    gap |= pause;
    ++played;
  }
  if (gap) return UnfollowedEdit::gap;
  const bool lost = samples == Samples::in_fragments && played > 1;
  return lost ? UnfollowedEdit::fragmented : UnfollowedEdit::none;
}

class Mp4Reader {
 public:
  explicit Mp4Reader(mp4::Reader& file) : file_(file) {}

  std::optional<Mp4Facts> read() {
    const auto moov = file_.child({"", 0, file_.file_size()}, "moov");
    if (!moov) return std::nullopt;
    const auto samples = file_.child(*moov, "mvex") ? Samples::in_fragments : Samples::in_moov;
    Mp4Facts facts;
    for (FoundExtra& found : find_extras(file_)) facts.extras.push_back(with_digest(found));
    std::vector<Box> traks;
    file_.for_each_child(*moov, [&](const Box& box) {
      if (box.type == "trak" && traks.size() < kMostTraks) traks.push_back(box);
    });
    for (const Box& trak : traks) numbers_.push_back(number_of(trak));
    for (const Box& trak : traks) facts.tracks.push_back(read_track(trak, samples));
    return facts;
  }

 private:
  Mp4Extra with_digest(FoundExtra& found) {
    file_.for_each_piece(found.box, [&](const std::string& bytes) {
      found.extra.digest = fnv1a_hex(found.extra.digest + bytes);
      return true;
    });
    return std::move(found.extra);
  }

  Mp4Track read_track(const Box& trak, Samples samples) {
    Mp4Track track;
    if (const auto mdia = file_.child(trak, "mdia")) {
      if (const auto elng = file_.child(*mdia, "elng")) track.language = language_in(*elng);
      if (const auto mdhd = file_.child(*mdia, "mdhd")) track.iso_language = iso_language_in(*mdhd);
      track.codec = codec_in(*mdia);
      track.without_samples = samples == Samples::in_moov && counts_no_samples(*mdia);
    }
    if (const auto edts = file_.child(trak, "edts")) {
      if (const auto elst = file_.child(*edts, "elst")) {
        track.unfollowed = unfollowed_of(edits_in(*elst), samples);
      }
    }
    if (samples == Samples::in_moov) track.graft_bytes = graft_bytes_of(trak);
    if (const auto tref = file_.child(trak, "tref")) track.references = references_in(*tref);
    return track;
  }

  // 0, which no track has, where it can't be read.
  std::uint64_t number_of(const Box& trak) {
    const auto tkhd = file_.child(trak, "tkhd");
    const auto version = tkhd ? file_.bytes_at(tkhd->data, 1) : std::nullopt;
    if (!version) return 0;
    const std::uint64_t at = behind_times(version->front());
    if (tkhd->size() < at + 4) return 0;
    const auto number = file_.bytes_at(tkhd->data + at, 4);
    return number ? unsigned_of(*number) : 0;
  }

  // ffmpeg makes those to chapters and to time codes anew, as it does the tracks that they lead to.
  std::vector<Mp4Reference> references_in(const Box& tref) {
    std::vector<Mp4Reference> references;
    file_.for_each_child(tref, [&](const Box& box) {
      if (box.type == "chap" || box.type == "tmcd") return;
      Mp4Reference reference{box.type, tracks_in(box)};
      if (!reference.tracks.empty()) references.push_back(std::move(reference));
    });
    return references;
  }

  // A list of tracks by their numbers, of which some may be of no track.
  std::vector<std::size_t> tracks_in(const Box& box) {
    const std::uint64_t bytes =
        std::min<std::uint64_t>(box.size(), 4 * (kMostReferences - references_));
    const auto list = file_.bytes_at(box.data, static_cast<std::size_t>(bytes));
    std::vector<std::size_t> tracks;
    for (std::size_t at = 0; list && at + 4 <= list->size(); at += 4) {
      const std::uint64_t number = unsigned_of(list->substr(at, 4));
      const auto it = std::ranges::find(numbers_, number);
      if (number == 0 || it == numbers_.end()) continue;
      tracks.push_back(static_cast<std::size_t>(it - numbers_.begin()));
      ++references_;
    }
    return tracks;
  }

  // In another film its chunks have places of 8 bytes. What is asked for is bounded by what is
  // there: chunks may lie over each other.
  std::uint64_t graft_bytes_of(const Box& trak) {
    const auto bytes = mp4::data_track(file_, trak);
    const auto chunks = bytes ? mp4::chunks_of(*bytes) : std::nullopt;
    if (!chunks) return 0;
    std::uint64_t left = file_.file_size();
    for (const auto& chunk : *chunks) {
      if (chunk.bytes > left || chunk.at > file_.file_size() - chunk.bytes) return 0;
      left -= chunk.bytes;
    }
    return bytes->size() + 4 * chunks->size();
  }

  // Three letters of five bits each, behind two times, a time scale and a duration (4 bytes each,
  // the times and the duration 8 in version 1). Numbers below 0x400 are QuickTime's.
  std::string iso_language_in(const Box& mdhd) {
    const auto version = file_.bytes_at(mdhd.data, 1);
    const std::uint64_t place = kFullBoxBytes + (version == "\1" ? 28 : 16);
    const auto packed = file_.bytes_at(mdhd.data + place, 2);
    if (!packed || mdhd.size() < place + 2) return {};
    const std::uint64_t value = unsigned_of(*packed);
    if (value < 0x400) return {};
    std::string letters;
    for (const unsigned shift : {10U, 5U, 0U}) {
      letters += static_cast<char>(((value >> shift) & 0x1fU) + 0x60U);
    }
    return letters;
  }

  std::optional<Box> sample_table(const Box& mdia, const char* type) {
    const auto minf = file_.child(mdia, "minf");
    const auto stbl = minf ? file_.child(*minf, "stbl") : std::nullopt;
    return stbl ? file_.child(*stbl, type) : std::nullopt;
  }

  std::string codec_in(const Box& mdia) {
    const auto stsd = sample_table(mdia, "stsd");
    constexpr std::uint64_t kEntryType = kFullBoxBytes + 4 + 4;  // behind the count and a size
    if (!stsd || stsd->size() < kEntryType + 4) return {};
    return file_.bytes_at(stsd->data + kEntryType, 4).value_or(std::string());
  }

  // The count stands behind a size in `stsz` and behind a width in `stz2`.
  bool counts_no_samples(const Box& mdia) {
    auto table = sample_table(mdia, "stsz");
    if (!table) table = sample_table(mdia, "stz2");
    constexpr std::uint64_t kCount = kFullBoxBytes + 4;
    if (!table || table->size() < kCount + 4) return false;
    const auto count = file_.bytes_at(table->data + kCount, 4);
    return count && unsigned_of(*count) == 0;
  }

  // A BCP 47 text up to its first NUL.
  std::string language_in(const Box& elng) {
    if (elng.size() <= kFullBoxBytes) return {};
    const auto bytes = file_.bytes_at(
        elng.data + kFullBoxBytes,
        static_cast<std::size_t>(std::min(elng.size() - kFullBoxBytes, kMostLanguageBytes)));
    return bytes ? bytes->substr(0, bytes->find('\0')) : std::string();
  }

  // Each edit: duration and media time (4 bytes, 8 in version 1), then the rate as 16.16. A media
  // time of -1 is an edit in which nothing plays.
  std::vector<Edit> edits_in(const Box& elst) {
    if (elst.size() < kEditsHead) return {};
    const auto head = file_.bytes_at(elst.data, kEditsHead);
    if (!head) return {};
    const std::size_t width = head->front() == '\1' ? 8 : 4;
    const std::size_t bytes = 2 * width + 4;
    const std::uint64_t count = std::min(
        {unsigned_of(head->substr(kFullBoxBytes)), kMostEdits, (elst.size() - kEditsHead) / bytes});
    const auto list =
        file_.bytes_at(elst.data + kEditsHead, static_cast<std::size_t>(count * bytes));
    std::vector<Edit> edits;
    for (std::size_t at = 0; list && at < list->size(); at += bytes) {
      const std::string_view edit = std::string_view(*list).substr(at, bytes);
      const std::string_view media_time = edit.substr(width, width);
      edits.push_back({media_time.find_first_not_of('\xff') == std::string_view::npos,
                       unsigned_of(edit.substr(2 * width)) == kNormalSpeed});
    }
    return edits;
  }

  mp4::Reader& file_;
  std::vector<std::uint64_t> numbers_;  // of the tracks, in file order
  std::size_t references_ = 0;          // found so far
};

}  // namespace

Result<std::optional<Mp4Facts>> read_mp4(const fs::path& path) {
  auto file = mp4::Reader::open(path);
  if (!file) return std::unexpected(file.error());
  auto facts = Mp4Reader(*file).read();
  if (file->error() != 0) return fail_errno("read", path.native(), file->error());
  return facts;
}

}  // namespace av1d
