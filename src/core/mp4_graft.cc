// Tracks put into another film; see mp4_graft.h.
#include "mp4_graft.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "mp4_bytes.h"

namespace av1d::mp4 {

namespace {

constexpr std::size_t kFullBox = 4;           // version and flags
constexpr std::size_t kTable = kFullBox + 4;  // and the number of entries

// Boxes of a sample table that tell places of the file, or how to decrypt what lies there.
constexpr std::array kBound = {"saio", "saiz", "senc", "stz2"};

std::uint64_t number_at(std::string_view content, std::size_t at, std::size_t bytes = 4) {
  return at + bytes <= content.size() ? unsigned_of(content.substr(at, bytes)) : 0;
}

// The content of a box that is found by the types on the way to it. Boxes that are no lists hold
// nothing.
std::optional<std::string_view> find(std::string_view box,
                                     std::initializer_list<std::string_view> path) {
  for (const std::string_view type : path) {
    const auto boxes = boxes_of(content_of(box));
    if (!boxes) return std::nullopt;
    const auto it = std::ranges::find(*boxes, type, type_of);
    if (it == boxes->end()) return std::nullopt;
    box = *it;
  }
  return content_of(box);
}

// As many entries of that many bytes as the table says; nothing where they are not all there.
std::optional<std::vector<std::string_view>> entries_of(std::string_view table, std::size_t bytes) {
  if (table.size() < kTable) return std::nullopt;
  const std::uint64_t count = number_at(table, kFullBox);
  table.remove_prefix(kTable);
  if (count > table.size() / bytes) return std::nullopt;
  std::vector<std::string_view> entries;
  for (std::size_t i = 0; i < count; ++i) entries.push_back(table.substr(i * bytes, bytes));
  return entries;
}

// Each reference says with its lowest flag that the samples are in the same file.
bool is_in_the_same_file(std::string_view trak) {
  const auto dref = find(trak, {"mdia", "minf", "dinf", "dref"});
  const auto places =
      dref && dref->size() >= kTable ? boxes_of(dref->substr(kTable)) : std::nullopt;
  return places && !places->empty() && std::ranges::all_of(*places, [](std::string_view place) {
           return place.size() >= kFullHead && (number_at(content_of(place), 0) & 1U) != 0;
         });
}

// Hints for streaming the old tracks, and the tracks of MPEG-4's systems (scenes, descriptors of
// objects: "sdsm", "odsm"), speak of the old film's bytes and have no meaning in another.
bool is_about_the_old_film(std::string_view trak) {
  constexpr std::size_t kHandler = kFullBox + 4;  // behind a reserved number
  const auto hdlr = find(trak, {"mdia", "hdlr"});
  if (!hdlr || hdlr->size() < kHandler + 4) return true;
  const auto handler = hdlr->substr(kHandler, 4);
  return handler == "hint" || handler.ends_with("sm");
}

bool is_readable(std::string_view stbl) {
  const auto tables = boxes_of(stbl);
  if (!tables) return false;
  for (const auto table : *tables) {
    if (std::ranges::find(kBound, type_of(table)) != kBound.end()) return false;
    if (type_of(table) != "stsd") continue;
    const auto content = content_of(table);
    const auto entries = content.size() < kTable ? std::nullopt : boxes_of(content.substr(kTable));
    if (!entries || entries->empty()) return false;
    const auto encrypted = [](std::string_view entry) { return type_of(entry).starts_with("enc"); };
    if (std::ranges::any_of(*entries, encrypted)) return false;
  }
  return true;
}

std::optional<std::vector<std::uint64_t>> places_in(std::string_view trak) {
  std::size_t width = 4;
  auto table = find(trak, {"mdia", "minf", "stbl", "stco"});
  if (!table) {
    width = 8;
    table = find(trak, {"mdia", "minf", "stbl", "co64"});
  }
  const auto entries = table ? entries_of(*table, width) : std::nullopt;
  if (!entries) return std::nullopt;
  std::vector<std::uint64_t> places;
  for (const auto entry : *entries) places.push_back(unsigned_of(entry));
  return places;
}

// The sizes of the samples one after the other, each asked once.
class Sizes {
 public:
  explicit Sizes(std::string_view stsz)
      : same_(number_at(stsz, kFullBox)), count_(number_at(stsz, kFullBox + 4)) {
    if (stsz.size() < kTable + 4) {
      count_ = 0;
    } else if (same_ == 0) {
      list_ = stsz.substr(kTable + 4);
    }
  }

  std::uint64_t left() const { return count_; }

  // Of the next ones together; nothing where there are not so many.
  std::optional<std::uint64_t> take(std::uint64_t samples) {
    if (samples > count_) return std::nullopt;
    count_ -= samples;
    if (same_ != 0) return samples * same_;
    if (samples > list_.size() / 4) return std::nullopt;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < samples; ++i) bytes += number_at(list_, 4 * i);
    list_.remove_prefix(4 * static_cast<std::size_t>(samples));
    return bytes;
  }

 private:
  std::uint64_t same_;
  std::uint64_t count_;
  std::string_view list_;
};

// ---- The new track ------------------------------------------------------------------------------

class Grafter {
 public:
  explicit Grafter(const Graft& graft) : graft_(graft) {}

  std::optional<std::string> made_anew(std::string_view trak) {
    std::string content = rebuilt(content_of(trak), "trak");
    if (!graft_.references.empty()) content += make_box("tref", graft_.references);
    if (broken_) return std::nullopt;
    return make_box("trak", content);
  }

 private:
  // Lists of boxes are gone through; what is nothing of the way to a change stays as it is.
  std::string rebuilt(std::string_view content, std::string_view parent) {
    static const std::map<std::string_view, std::string_view> kParents = {
        {"edts", "trak"}, {"mdia", "trak"}, {"minf", "mdia"}, {"stbl", "minf"}};
    const auto boxes = boxes_of(content);
    if (!boxes) return fail();
    std::string made;
    for (const auto box : *boxes) {
      const auto type = type_of(box);
      const auto way = kParents.find(type);
      if (way != kParents.end() && way->second == parent) {
        made += make_box(type, rebuilt(content_of(box), type));
      } else if (parent == "trak" && type == "tkhd") {
        made += make_box(type, new_head(content_of(box)));
      } else if (parent == "edts" && type == "elst") {
        made += make_box(type, new_edits(content_of(box)));
      } else if (parent == "stbl" && (type == "stco" || type == "co64")) {
        made += make_box("co64", new_places());
      } else if (parent != "trak" || type != "tref") {
        made += box;
      }
    }
    return made;
  }

  std::string new_head(std::string_view tkhd) {
    if (tkhd.empty()) return fail();
    const auto at = static_cast<std::size_t>(behind_times(tkhd.front()));
    const std::size_t width = tkhd.front() == '\1' ? 8 : 4;
    const std::size_t duration = at + 8;  // behind a reserved number
    if (duration + width > tkhd.size()) return fail();
    std::string head(tkhd);
    head.replace(at, 4, big_endian(graft_.number));
    head.replace(duration, width, in_new_ticks(tkhd.substr(duration, width)));
    return head;
  }

  std::string new_edits(std::string_view elst) {
    if (elst.size() < kTable) return fail();
    const std::size_t width = elst.front() == '\1' ? 8 : 4;
    const std::size_t bytes = 2 * width + 4;
    const auto entries = entries_of(elst, bytes);
    if (!entries) return fail();
    std::string list(elst);
    for (std::size_t i = 0; i < entries->size(); ++i) {
      list.replace(kTable + i * bytes, width, in_new_ticks((*entries)[i].substr(0, width)));
    }
    return list;
  }

  // All ones: unknown.
  std::string in_new_ticks(std::string_view time) {
    if (time.find_first_not_of('\xff') == std::string_view::npos) return std::string(time);
    const std::uint64_t ticks = unsigned_of(time);
    const std::uint64_t most = time.size() == 4 ? std::numeric_limits<std::uint32_t>::max()
                                                : std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t before = graft_.ticks_before;
    const std::uint64_t now = graft_.ticks_now;
    constexpr std::uint64_t kMostTicks = std::uint64_t{1} << 32U;  // a second
    const bool fits = before > 0 && before < kMostTicks && now > 0 && now < kMostTicks &&
                      ticks < std::numeric_limits<std::uint64_t>::max() / now - before &&
                      (ticks * now + before / 2) / before <= most;
    if (!fits) {
      broken_ = true;
      return std::string(time);
    }
    return big_endian((ticks * now + before / 2) / before, time.size());
  }

  std::string new_places() const {
    std::string table = big_endian(0) + big_endian(graft_.places.size());
    for (const std::uint64_t place : graft_.places) table += big_endian(place, 8);
    return table;
  }

  std::string fail() {
    broken_ = true;
    return {};
  }

  const Graft& graft_;
  bool broken_ = false;
};

}  // namespace

std::optional<std::vector<Chunk>> chunks_of(std::string_view trak) {
  constexpr std::size_t kRun = 12;  // of chunks: the first one, samples in each, their description
  const auto stbl = find(trak, {"mdia", "minf", "stbl"});
  const auto stsz = find(trak, {"mdia", "minf", "stbl", "stsz"});
  const auto stsc = find(trak, {"mdia", "minf", "stbl", "stsc"});
  const auto runs = stsc ? entries_of(*stsc, kRun) : std::nullopt;
  const auto places = places_in(trak);
  if (!stbl || !stsz || !runs || !places || !is_readable(*stbl) || !is_in_the_same_file(trak) ||
      is_about_the_old_film(trak)) {
    return std::nullopt;
  }
  Sizes sizes(*stsz);
  std::vector<Chunk> chunks;
  std::size_t run = 0;
  for (std::size_t i = 0; i < places->size(); ++i) {
    while (run + 1 < runs->size() && number_at((*runs)[run + 1], 0) <= i + 1) ++run;
    if (run >= runs->size() || number_at((*runs)[run], 0) > i + 1) return std::nullopt;
    const auto bytes = sizes.take(number_at((*runs)[run], 4));
    if (!bytes) return std::nullopt;
    chunks.push_back({(*places)[i], *bytes});
  }
  return sizes.left() == 0 ? std::optional(std::move(chunks)) : std::nullopt;
}

std::optional<std::string> grafted(std::string_view trak, const Graft& graft) {
  return Grafter(graft).made_anew(trak);
}

}  // namespace av1d::mp4
