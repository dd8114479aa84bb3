// What ffmpeg leaves behind of an mp4; see mp4_extras.h.
#include "mp4_extras.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace av1d::mp4 {

namespace {

constexpr std::uint64_t kFullBoxBytes = 4;  // version and flags

// What is said of the old file's own streams, not of the film: Sony's profile.
constexpr std::string_view kProfileUuid = "PROF\x21\xD2\x4F\xCE\xBB\x88\x69\x5C\xFA\xC9\xC7\x40";
constexpr std::uint64_t kUuidBytes = 16;

// The children of `udta` that ffmpeg shows, as tags, chapters or a place. FFmpeg 9, measured: a box
// of each kind was put into a film, and ffprobe asked for its text.
constexpr std::array kShown = {"loci", "chpl", "HMMT", "cprt", "name",
                               "manu", "modl", "FIRM", "@PRM", "@PRQ"};
// Likewise; in the file the sign (c), one byte, stands before each.
constexpr std::array kShownTexts = {"nam", "ART", "PRD", "alb", "aut", "chp", "cmt", "com", "cpy",
                                    "day", "dir", "dis", "ed1", "enc", "fmt", "gen", "grp", "hst",
                                    "inf", "lyr", "mak", "mod", "ope", "prd", "prf", "req", "src",
                                    "st3", "swr", "too", "trk", "url", "wrn", "wrt", "xyz"};
// Where a film was made, to as many digits as its camera says. ffmpeg writes it to mp4 as `loci`:
// rounded to 1/65536 degree, and not where Apple's and Google's programs look for it.
constexpr std::string_view kCoordinates = "\xa9xyz";
// Those that say nothing of the film: room, what wrote the file, hints for streaming it, where
// QuickTime's window was, and the same two words in every file of Samsung's telephones.
constexpr std::array kIdle = {"free", "skip", "swre", "hnti", "hinf", "hinv", "WLOC",
                              "LOOP", "SelO", "AllF", "ptv ", "SDLN", "smrd"};
// The clock of the old file, in frames, as Premiere notes it.
constexpr std::array kIdleTexts = {"TIM", "TSC", "TSZ"};

bool is_one_of(const auto& types, std::string_view type) {
  return std::ranges::find(types, type) != types.end();
}

bool is_idle(std::string_view type) {
  return type.starts_with('\xa9') ? is_one_of(kIdleTexts, type.substr(1)) : is_one_of(kIdle, type);
}

class Finder {
 public:
  explicit Finder(Reader& file) : file_(file) {}

  std::vector<FoundExtra> find() {
    const Box whole{"", 0, file_.file_size()};
    file_.for_each_child(whole, [&](const Box& box) {
      const bool kind = box.type == "uuid" || box.type == "meta" || box.type == "udta";
      if (kind && !is_profile(box)) add(box, Mp4Place::beside_moov);
    });
    if (const auto moov = file_.child(whole, "moov")) look_into_moov(*moov);
    return std::move(found_);
  }

 private:
  void look_into_moov(const Box& moov) {
    std::size_t track = 0;
    file_.for_each_child(moov, [&](const Box& box) {
      if (box.type == "trak") look_into_track(box, track++);
      if (box.type == "meta" && !lists_tags(box)) add(box, Mp4Place::in_moov);
      if (box.type != "udta") return;
      file_.for_each_child(box, [&](const Box& child) {
        const bool known = child.type == "meta" ? lists_tags(child) : is_shown(child);
        const bool is_coordinates = child.type == kCoordinates;
        if (!known || is_coordinates) add(child, Mp4Place::in_user_data, 0, is_coordinates);
      });
    });
  }

  // ffmpeg reads texts of tracks and writes none to mp4 but the name. It reads no `meta` there.
  void look_into_track(const Box& trak, std::size_t track) {
    file_.for_each_child(trak, [&](const Box& box) {
      if (box.type == "meta") add(box, Mp4Place::in_track, track);
      if (box.type != "udta") return;
      file_.for_each_child(box, [&](const Box& child) {
        if (child.type != "name") add(child, Mp4Place::in_tracks_user_data, track, is_shown(child));
      });
    });
  }

  void add(const Box& box, Mp4Place place, std::size_t track = 0, bool is_tag = false) {
    if (box.cut || box.size() == 0 || (place != Mp4Place::beside_moov && is_idle(box.type))) return;
    found_.push_back({box, {box.type, box.end - box.at, {}, place, track, is_bound(box), is_tag}});
  }

  bool is_profile(const Box& box) {
    return box.type == "uuid" && file_.bytes_at(box.data, kUuidBytes) == kProfileUuid;
  }

  // 3GPP's form of `cprt` begins with version and flags; ffmpeg shows it as an empty text.
  bool is_shown(const Box& box) {
    if (box.type.starts_with('\xa9')) return is_one_of(kShownTexts, box.type.substr(1));
    const bool in_3gpp_form =
        box.type == "cprt" && file_.bytes_at(box.data, kFullBoxBytes) == std::string(4, '\0');
    return is_one_of(kShown, box.type) && !in_3gpp_form;
  }

  // The child of a `meta`, which begins with version and flags, but not in QuickTime.
  std::optional<Box> child_of_meta(const Box& meta, std::string_view type) {
    Box content = meta;
    content.data = std::min(meta.data + kFullBoxBytes, meta.end);
    const auto child = file_.child(content, type);
    return child ? child : file_.child(meta, type);
  }

  // iTunes' list and QuickTime's, which ffmpeg shows.
  bool lists_tags(const Box& meta) {
    const auto hdlr = child_of_meta(meta, "hdlr");
    if (!hdlr) return false;
    const auto handler = file_.bytes_at(hdlr->data + kFullBoxBytes + 4, 4);
    return handler == "mdir" || handler == "mdta";
  }

  // Items of a `meta` are found by their place in the file.
  bool is_bound(const Box& box) {
    return box.type == "meta" && child_of_meta(box, "iloc").has_value();
  }

  Reader& file_;
  std::vector<FoundExtra> found_;
};

}  // namespace

std::vector<FoundExtra> find_extras(Reader& file) {
  return Finder(file).find();
}

}  // namespace av1d::mp4
