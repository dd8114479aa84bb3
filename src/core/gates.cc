// Why a file is left as it is, by its listing and its streams; see gates.h. What packets and frames
// tell is in gates_content.cc.
#include "av1d/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "av1d/languages.h"
#include "av1d/text.h"

namespace av1d {

namespace {

using MaybeReason = std::optional<Reason>;

// What SVT-AV1 4.2 refuses (measured): 2x2, and more than 16384x8704.
constexpr int kMinSide = 4;
constexpr int kMaxWidth = 16384;
constexpr int kMaxHeight = 8704;

constexpr const char* kDolbyVisionRecord = "DOVI configuration record";

bool has_side_data(const Stream& stream, std::string_view type) {
  return std::any_of(stream.side_data.begin(), stream.side_data.end(),
                     [&](const SideData& d) { return d.type == type; });
}

bool is_tag(const Stream& stream, std::initializer_list<std::string_view> tags) {
  return std::find(tags.begin(), tags.end(), stream.codec_tag) != tags.end();
}

// ---- From the streams ---------------------------------------------------------------------------

MaybeReason no_video(const MediaInfo& media, const Config&) {
  const Stream* video = media.main_video();
  if (video == nullptr) {
    return Reason{ReasonCode::no_video, "it has no video stream (cover art is not video)"};
  }
  return std::nullopt;
}

MaybeReason already_av1(const MediaInfo& media, const Config&) {
  for (const auto& stream : media.streams) {
    if (stream.type == StreamType::video && stream.codec == "av1") {
      return Reason{ReasonCode::already_av1,
                    fmt::format("video stream {} is AV1 already", stream.index)};
    }
  }
  return std::nullopt;
}

MaybeReason dolby_vision(const MediaInfo& media, const Config& config) {
  if (config.accepts(Loss::dolby_vision)) return std::nullopt;
  for (const auto& stream : media.streams) {
    if (stream.type != StreamType::video) continue;
    // Whether the encoder can is asked with the frames.
    if (&stream == media.main_video() && converts_dolby_vision(media, config, Encoder::svt)) {
      continue;
    }
    const bool by_tag = is_tag(stream, {"dvh1", "dvhe", "dva1", "dvav", "dav1"});
    if (!by_tag && !has_side_data(stream, kDolbyVisionRecord)) continue;
    std::string profile = "?";
    for (const auto& data : stream.side_data) {
      const auto it = data.fields.find("dv_profile");
      if (it != data.fields.end()) profile = it->second;
    }
    return Reason{ReasonCode::dolby_vision,
                  fmt::format("{} is Dolby Vision, profile {}", stream.description(), profile)};
  }
  return std::nullopt;
}

bool has_alpha_format(const std::string& format) {
  static constexpr std::array kPrefixes = {"yuva", "rgba", "argb", "bgra", "abgr", "gbrap",
                                           "ya8",  "ya16", "ayuv", "vuya", "pal8"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](const char* p) { return format.starts_with(p); });
}

MaybeReason alpha(const MediaInfo& media, const Config& config) {
  const Stream* video = media.main_video();
  if (video == nullptr || config.accepts(Loss::alpha)) return std::nullopt;
  const bool tagged =
      video->tag("alpha_mode") == "1" || (media.matroska && media.matroska->alpha_track);
  if (!tagged && !has_alpha_format(video->pixel_format)) return std::nullopt;
  return Reason{ReasonCode::alpha, fmt::format("{} has an alpha channel ({})", video->description(),
                                               tagged ? "AlphaMode 1" : video->pixel_format)};
}

MaybeReason chroma(const MediaInfo& media, const Config& config) {
  const Stream* video = media.main_video();
  if (video == nullptr || config.accepts(Loss::chroma)) return std::nullopt;
  // Less chroma than 4:2:0, or none, loses nothing in it.
  static constexpr std::array kCarried = {"yuv420p", "yuvj420p", "yuv420p10le", "yuv420p10be",
                                          "nv12",    "nv21",     "p010le",      "yuv420p9le",
                                          "yuv410p", "gray",     "gray10le",    "yuv420p9be"};
  const bool carried = std::any_of(kCarried.begin(), kCarried.end(),
                                   [&](const char* f) { return video->pixel_format == f; });
  if (carried || video->pixel_format.empty()) return std::nullopt;
  return Reason{ReasonCode::chroma, fmt::format("{} is {}; AV1 here is 4:2:0 of at most 10 bits",
                                                video->description(), video->pixel_format)};
}

// MV-HEVC and the like: ffmpeg decodes the base view alone.
MaybeReason several_views(const MediaInfo& media, const Config&) {
  const Stream* video = media.main_video();
  if (video == nullptr) return std::nullopt;
  const bool layered = video->has("multilayer") ||
                       video->profile.find("Multiview") != std::string::npos ||
                       video->profile == "Stereo High";
  if (!layered) return std::nullopt;
  return Reason{ReasonCode::uncarriable_stream,
                fmt::format("{} holds several views (stereo), of which AV1 would keep one",
                            video->description())};
}

MaybeReason encrypted(const MediaInfo& media, const Config&) {
  for (const auto& stream : media.streams) {
    const bool marked = is_tag(stream, {"encv", "enca", "encs", "enct"}) ||
                        has_side_data(stream, "Encryption info") ||
                        has_side_data(stream, "Encryption initialization data");
    if (marked) {
      return Reason{ReasonCode::encrypted, fmt::format("stream {} is encrypted", stream.index)};
    }
  }
  const bool asf = media.tags.contains("ASF_Protection_Type") || media.tags.contains("DRM_KeyID");
  if (asf || (media.matroska && media.matroska->encrypted_track)) {
    return Reason{ReasonCode::encrypted, "a track is encrypted"};
  }
  return std::nullopt;
}

MaybeReason unsupported_size(const MediaInfo& media, const Config&) {
  const Stream* video = media.main_video();
  if (video == nullptr || video->width == 0) return std::nullopt;
  const bool fits = std::min(video->width, video->height) >= kMinSide &&
                    video->width <= kMaxWidth && video->height <= kMaxHeight;
  if (fits) return std::nullopt;
  return Reason{
      ReasonCode::unsupported_size,
      fmt::format("{} is {}x{}; the encoder takes {}x{} to {}x{}", video->description(),
                  video->width, video->height, kMinSide, kMinSide, kMaxWidth, kMaxHeight)};
}

// ---- What only Matroska has ---------------------------------------------------------------------

MaybeReason chapter_editions(const MediaInfo& media, const Config& config) {
  if (!media.matroska || !media.matroska->damaged_head) return std::nullopt;
  if (config.accepts(Loss::chapter_editions)) return std::nullopt;
  return Reason{ReasonCode::chapter_editions,
                "its chapters or tags are damaged or too large to be carried over whole"};
}

MaybeReason second_segment(const MediaInfo& media, const Config&) {
  if (!media.matroska || !media.matroska->second_segment) return std::nullopt;
  return Reason{ReasonCode::linked_segment,
                "a second film follows the first in the same file; only one would be kept"};
}

// Tracks of a kind that ffmpeg doesn't know, DVD menus for one, are no streams of its.
MaybeReason unseen_tracks(const MediaInfo& media, const Config&) {
  if (!media.matroska || media.matroska->tracks.empty()) return std::nullopt;
  const auto seen = static_cast<std::size_t>(
      std::count_if(media.streams.begin(), media.streams.end(), [](const Stream& stream) {
        return stream.type != StreamType::attachment && !stream.is_cover();
      }));
  if (seen == media.matroska->tracks.size()) return std::nullopt;
  return Reason{ReasonCode::uncarriable_stream,
                fmt::format("it has {} tracks, of which ffmpeg reads {}",
                            media.matroska->tracks.size(), seen)};
}

MaybeReason unseen_attachments(const MediaInfo& media, const Config&) {
  if (!media.matroska) return std::nullopt;
  const auto seen = static_cast<std::size_t>(
      std::count_if(media.streams.begin(), media.streams.end(), [](const Stream& stream) {
        return stream.type == StreamType::attachment || stream.is_cover();
      }));
  if (seen >= media.matroska->attachments.size()) return std::nullopt;
  return Reason{ReasonCode::uncarriable_stream,
                fmt::format("it has {} attachments, of which ffmpeg reads {}",
                            media.matroska->attachments.size(), seen)};
}

// ---- What only MP4 has --------------------------------------------------------------------------

// `elng` is carried over to mp4 as it is, but Matroska takes no tag of another form.
MaybeReason language_tags(const MediaInfo& media, const Config&) {
  if (!media.mp4) return std::nullopt;
  for (std::size_t i = 0; i < std::min(media.mp4->tracks.size(), media.streams.size()); ++i) {
    const std::string& language = media.mp4->tracks[i].language;
    if (language.empty() || is_language_tag(language)) continue;
    return Reason{ReasonCode::language_tags,
                  fmt::format("{} has the language '{}', which is no tag of BCP 47",
                              media.streams[i].description(), printable(language))};
  }
  return std::nullopt;
}

std::string_view told(UnfollowedEdit edit) {
  switch (edit) {
    case UnfollowedEdit::none:
      break;
    case UnfollowedEdit::other_speed:
      return "plays a part of it at another speed";
    case UnfollowedEdit::gap:
      return "leaves a gap in its middle";
    case UnfollowedEdit::fragmented:
      return "plays several parts of a fragmented film";
  }
  return "";
}

MaybeReason unfollowed_edits(const MediaInfo& media, const Config&) {
  if (!media.mp4) return std::nullopt;
  for (std::size_t i = 0; i < media.mp4->tracks.size(); ++i) {
    const UnfollowedEdit edit = media.mp4->tracks[i].unfollowed;
    if (edit == UnfollowedEdit::none) continue;
    return Reason{
        ReasonCode::uncarriable_stream,
        fmt::format("the edit list of track {} {}, which ffmpeg does not follow", i, told(edit))};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Reason> check_file_gates(const Candidate& candidate, const Config& config) {
  if (candidate.marker) {
    return Reason{ReasonCode::marker,
                  fmt::format("the marker '{}' stands", printable(candidate.marker->native()))};
  }
  if (candidate.disc_structure) {
    return Reason{ReasonCode::disc_structure,
                  fmt::format("it is part of the disc copy '{}'",
                              printable(candidate.disc_structure->native()))};
  }
  if (config.skip_hardlinked && candidate.stamp.link_count > 1) {
    return Reason{ReasonCode::hard_link,
                  fmt::format("it has {} hard links; replacing one would only use more space",
                              candidate.stamp.link_count)};
  }
  if (candidate.stamp.size_bytes < config.min_bytes) {
    return Reason{ReasonCode::too_small, fmt::format("{} is less than min_bytes = {}",
                                                     format_bytes(candidate.stamp.size_bytes),
                                                     format_bytes(config.min_bytes))};
  }
  return std::nullopt;
}

std::optional<Reason> check_stream_gates(const MediaInfo& media, const Config& config) {
  constexpr std::array kGates = {no_video,       already_av1,      dolby_vision,
                                 alpha,          chroma,           encrypted,
                                 several_views,  unsupported_size, chapter_editions,
                                 second_segment, unseen_tracks,    unseen_attachments,
                                 language_tags,  unfollowed_edits};
  for (const auto gate : kGates) {
    if (auto reason = gate(media, config)) return reason;
  }
  return std::nullopt;
}

}  // namespace av1d
