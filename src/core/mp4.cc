// What an MP4 file holds that ffprobe does not show; see mp4.h.
#include "av1d/mp4.h"

#include <algorithm>

#include "av1d/languages.h"
#include "mp4_boxes.h"

namespace av1d {

namespace {

using mp4::Box;
using mp4::unsigned_of;

constexpr std::size_t kMostTraks = 1024;
constexpr std::uint64_t kMostLanguageBytes = 255;
constexpr std::uint64_t kMostEdits = 4096;
constexpr std::uint64_t kFullBoxBytes = 4;  // version and flags

class Mp4Reader {
 public:
  explicit Mp4Reader(mp4::Reader& file) : file_(file) {}

  std::optional<Mp4Facts> read() {
    const auto moov = file_.child({"", 0, file_.file_size()}, "moov");
    if (!moov) return std::nullopt;
    Mp4Facts facts;
    file_.for_each_child(*moov, [&](const Box& box) {
      if (box.type == "trak" && facts.tracks.size() < kMostTraks) {
        facts.tracks.push_back(read_track(box));
      }
    });
    return facts;
  }

 private:
  Mp4Track read_track(const Box& trak) {
    Mp4Track track;
    if (const auto mdia = file_.child(trak, "mdia")) {
      if (const auto elng = file_.child(*mdia, "elng")) track.language = language_in(*elng);
    }
    if (const auto edts = file_.child(trak, "edts")) {
      if (const auto elst = file_.child(*edts, "elst")) {
        track.other_speed = plays_at_other_speed(*elst);
      }
    }
    return track;
  }

  // A BCP 47 text up to its first NUL.
  std::string language_in(const Box& elng) {
    if (elng.size() <= kFullBoxBytes) return {};
    const auto bytes = file_.bytes_at(
        elng.data + kFullBoxBytes,
        static_cast<std::size_t>(std::min(elng.size() - kFullBoxBytes, kMostLanguageBytes)));
    return bytes ? bytes->substr(0, bytes->find('\0')) : std::string();
  }

  // Each edit: duration and media time (4 bytes, 8 in version 1), then the rate as 16.16.
  bool plays_at_other_speed(const Box& elst) {
    constexpr std::uint64_t kNormal = 0x10000;
    const auto head = file_.bytes_at(elst.data, 2 * kFullBoxBytes);
    if (!head) return false;
    const std::uint64_t width = head->front() == '\1' ? 8 : 4;
    const std::uint64_t bytes = 2 * width + 4;
    const std::uint64_t count =
        std::min({unsigned_of(head->substr(4)), kMostEdits, (elst.size() - 8) / bytes});
    const auto edits = file_.bytes_at(elst.data + 8, static_cast<std::size_t>(count * bytes));
    if (!edits) return false;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string_view edit = std::string_view(*edits).substr(i * bytes, bytes);
      const std::string_view media_time = edit.substr(width, width);
      const bool empty = media_time.find_first_not_of('\xff') == std::string_view::npos;
      if (!empty && unsigned_of(edit.substr(2 * width)) != kNormal) return true;
    }
    return false;
  }

  mp4::Reader& file_;
};

}  // namespace

Result<std::optional<Mp4Facts>> read_mp4(const fs::path& path) {
  auto file = mp4::Reader::open(path);
  if (!file) return std::unexpected(file.error());
  auto facts = Mp4Reader(*file).read();
  if (file->error() != 0) return fail_errno("read", path.native(), file->error());
  return facts;
}

void name_languages(MediaInfo& media) {
  if (!media.mp4) return;
  for (std::size_t i = 0; i < std::min(media.mp4->tracks.size(), media.streams.size()); ++i) {
    const std::string key = language_key(media.mp4->tracks[i].language);
    const bool plain = media.mp4->tracks[i].language.find('-') == std::string::npos;
    if (plain && key.size() == 3 && key != "und" && media.streams[i].language().empty()) {
      media.streams[i].tags["language"] = key;
    }
  }
}

}  // namespace av1d
