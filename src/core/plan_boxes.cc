// Boxes of cameras and taggers; see plan_boxes.h. They are written by mp4_carry.cc.
#include "plan_boxes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "av1d/plan.h"
#include "av1d/text.h"

namespace av1d {

namespace {

// The room is an argument of ffmpeg's, which stands in the job's file too. Linux takes 128 KiB of
// one argument.
constexpr std::uint64_t kMostRoom = 64 * 1024;
constexpr std::uint64_t kMostCarried = std::uint64_t{32} << 20U;  // held in memory
constexpr std::uint64_t kBoxHead = 8;
constexpr std::uint64_t kTrackNumber = 4;
constexpr std::string_view kRoom = "av1d puts what ffmpeg leaves out in this place ";

// The track of the new film that a source's track becomes: covers and attachments are none.
std::optional<std::size_t> new_track(const EncodePlan& plan, const MediaInfo& media,
                                     std::size_t source_track) {
  std::size_t track = 0;
  for (const auto& stream : plan.streams) {
    const auto index = static_cast<std::size_t>(stream.source_index);
    if (index == source_track) return track;
    const bool is_track =
        stream.action != StreamAction::attach && !media.streams.at(index).is_cover();
    track += is_track ? 1 : 0;
  }
  return std::nullopt;
}

bool is_list_of_tags(const Mp4Extra& extra) {
  return extra.place == Mp4Place::in_user_data && extra.type == "meta";
}

// A key that ffmpeg writes into the list of tags of an mp4 whatever it says, and that the film does
// not need there: the source's own list stands for the whole of ffmpeg's. Most idle first.
std::optional<std::string> unused_tag(const Mp4Carry& carry,
                                      const std::vector<Mp4Carry::Box>& inside,
                                      const MediaInfo& media) {
  constexpr std::array kKeys = {"synopsis", "lyrics",   "description", "keywords",
                                "network",  "grouping", "show",        "episode_id"};
  const bool replaced = std::ranges::any_of(inside, [&](const Mp4Carry::Box& box) {
    return is_list_of_tags(media.mp4->extras[box.extra]);
  });
  if (replaced || carry.has_the_tags) return kKeys.front();
  const auto it = std::ranges::find_if(kKeys, [&](const char* key) {
    return std::ranges::none_of(media.tags, [&](const auto& tag) {
      return to_lower(tag.first).starts_with(key);  // "lyrics-eng", too
    });
  });
  return it == kKeys.end() ? std::nullopt : std::optional<std::string>(*it);
}

// A language that three letters say as well: ffmpeg writes those.
bool is_written(const Mp4Extra& extra, const MediaInfo& media) {
  return extra.place == Mp4Place::in_media && extra.track < media.streams.size() &&
         media.streams[extra.track].language_tag.empty();
}

bool is_grafted(const EncodePlan& plan, std::size_t source_track) {
  return std::ranges::any_of(plan.streams, [&](const StreamPlan& stream) {
    return stream.action == StreamAction::graft &&
           static_cast<std::size_t>(stream.source_index) == source_track;
  });
}

// Subtitles that are shown when they are asked for only, sound that stands in for other sound:
// where no track of a kind is on (`default`), ffmpeg's muxer switches its first one on.
std::vector<std::size_t> tracks_that_are_off(const EncodePlan& plan, const MediaInfo& media) {
  std::vector<std::size_t> off;
  for (const StreamType type : {StreamType::video, StreamType::audio, StreamType::subtitle}) {
    std::vector<const StreamPlan*> of_its_kind;
    for (const StreamPlan& stream : plan.streams) {
      const Stream& source = media.streams.at(static_cast<std::size_t>(stream.source_index));
      const bool counts = stream.is_mapped() && source.type == type && !source.is_cover();
      if (counts) of_its_kind.push_back(&stream);
    }
    const bool one_is_on = std::ranges::any_of(of_its_kind, [](const StreamPlan* stream) {
      return stream->dispositions.contains("default");
    });
    if (of_its_kind.empty() || one_is_on) continue;
    off.push_back(
        *new_track(plan, media, static_cast<std::size_t>(of_its_kind.front()->source_index)));
  }
  return off;
}

// What the kept tracks say of each other.
std::vector<Mp4Carry::Reference> kept_references(const EncodePlan& plan, const MediaInfo& media) {
  std::vector<Mp4Carry::Reference> references;
  for (std::size_t i = 0; i < media.mp4->tracks.size(); ++i) {
    const auto track = new_track(plan, media, i);
    if (!track) continue;
    for (const Mp4Reference& had : media.mp4->tracks[i].references) {
      Mp4Reference to{had.type, {}};
      for (const std::size_t target : had.tracks) {
        if (const auto kept = new_track(plan, media, target)) to.tracks.push_back(*kept);
      }
      if (!to.tracks.empty()) references.push_back({*track, std::move(to)});
    }
  }
  return references;
}

void note_lost_references(EncodePlan& plan, const std::vector<Mp4Carry::Reference>& references) {
  std::set<std::string> types;
  for (const auto& [track, to] : references) types.insert(printable(to.type));
  if (types.empty()) return;
  plan.reasons.push_back(
      fmt::format("{} has no place for what tracks say of each other ('{}'): that is left out",
                  extension_of(plan.container), fmt::join(types, "', '")));
}

Reason lost(const Mp4Extra& extra, std::string_view why) {
  return {ReasonCode::data_streams, fmt::format("a box of metadata ('{}', {} bytes) {}",
                                                printable(extra.path()), extra.bytes, why)};
}

std::string_view why_left_behind(const Mp4Extra& extra, OutputContainer container) {
  if (container != OutputContainer::mp4) return "has no place in Matroska";
  return extra.bound ? "points to places in this file" : "";
}

std::string room_text(std::uint64_t bytes) {
  std::string text(kRoom);
  text.resize(std::max<std::size_t>(kRoom.size(), bytes), '.');
  return text;
}

// What stands in an iTunes list of ffmpeg's as well: the list of the source takes its place.
std::uint64_t bytes_of_covers(const MediaInfo& media) {
  std::uint64_t bytes = 0;
  for (const auto& stream : media.streams) {
    const auto index = static_cast<std::size_t>(stream.index);
    const bool listed = stream.is_cover() && !stream.has("timed_thumbnails");
    if (listed && index < media.packets.size()) bytes += media.packets[index].bytes;
  }
  return bytes;
}

// `inside` are the boxes that belong into `moov`.
std::uint64_t room_for(const Mp4Carry& carry, const std::vector<Mp4Carry::Box>& inside,
                       const MediaInfo& media) {
  std::set<std::size_t> tracks;
  std::uint64_t room = kBoxHead;  // of the `free` box that takes the rest
  for (const auto& [source, track] : carry.tracks) room += media.mp4->tracks[source].graft_bytes;
  for (const auto& [track, to] : carry.references) {
    room += 2 * kBoxHead + kTrackNumber * to.tracks.size();  // its own head and that of its `tref`
  }
  for (const auto& [index, track] : inside) {
    const Mp4Extra& extra = media.mp4->extras[index];
    const std::uint64_t covers = is_list_of_tags(extra) ? bytes_of_covers(media) : 0;
    room += extra.bytes - std::min(extra.bytes, covers);
    if (extra.in_a_track() && tracks.insert(track).second) room += kBoxHead;  // of its `udta`
  }
  return room;
}

std::optional<Reason> plan_room(EncodePlan& plan, const std::vector<Mp4Carry::Box>& inside,
                                const MediaInfo& media) {
  Mp4Carry& carry = plan.mp4_carry;
  if (inside.empty() && carry.references.empty() && carry.tracks.empty()) return std::nullopt;
  const std::uint64_t room = room_for(carry, inside, media);
  if (room > kMostCarried && !inside.empty()) {
    const auto& extras = media.mp4->extras;
    const auto& largest = std::ranges::max(
        inside, {}, [&](const Mp4Carry::Box& box) { return extras[box.extra].bytes; });
    return lost(extras[largest.extra], "is left out by ffmpeg, and too large to be put back");
  }
  carry.boxes.insert(carry.boxes.end(), inside.begin(), inside.end());
  carry.has_the_tags = std::ranges::any_of(inside, [&](const Mp4Carry::Box& box) {
    const Mp4Extra& extra = media.mp4->extras[box.extra];
    return extra.is_tag && !extra.in_a_track();
  });
  if (const auto tag = unused_tag(carry, inside, media); tag && room <= kMostRoom) {
    carry.room = {*tag, room_text(room)};
    return std::nullopt;
  }
  carry.moov_last = true;
  plan.reasons.push_back(
      fmt::format("its index ('moov') stands behind the film, as cameras have it: {} bytes of what "
                  "ffmpeg leaves out are put into it",
                  room));
  return std::nullopt;
}

}  // namespace

std::optional<Reason> plan_boxes(EncodePlan& plan, const MediaInfo& media, const Config& config) {
  plan.mp4_carry = {};
  if (!media.mp4) return std::nullopt;
  for (const auto& stream : plan.streams) {
    if (stream.action != StreamAction::graft) continue;
    const auto source = static_cast<std::size_t>(stream.source_index);
    plan.mp4_carry.tracks.push_back({source, *new_track(plan, media, source)});
  }
  if (plan.container == OutputContainer::mp4) {
    plan.mp4_carry.switched_off = tracks_that_are_off(plan, media);
  }
  auto references = kept_references(plan, media);
  if (plan.container == OutputContainer::mp4) {
    plan.mp4_carry.references = std::move(references);
  } else {
    note_lost_references(plan, references);
  }
  const bool accepted = config.accepts(Loss::data_streams);
  const auto& extras = media.mp4->extras;
  auto& boxes = plan.mp4_carry.boxes;
  std::vector<Mp4Carry::Box> inside;
  for (std::size_t i = 0; i < extras.size(); ++i) {
    const Mp4Extra& extra = extras[i];
    if (is_written(extra, media)) continue;
    if (extra.in_a_track() && is_grafted(plan, extra.track)) continue;  // as its whole track is
    const auto track = extra.in_a_track() ? new_track(plan, media, extra.track) : 0;
    if (!track || (extra.is_tag && plan.container != OutputContainer::mp4)) continue;
    if (const auto why = why_left_behind(extra, plan.container); !why.empty()) {
      if (!accepted) return lost(extra, why);
    } else {
      (extra.place == Mp4Place::beside_moov ? boxes : inside).push_back({i, *track});
    }
  }
  if (accepted && room_for(plan.mp4_carry, inside, media) > kMostCarried) {
    std::erase_if(inside, [&](const auto& box) { return !extras[box.extra].is_tag; });
  }
  return plan_room(plan, inside, media);
}

}  // namespace av1d
