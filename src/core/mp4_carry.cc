// Boxes of a source put into the new mp4; see mp4.h.
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

class Moov {
 public:
  // `room` is the text of the tag that makes way.
  Moov(std::string_view written, const std::vector<Addition>& additions, std::string_view room)
      : written_(written), additions_(additions), room_(room) {}

  // As many bytes as before. Nothing where ffmpeg wrote another head than it does.
  std::optional<std::string> made_anew() {
    std::string content;
    std::size_t track = 0;
    for (const auto box : boxes_of(content_of(written_))) {
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
    for (const auto& addition : additions_) {
      if (addition.place == place && addition.track == track) bytes += addition.bytes;
    }
    return bytes;
  }

  std::string new_track(std::string_view trak, std::size_t track) {
    std::string user_data = added(Mp4Place::in_tracks_user_data, track);
    std::string content;
    for (const auto box : boxes_of(content_of(trak))) {
      if (type_of(box) == "udta") {
        user_data.insert(0, content_of(box));
      } else {
        content += box;
      }
    }
    if (!user_data.empty()) content += make_box("udta", user_data);
    return make_box("trak", content + added(Mp4Place::in_track, track));
  }

  // A list of tags or a place of the source stands for the one that ffmpeg made of it.
  std::string new_user_data(std::string_view udta) {
    std::string content = added(Mp4Place::in_user_data, 0);
    for (const auto box : boxes_of(content_of(udta))) {
      if (is_replaced(box)) continue;
      content += type_of(box) == "meta" ? without_room(box) : std::string(box);
    }
    return make_box("udta", content);
  }

  bool is_replaced(std::string_view box) const {
    return std::ranges::any_of(additions_, [&](const Addition& addition) {
      return addition.place == Mp4Place::in_user_data && type_of(addition.bytes) == type_of(box);
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
    return item.size() == kHead + kDataHead + room_.size() && type_of(content_of(item)) == "data" &&
           item.ends_with(room_);
  }

  std::string_view written_;
  const std::vector<Addition>& additions_;
  std::string_view room_;
  bool broken_ = false;  // something that should be a list of boxes was none
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

Status rewrite_moov(int fd, const fs::path& output, const std::vector<Addition>& additions,
                    std::string_view room) {
  auto file = mp4::Reader::open(output);
  if (!file) return std::unexpected(file.error());
  const auto moov = file->child({"", 0, file->file_size()}, "moov");
  if (!moov || moov->data - moov->at != kHead || moov->end - moov->at > kMostMoov) {
    return std::unexpected(no_room(output));
  }
  const auto written = file->bytes_at(moov->at, static_cast<std::size_t>(moov->end - moov->at));
  if (!written) return fail_errno("read", output.native(), file->error());
  const auto made = Moov(*written, additions, room).made_anew();
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
  std::vector<Addition> additions;
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
    additions.push_back({facts.place, track, *std::move(bytes)});
  }
  if (additions.empty()) return {};
  return rewrite_moov(fd.get(), output, additions, carry.room ? carry.room->second : "");
}

}  // namespace av1d
