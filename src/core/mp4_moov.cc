// A `moov` made anew; see mp4_moov.h.
#include "mp4_moov.h"

#include <algorithm>
#include <utility>

#include "mp4_bytes.h"
#include "mp4_graft.h"

namespace av1d::mp4 {

namespace {

constexpr std::size_t kTrackNumber = 4;
constexpr std::size_t kDataHead = kHead + 8;  // of `data`: and its type and locale

class Moov {
 public:
  Moov(std::string_view written, const Additions& additions)
      : written_(written), additions_(additions) {}

  std::optional<std::string> made_anew() {
    const auto boxes = boxes_of(content_of(written_));
    std::vector<std::string_view> tracks;
    for (const auto box : boxes) {
      if (type_of(box) == "trak") tracks.push_back(box);
      if (type_of(box) == "mvhd") head_ = content_of(box);
    }
    number(tracks);
    if (broken_) return std::nullopt;
    std::string content;
    std::string made_tracks = new_tracks(tracks);
    for (const auto box : boxes) {
      if (type_of(box) == "trak") {
        content += std::exchange(made_tracks, {});  // all of them where the first one was
      } else if (type_of(box) == "mvhd") {
        content += make_box("mvhd", new_head());
      } else {
        content += type_of(box) == "udta" ? new_user_data(box) : std::string(box);
      }
    }
    content += added(Mp4Place::in_moov, 0);
    const std::size_t made = kHead + content.size();
    if (!additions_.room && !broken_) return make_box("moov", content);
    const bool fits = made <= written_.size() && written_.size() - made >= kHead;
    if (broken_ || !fits) return std::nullopt;
    content += make_box("free", std::string(written_.size() - made - kHead, '\0'));
    return make_box("moov", content);
  }

 private:
  std::vector<std::string_view> boxes_of(std::string_view content) {
    auto boxes = mp4::boxes_of(content);
    broken_ |= !boxes;
    return std::move(boxes).value_or(std::vector<std::string_view>());
  }

  std::string added(Mp4Place place, std::size_t track) const {
    std::string bytes;
    for (const auto& addition : additions_.boxes) {
      if (addition.place == place && addition.track == track) bytes += addition.bytes;
    }
    return bytes;
  }

  // The added tracks come before those that ffmpeg made by itself, with numbers of their own.
  void number(const std::vector<std::string_view>& tracks) {
    for (const auto trak : tracks) {
      numbers_.push_back(number_of(trak));
      next_number_ = std::max(next_number_, numbers_.back() + 1);
    }
    const std::size_t first = first_added();
    if (first > numbers_.size()) {
      broken_ = true;
      return;
    }
    for (std::size_t i = 0; i < additions_.tracks.size(); ++i) {
      numbers_.insert(numbers_.begin() + static_cast<std::ptrdiff_t>(first + i), next_number_++);
    }
    const auto is_there = [&](std::size_t track) { return track < numbers_.size(); };
    for (const auto& [from, to] : additions_.references) {
      broken_ |= !is_there(from) || !std::ranges::all_of(to.tracks, is_there);
    }
  }

  std::size_t first_added() const {
    return additions_.tracks.empty() ? 0 : additions_.tracks.front().track;
  }

  std::string new_tracks(const std::vector<std::string_view>& tracks) {
    std::string made;
    auto written = tracks.begin();
    for (std::size_t track = 0; track < numbers_.size() && !broken_; ++track) {
      const bool is_added = track - first_added() < additions_.tracks.size();
      made += is_added ? added_track(track) : new_track(*written++, track);
    }
    return made;
  }

  std::string added_track(std::size_t track) {
    const AddedTrack& added = additions_.tracks[track - first_added()];
    Graft graft{numbers_[track], added.places, references_of(track), additions_.ticks,
                ticks_of(head_)};
    const auto trak = grafted(added.trak, graft);
    broken_ |= !trak || added.track != track;
    return trak.value_or(std::string());
  }

  // Its last number is the one for a next track.
  std::string new_head() {
    std::string head(head_);
    if (additions_.tracks.empty()) return head;
    if (head.size() < kTrackNumber) {
      broken_ = true;
      return head;
    }
    return head.replace(head.size() - kTrackNumber, kTrackNumber, big_endian(next_number_));
  }

  std::uint64_t number_of(std::string_view trak) {
    for (const auto box : boxes_of(content_of(trak))) {
      const auto tkhd = content_of(box);
      if (type_of(box) != "tkhd" || tkhd.empty()) continue;
      const auto at = static_cast<std::size_t>(behind_times(tkhd.front()));
      if (tkhd.size() >= at + kTrackNumber) return unsigned_of(tkhd.substr(at, kTrackNumber));
    }
    broken_ = true;
    return 0;
  }

  std::string references_of(std::size_t track) {
    std::string boxes;
    for (const auto& [from, to] : additions_.references) {
      if (from != track) continue;
      std::string list;
      for (const std::size_t target : to.tracks) {
        list += big_endian(numbers_[target]);
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
      } else if (type_of(box) == "mdia") {
        content += new_media(box, track);
      } else {
        content += box;
      }
    }
    if (!references.empty()) content += make_box("tref", references);
    if (!user_data.empty()) content += make_box("udta", user_data);
    return make_box("trak", content + added(Mp4Place::in_track, track));
  }

  // ISO/IEC 14496-12 has `elng` behind `mdhd`; ffmpeg writes none.
  std::string new_media(std::string_view mdia, std::size_t track) {
    std::string content;
    for (const auto box : boxes_of(content_of(mdia))) {
      content += box;
      if (type_of(box) == "mdhd") content += added(Mp4Place::in_media, track);
    }
    return make_box("mdia", content);
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
    return std::ranges::any_of(additions_.boxes, [&](const AddedBox& addition) {
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
    return additions_.room && item.size() == kHead + kDataHead + additions_.room->size() &&
           type_of(content_of(item)) == "data" && item.ends_with(*additions_.room);
  }

  std::string_view written_;
  const Additions& additions_;
  std::string_view head_;               // content of `mvhd`
  std::vector<std::uint64_t> numbers_;  // of the new film's tracks
  std::uint64_t next_number_ = 1;
  bool broken_ = false;  // something that should be a list of boxes was none
};

}  // namespace

std::optional<std::string> new_moov(std::string_view written, const Additions& additions) {
  return Moov(written, additions).made_anew();
}

}  // namespace av1d::mp4
