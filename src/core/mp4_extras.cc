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

// The children of `udta` that ffmpeg shows as tags. FFmpeg 9, measured: a box of each kind was put
// into a film, and ffprobe asked for its text.
constexpr std::array kShown = {"loci", "HMMT", "cprt", "name", "manu",
                               "modl", "FIRM", "@PRM", "@PRQ"};
// Likewise; in the file the sign (c), one byte, stands before each.
constexpr std::array kShownTexts = {"nam", "ART", "PRD", "alb", "aut", "chp", "cmt", "com",
                                    "cpy", "day", "dir", "dis", "ed1", "fmt", "gen", "grp",
                                    "hst", "inf", "lyr", "mak", "mod", "ope", "prd", "prf",
                                    "req", "src", "st3", "trk", "url", "wrn", "wrt", "xyz"};
// Those that say nothing of the film: room, what wrote the file, hints for streaming it, where
// QuickTime's window was, and the same two words in every file of Samsung's telephones. The
// chapters of `chpl` are written anew.
constexpr std::array kIdle = {"free", "skip", "swre", "hnti", "hinf", "hinv", "WLOC",
                              "LOOP", "SelO", "AllF", "ptv ", "SDLN", "smrd", "chpl"};
// What wrote the file; the clock of the old file, in frames, as Premiere notes it.
constexpr std::array kIdleTexts = {"swr", "too", "enc", "TIM", "TSC", "TSZ"};

// The items of iTunes' list that ffmpeg's muxer writes as it read them (FFmpeg 9, measured: it was
// given all the tags that it knows).
constexpr std::array kWrittenItems = {"aART", "cprt", "desc", "ldes", "tvsh", "tven",
                                      "tvnn", "keyw", "tves", "tvsn", "stik", "hdvd",
                                      "pgap", "cpil", "trkn", "disk", "tmpo", "covr"};
constexpr std::array kWrittenTexts = {"nam", "ART", "wrt", "alb", "day",
                                      "too", "cmt", "gen", "grp", "lyr"};

bool is_one_of(const auto& types, std::string_view type) {
  return std::ranges::find(types, type) != types.end();
}

// Of a type that begins with the sign (c), or of one that doesn't.
bool is_listed(std::string_view type, const auto& types, const auto& texts) {
  return type.starts_with('\xa9') ? is_one_of(texts, type.substr(1)) : is_one_of(types, type);
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
    add_written_list();
    return std::move(found_);
  }

 private:
  void look_into_moov(const Box& moov) {
    std::size_t track = 0;
    file_.for_each_child(moov, [&](const Box& box) {
      if (box.type == "trak") look_into_track(box, track++);
      if (box.type == "meta") look_into_meta(box, Mp4Place::in_moov);
      if (box.type != "udta") return;
      file_.for_each_child(box, [&](const Box& child) {
        if (child.type == "meta") {
          look_into_meta(child, Mp4Place::in_user_data);
        } else {
          add(child, Mp4Place::in_user_data, 0, is_shown(child));
        }
      });
    });
  }

  // ffmpeg shows the tags of two forms of list, QuickTime's and iTunes'. It writes the second one,
  // and of its items those that it knows. In tracks, where GStreamer leaves empty ones, it reads
  // none.
  void look_into_meta(const Box& meta, Mp4Place place, std::size_t track = 0) {
    const std::string handler = handler_of(meta);
    const bool is_list = handler == "mdir" || handler == "mdta";
    const auto list = is_list ? child_of_meta(meta, "ilst") : std::nullopt;
    bool all_written = handler == "mdir" && place == Mp4Place::in_user_data;
    bool empty = true;
    if (list) {
      file_.for_each_child(*list, [&](const Box& item) {
        empty = empty && is_listed(item.type, kIdle, kIdleTexts);
        all_written &= is_listed(item.type, kWrittenItems, kWrittenTexts);
      });
    }
    if (!is_list || !(empty || all_written)) {
      add(meta, place, track, is_list && !is_in_a_track(place));
    } else if (!empty) {
      written_list_ = meta;
    }
  }

  // Beside other tags of the film that are carried, ffmpeg is to write none: it would say them in
  // its own list once more.
  void add_written_list() {
    const bool others = std::ranges::any_of(found_, [](const FoundExtra& found) {
      return found.extra.is_tag && !found.extra.in_a_track();
    });
    if (others && written_list_) add(*written_list_, Mp4Place::in_user_data, 0, true);
  }

  // ffmpeg reads texts of tracks and writes none to mp4 but the name. Of a language it reads and
  // writes three letters.
  void look_into_track(const Box& trak, std::size_t track) {
    file_.for_each_child(trak, [&](const Box& box) {
      if (box.type == "mdia") {
        if (const auto elng = file_.child(box, "elng")) add(*elng, Mp4Place::in_media, track, true);
      }
      if (box.type == "meta") look_into_meta(box, Mp4Place::in_track, track);
      if (box.type != "udta") return;
      file_.for_each_child(box, [&](const Box& child) {
        if (child.type == "meta") {
          look_into_meta(child, Mp4Place::in_tracks_user_data, track);
        } else if (child.type != "name") {
          add(child, Mp4Place::in_tracks_user_data, track, is_shown(child));
        }
      });
    });
  }

  void add(const Box& box, Mp4Place place, std::size_t track = 0, bool is_tag = false) {
    const bool idle = place != Mp4Place::beside_moov && is_listed(box.type, kIdle, kIdleTexts);
    if (box.cut || box.size() == 0 || idle) return;
    found_.push_back({box, {box.type, box.end - box.at, {}, place, track, is_bound(box), is_tag}});
  }

  bool is_profile(const Box& box) {
    return box.type == "uuid" && file_.bytes_at(box.data, kUuidBytes) == kProfileUuid;
  }

  // 3GPP's form of `cprt` begins with version and flags; ffmpeg shows it as an empty text.
  bool is_shown(const Box& box) {
    const bool in_3gpp_form =
        box.type == "cprt" && file_.bytes_at(box.data, kFullBoxBytes) == std::string(4, '\0');
    return is_listed(box.type, kShown, kShownTexts) && !in_3gpp_form;
  }

  // The child of a `meta`, which begins with version and flags, but not in QuickTime.
  std::optional<Box> child_of_meta(const Box& meta, std::string_view type) {
    Box content = meta;
    content.data = std::min(meta.data + kFullBoxBytes, meta.end);
    const auto child = file_.child(content, type);
    return child ? child : file_.child(meta, type);
  }

  std::string handler_of(const Box& meta) {
    const auto hdlr = child_of_meta(meta, "hdlr");
    return hdlr ? file_.bytes_at(hdlr->data + kFullBoxBytes + 4, 4).value_or("") : std::string();
  }

  // Items of a `meta` are found by their place in the file.
  bool is_bound(const Box& box) {
    return box.type == "meta" && child_of_meta(box, "iloc").has_value();
  }

  Reader& file_;
  std::vector<FoundExtra> found_;
  std::optional<Box> written_list_;  // one of which ffmpeg writes all, as it stands
};

}  // namespace

std::vector<FoundExtra> find_extras(Reader& file) {
  return Finder(file).find();
}

}  // namespace av1d::mp4
