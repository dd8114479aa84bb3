// Boxes of a source, and what its tracks say of each other, put into the new mp4; see mp4.h.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/mp4.h"
#include "av1d/owned_fd.h"
#include "av1d/text.h"
#include "mp4_boxes.h"
#include "mp4_extras.h"
#include "small_file.h"

namespace av1d {

namespace {

using mp4::Box;
using mp4::unsigned_of;

constexpr std::size_t kHead = 8;
constexpr std::size_t kFullHead = kHead + 4;  // and version and flags
constexpr std::size_t kTrackNumber = 4;
constexpr std::size_t kDataHead = kHead + 8;  // of `data`: and its type and locale
constexpr std::uint64_t kMostMoov = std::uint64_t{512} << 20U;  // a day of film has some 100 MiB

std::string big_endian(std::size_t value) {
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    bytes += static_cast<char>(static_cast<unsigned char>(value >> shift));
  }
  return bytes;
}

std::string make_box(std::string_view type, std::string_view content) {
  return big_endian(kHead + content.size()).append(type).append(content);
}

// ---- The new moov -------------------------------------------------------------------------------

// In memory, as ffmpeg's muxer writes boxes: 32-bit sizes that fill their parent.
std::string_view type_of(std::string_view box) {
  return box.substr(4, 4);
}
std::string_view content_of(std::string_view box) {
  return box.substr(kHead);
}

struct Addition {
  Mp4Place place = Mp4Place::in_user_data;
  std::size_t track = 0;
  std::string bytes;
};

struct Additions {
  std::vector<Addition> boxes;
  const std::vector<Mp4Carry::Reference>& references;
  std::string_view room;  // the text of the tag that makes way
};

class Moov {
 public:
  Moov(std::string_view written, const Additions& additions)
      : written_(written), additions_(additions) {}

  // As many bytes as before. Nothing where ffmpeg wrote another head than it does.
  std::optional<std::string> made_anew() {
    const auto boxes = boxes_of(content_of(written_));
    for (const auto box : boxes) {
      if (type_of(box) == "trak") numbers_.push_back(number_of(box));
    }
    std::string content;
    std::size_t track = 0;
    for (const auto box : boxes) {
      if (type_of(box) == "trak") {
        content += new_track(box, track++);
      } else {
        content += type_of(box) == "udta" ? new_user_data(box) : std::string(box);
      }
    }
    content += added(Mp4Place::in_moov, 0);
    const std::size_t made = kHead + content.size();
    const bool fits = made <= written_.size() && written_.size() - made >= kHead;
    if (broken_ || !fits) return std::nullopt;
    content += make_box("free", std::string(written_.size() - made - kHead, '\0'));
    return make_box("moov", content);
  }

 private:
  std::vector<std::string_view> boxes_of(std::string_view content) {
    std::vector<std::string_view> boxes;
    while (!content.empty()) {
      const std::uint64_t size = content.size() < kHead ? 0 : unsigned_of(content.substr(0, 4));
      if (size < kHead || size > content.size()) {
        broken_ = true;
        return {};
      }
      boxes.push_back(content.substr(0, static_cast<std::size_t>(size)));
      content.remove_prefix(boxes.back().size());
    }
    return boxes;
  }

  std::string added(Mp4Place place, std::size_t track) const {
    std::string bytes;
    for (const auto& addition : additions_.boxes) {
      if (addition.place == place && addition.track == track) bytes += addition.bytes;
    }
    return bytes;
  }

  // Four bytes.
  std::string_view number_of(std::string_view trak) {
    for (const auto box : boxes_of(content_of(trak))) {
      const auto tkhd = content_of(box);
      if (type_of(box) != "tkhd" || tkhd.empty()) continue;
      const auto at = static_cast<std::size_t>(mp4::track_number_at(tkhd.front()));
      if (tkhd.size() >= at + kTrackNumber) return tkhd.substr(at, kTrackNumber);
    }
    broken_ = true;
    return {};
  }

  std::string references_of(std::size_t track) {
    std::string boxes;
    for (const auto& [from, to] : additions_.references) {
      if (from != track) continue;
      std::string list;
      for (const std::size_t target : to.tracks) {
        if (target >= numbers_.size()) {
          broken_ = true;
          return {};
        }
        list += numbers_[target];
      }
      boxes += make_box(to.type, list);
    }
    return boxes;
  }

  std::string new_track(std::string_view trak, std::size_t track) {
    std::string user_data = added(Mp4Place::in_tracks_user_data, track);
    std::string references = references_of(track);
    std::string content;
    for (const auto box : boxes_of(content_of(trak))) {
      if (type_of(box) == "udta") {
        for (const auto child : boxes_of(content_of(box))) {
          if (!is_replaced(child, Mp4Place::in_tracks_user_data, track)) user_data += child;
        }
      } else if (type_of(box) == "tref") {
        references += content_of(box);
      } else {
        content += box;
      }
    }
    if (!references.empty()) content += make_box("tref", references);
    if (!user_data.empty()) content += make_box("udta", user_data);
    return make_box("trak", content + added(Mp4Place::in_track, track));
  }

  std::string new_user_data(std::string_view udta) {
    std::string content = added(Mp4Place::in_user_data, 0);
    for (const auto box : boxes_of(content_of(udta))) {
      if (is_replaced(box, Mp4Place::in_user_data, 0)) continue;
      content += type_of(box) == "meta" ? without_room(box) : std::string(box);
    }
    return make_box("udta", content);
  }

  // A list of tags, a place or a kind of the source stands for the one that ffmpeg made of it.
  bool is_replaced(std::string_view box, Mp4Place place, std::size_t track) const {
    return std::ranges::any_of(additions_.boxes, [&](const Addition& addition) {
      return addition.place == place && addition.track == track &&
             type_of(addition.bytes) == type_of(box);
    });
  }

  // The list of tags without the one that kept the room.
  std::string without_room(std::string_view meta) {
    std::string content(meta.substr(kHead, kFullHead - kHead));
    for (const auto part : boxes_of(meta.substr(std::min(kFullHead, meta.size())))) {
      if (type_of(part) != "ilst") {
        content += part;
        continue;
      }
      std::string items;
      for (const auto item : boxes_of(content_of(part))) {
        if (!is_room(item)) items += item;
      }
      content += make_box("ilst", items);
    }
    return make_box("meta", content);
  }

  bool is_room(std::string_view item) const {
    return item.size() == kHead + kDataHead + additions_.room.size() &&
           type_of(content_of(item)) == "data" && item.ends_with(additions_.room);
  }

  std::string_view written_;
  const Additions& additions_;
  std::vector<std::string_view> numbers_;  // of the tracks
  bool broken_ = false;                    // something that should be a list of boxes was none
};

// ---- Files --------------------------------------------------------------------------------------

Error no_room(const fs::path& output) {
  return {"cannot put boxes of the source into '" + printable(output.native()) +
          "': ffmpeg wrote another moov than expected"};
}

Status append_box(mp4::Reader& source, const Box& box, int fd, const fs::path& from,
                  const fs::path& output) {
  Status written;
  const bool whole = source.for_each_piece(box, [&](const std::string& bytes) {
    written = write_all(fd, bytes, output);
    return written.has_value();
  });
  return whole || !written ? written : fail_errno("read", from.native(), source.error());
}

Status rewrite_moov(int fd, const fs::path& output, const Additions& additions) {
  auto file = mp4::Reader::open(output);
  if (!file) return std::unexpected(file.error());
  const auto moov = file->child({"", 0, file->file_size()}, "moov");
  if (!moov || moov->data - moov->at != kHead || moov->end - moov->at > kMostMoov) {
    return std::unexpected(no_room(output));
  }
  const auto written = file->bytes_at(moov->at, static_cast<std::size_t>(moov->end - moov->at));
  if (!written) return fail_errno("read", output.native(), file->error());
  const auto made = Moov(*written, additions).made_anew();
  if (!made) return std::unexpected(no_room(output));
  if (::lseek(fd, static_cast<off_t>(moov->at), SEEK_SET) < 0) {
    return fail_errno("seek", output.native(), errno);
  }
  return write_all(fd, *made, output);
}

}  // namespace

Status carry_mp4(const fs::path& source, const fs::path& output, const Mp4Carry& carry) {
  auto file = mp4::Reader::open(source);
  if (!file) return std::unexpected(file.error());
  const OwnedFd fd(::open(output.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) return fail_errno("open", output.native(), errno);
  if (::lseek(fd.get(), 0, SEEK_END) < 0) return fail_errno("seek", output.native(), errno);
  const auto found = mp4::find_extras(*file);
  Additions additions{{}, carry.references, carry.room ? carry.room->second : ""};
  for (const auto& [extra, track] : carry.boxes) {
    if (extra >= found.size()) return fail("'" + printable(source.native()) + "' has changed");
    const auto& [box, facts] = found[extra];
    if (facts.place == Mp4Place::beside_moov) {
      const Status status = append_box(*file, box, fd.get(), source, output);
      if (!status) return status;
      continue;
    }
    auto bytes = file->bytes_at(box.at, static_cast<std::size_t>(box.end - box.at));
    if (!bytes) return fail_errno("read", source.native(), file->error());
    additions.boxes.push_back({facts.place, track, *std::move(bytes)});
  }
  if (additions.boxes.empty() && additions.references.empty()) return {};
  return rewrite_moov(fd.get(), output, additions);
}

}  // namespace av1d
