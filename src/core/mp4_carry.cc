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
#include "mp4_bytes.h"
#include "mp4_extras.h"
#include "mp4_graft.h"
#include "mp4_moov.h"
#include "small_file.h"

namespace av1d {

namespace {

using mp4::AddedTrack;
using mp4::Additions;
using mp4::big_endian;
using mp4::Box;

constexpr std::uint64_t kBoxType = 4;                           // where it stands: behind the size
constexpr std::uint64_t kMostMoov = std::uint64_t{512} << 20U;  // a day of film has some 100 MiB

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

Error has_changed(const fs::path& source) {
  return {"'" + printable(source.native()) + "' has changed"};
}

std::optional<std::string> track_at(mp4::Reader& film, std::size_t index) {
  const auto moov = film.child({"", 0, film.file_size()}, "moov");
  std::optional<std::string> found;
  std::size_t track = 0;
  if (!moov) return found;
  film.for_each_child(*moov, [&](const Box& box) {
    if (box.type == "trak" && track++ == index) found = mp4::data_track(film, box);
  });
  return found;
}

// Appends the samples of a track, in a `mdat` of its own.
Result<AddedTrack> append_track(mp4::Reader& source, const Mp4Carry::Track& which, int fd,
                                const fs::path& from, const fs::path& output) {
  constexpr std::size_t kLongHead = 16;
  const auto trak = track_at(source, which.source);
  const auto chunks = trak ? mp4::chunks_of(*trak) : std::nullopt;
  if (!chunks) return std::unexpected(has_changed(from));
  const off_t end = ::lseek(fd, 0, SEEK_END);
  if (end < 0) return fail_errno("seek", output.native(), errno);
  AddedTrack added{which.track, *trak, {}};
  std::uint64_t place = static_cast<std::uint64_t>(end) + kLongHead;
  for (const auto& chunk : *chunks) {
    added.places.push_back(place);
    place += chunk.bytes;
  }
  const std::string head =
      big_endian(1) + "mdat" + big_endian(place - static_cast<std::uint64_t>(end), 8);
  if (auto status = write_all(fd, head, output); !status) return std::unexpected(status.error());
  for (const auto& [at, bytes] : *chunks) {
    const auto status = append_box(source, {"", at, at + bytes, at}, fd, from, output);
    if (!status) return std::unexpected(status.error());
  }
  return added;
}

// `fd` stands at the end of the file.
Status rewrite_moov(int fd, const fs::path& output, const Additions& additions) {
  auto file = mp4::Reader::open(output);
  if (!file) return std::unexpected(file.error());
  const auto moov = file->child({"", 0, file->file_size()}, "moov");
  if (!moov || moov->data - moov->at != mp4::kHead || moov->end - moov->at > kMostMoov) {
    return std::unexpected(no_room(output));
  }
  const auto written = file->bytes_at(moov->at, static_cast<std::size_t>(moov->end - moov->at));
  if (!written) return fail_errno("read", output.native(), file->error());
  const auto made = mp4::new_moov(*written, additions);
  if (!made) return std::unexpected(no_room(output));
  if (additions.room) return write_at(fd, moov->at, *made, output);
  // The old one becomes free space.
  if (const auto status = write_all(fd, *made, output); !status) return status;
  return write_at(fd, moov->at + kBoxType, "free", output);
}

// ISO/IEC 14496-12, 8.3.2: the lowest bit of the flags, which stand behind the version.
Status switch_off(const std::vector<std::size_t>& tracks, int fd, const fs::path& output) {
  constexpr std::uint64_t kLowestFlags = 3;
  constexpr unsigned char kEnabled = 1;
  if (tracks.empty()) return {};
  auto file = mp4::Reader::open(output);
  if (!file) return std::unexpected(file.error());
  const auto moov = file->child({"", 0, file->file_size()}, "moov");
  if (!moov) return std::unexpected(no_room(output));
  Status done;
  std::size_t track = 0;
  file->for_each_child(*moov, [&](const Box& box) {
    if (box.type != "trak" || std::ranges::count(tracks, track++) == 0 || !done) return;
    const auto tkhd = file->child(box, "tkhd");
    const auto flags = tkhd ? file->bytes_at(tkhd->data + kLowestFlags, 1) : std::nullopt;
    if (!flags) {
      done = fail_errno("read", output.native(), file->error());
      return;
    }
    const auto off = static_cast<char>(static_cast<unsigned char>(flags->front()) & ~kEnabled);
    done = write_at(fd, tkhd->data + kLowestFlags, std::string(1, off), output);
  });
  return done;
}

}  // namespace

Status carry_mp4(const fs::path& source, const fs::path& output, const Mp4Carry& carry) {
  auto file = mp4::Reader::open(source);
  if (!file) return std::unexpected(file.error());
  const OwnedFd fd(::open(output.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) return fail_errno("open", output.native(), errno);
  if (::lseek(fd.get(), 0, SEEK_END) < 0) return fail_errno("seek", output.native(), errno);
  const auto found = mp4::find_extras(*file);
  Additions additions{{}, {}, mp4::ticks_of(*file), carry.references, {}};
  if (carry.room) additions.room = carry.room->second;
  for (const auto& [extra, track] : carry.boxes) {
    if (extra >= found.size()) return std::unexpected(has_changed(source));
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
  for (const auto& track : carry.tracks) {
    auto added = append_track(*file, track, fd.get(), source, output);
    if (!added) return std::unexpected(added.error());
    additions.tracks.push_back(*std::move(added));
  }
  if (!additions.boxes.empty() || !carry.references.empty() || !carry.tracks.empty()) {
    if (const Status made = rewrite_moov(fd.get(), output, additions); !made) return made;
  }
  return switch_off(carry.switched_off, fd.get(), output);
}

}  // namespace av1d
