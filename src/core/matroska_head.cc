// A new head in the room of the old one; see matroska_head.h.
#include "matroska_head.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "av1d/owned_fd.h"
#include "av1d/text.h"
#include "matroska_contents.h"
#include "small_file.h"

namespace av1d::matroska {

namespace {

using ebml::Element;
using ebml::Node;

// Room between the start of the segment and its first cluster that holds nothing which stays.
struct Room {
  std::uint64_t at = 0;
  std::uint64_t size = 0;
  std::string bytes;  // what is put there

  // What is left must be nothing, or large enough for a Void.
  bool fits(std::uint64_t more) const {
    const std::uint64_t used = bytes.size() + more;
    return used == size || used + 2 <= size;
  }
};

struct SeekEntry {
  std::uint32_t id = 0;
  std::uint64_t position = 0;  // from the start of the segment's data
};

std::string seek_head_of(const std::vector<SeekEntry>& entries) {
  Node head{kSeekHead, {}, {}};
  for (const auto& entry : entries) {
    std::string position(8, '\0');  // always of 8 bytes: the size does not depend on the values
    for (std::size_t i = 0; i < 8; ++i) {
      position[7 - i] = static_cast<char>((entry.position >> (8 * i)) & 0xFFU);
    }
    head.children.push_back(
        {kSeek, {}, {{kSeekId, ebml::id_bytes(entry.id), {}}, {kSeekPosition, position, {}}}});
  }
  return ebml::to_bytes_with_checksum(head);
}

class HeadWriter {
 public:
  HeadWriter(ebml::Reader& file, const Layout& layout, const fs::path& path)
      : file_(file), layout_(layout), path_(path) {}

  Status write(const Head& head) {
    if (Status status = survey(); !status) return status;
    std::vector<std::pair<std::uint32_t, std::string>> elements;
    for (const Node* node : {&head.info, &head.tracks, &head.chapters, &head.tags}) {
      if (!node->children.empty()) {
        elements.emplace_back(node->id, ebml::to_bytes_with_checksum(*node));
      }
    }
    for (const auto& [id, bytes] : elements) entries_.push_back({id, 0});
    rooms_.front().bytes = seek_head_of(entries_);  // its room; the positions come last
    if (!rooms_.front().fits(0)) return no_room();
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const auto position = place(elements[i].first, elements[i].second);
      if (!position) return no_room();
      entries_[entries_.size() - elements.size() + i].position = *position;
    }
    const std::string seek_head = seek_head_of(entries_);
    rooms_.front().bytes.replace(0, seek_head.size(), seek_head);
    return put();
  }

 private:
  std::unexpected<Error> no_room() const {
    return fail("cannot arrange the head of '" + printable(path_.native()) +
                "' anew: it has too little room");
  }

  // Finds the rooms, and what else SeekHeads point to.
  Status survey() {
    if (!layout_.first_cluster || layout_.segment.unknown_size ||
        layout_.segment.end != file_.file_size()) {
      return fail("cannot write the head of '" + printable(path_.native()) +
                  "': it is not as ffmpeg writes it");
    }
    static constexpr std::array kMoved = {kSeekHead, kVoid, kInfo, kTracks, kChapters, kTags};
    std::uint64_t at = layout_.segment.data;
    while (at < *layout_.first_cluster) {
      const auto element = file_.element_at(at, *layout_.first_cluster);
      if (!element || element->cut) return no_room();
      const bool joins = !rooms_.empty() && rooms_.back().at + rooms_.back().size == at;
      if (std::find(kMoved.begin(), kMoved.end(), element->id) != kMoved.end()) {
        if (!joins) rooms_.push_back({at, 0, {}});
        rooms_.back().size += element->end - at;
      }
      if (element->id == kSeekHead) note_fixed_entries(*element);
      at = element->end;
    }
    const bool sound = !rooms_.empty() && rooms_.front().at == layout_.segment.data;
    return sound ? Status{} : Status(no_room());
  }

  void note_fixed_entries(const Element& seek_head) {
    const auto tree = ebml::read_tree(file_, seek_head, &is_head_master, kMostHeadBytes);
    if (!tree) return;
    for (const auto& seek : tree->children) {
      const Node* id = seek.child(kSeekId);
      const Node* position = seek.child(kSeekPosition);
      if (id == nullptr || position == nullptr) continue;
      const auto what = static_cast<std::uint32_t>(ebml::unsigned_of(*id));
      if (what == kCues || what == kAttachments) {
        entries_.push_back({what, ebml::unsigned_of(*position)});
      }
    }
  }

  // Where in the segment it comes to stand. Readers want Info and Tracks before the clusters;
  // chapters and tags may follow them.
  std::optional<std::uint64_t> place(std::uint32_t id, const std::string& bytes) {
    for (auto& room : rooms_) {
      if (!room.fits(bytes.size())) continue;
      const std::uint64_t position = room.at + room.bytes.size() - layout_.segment.data;
      room.bytes += bytes;
      return position;
    }
    if (id != kChapters && id != kTags) return std::nullopt;
    const std::uint64_t position = layout_.segment.size() + behind_.size();
    behind_ += bytes;
    return position;
  }

  Status put() {
    const OwnedFd fd(::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd.valid()) return fail_errno("open", path_.native(), errno);
    const Element& segment = layout_.segment;
    if (!behind_.empty()) {
      const int width = static_cast<int>(segment.data - segment.at) - 4;
      const auto size = ebml::size_bytes(segment.size() + behind_.size(), width);
      if (!size) return no_room();
      if (Status status = put_at(fd.get(), segment.end, behind_); !status) return status;
      if (Status status = put_at(fd.get(), segment.at + 4, *size); !status) return status;
    }
    for (const auto& room : rooms_) {
      const std::uint64_t left = room.size - room.bytes.size();
      const std::string bytes = left == 0 ? room.bytes : room.bytes + ebml::void_of(left);
      if (Status status = put_at(fd.get(), room.at, bytes); !status) return status;
    }
    return {};
  }

  Status put_at(int fd, std::uint64_t at, const std::string& bytes) const {
    return write_at(fd, at, bytes, path_);
  }

  ebml::Reader& file_;
  const Layout& layout_;
  const fs::path& path_;
  std::vector<Room> rooms_;
  std::vector<SeekEntry> entries_;
  std::string behind_;
};

}  // namespace

Status write_head(ebml::Reader& file, const Layout& layout, const Head& head,
                  const fs::path& path) {
  return HeadWriter(file, layout, path).write(head);
}

Status write_attachment_uids(ebml::Reader& file, const Element& attachments,
                             const std::vector<std::uint64_t>& uids, const fs::path& path) {
  const OwnedFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid()) return fail_errno("open", path.native(), errno);
  Status status;
  const auto put = [&](const Element& element, const std::string& bytes) {
    if (status) status = write_at(fd.get(), element.at, bytes, path);
  };
  std::size_t position = 0;
  for_each_child(file, attachments, [&](const Element& attached) {
    // Of what is no longer true.
    if (attached.id == kCrc32) put(attached, ebml::void_of(attached.end - attached.at));
    if (attached.id != kAttachedFile) return;
    const std::uint64_t uid = position < uids.size() ? uids[position] : 0;
    ++position;
    if (uid == 0) return;
    for_each_child(file, attached, [&](const Element& child) {
      if (child.id != kFileUid || child.size() != sizeof uid) return;
      std::string bytes = ebml::id_bytes(kFileUid) + *ebml::size_bytes(sizeof uid, 1);
      for (int shift = 56; shift >= 0; shift -= 8) {
        bytes += static_cast<char>((uid >> static_cast<unsigned>(shift)) & 0xFFU);
      }
      if (child.end - child.at == bytes.size()) put(child, bytes);
    });
  });
  return status;
}

}  // namespace av1d::matroska
