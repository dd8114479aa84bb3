// Why a file is left as it is; see gates.h.
#include "av1d/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "av1d/probe.h"
#include "av1d/stderr_rules.h"
#include "av1d/text.h"

namespace av1d {

namespace {

using MaybeReason = std::optional<Reason>;

// What SVT-AV1 4.2 refuses (measured): 2x2, and more than 16384x8704.
constexpr int kMinSide = 4;
constexpr int kMaxWidth = 16384;
constexpr int kMaxHeight = 8704;
// A header may round; more than this missing at the end is a cut file.
constexpr double kPromiseSlackSecs = 1.0;

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
    const bool by_tag = is_tag(stream, {"dvh1", "dvhe", "dva1", "dvav", "dav1"});
    if (!by_tag && !has_side_data(stream, "DOVI configuration record")) continue;
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
  static constexpr std::array kCarried = {"yuv420p",     "yuvj420p", "yuv420p10le",
                                          "yuv420p10be", "nv12",     "p010le"};
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

// True where ffmpeg keeps the language: a bare primary subtag. Regions and scripts are lost.
bool is_plain_language(const std::string& bcp47) {
  return bcp47.find('-') == std::string::npos;
}

MaybeReason chapter_editions(const MediaInfo& media, const Config& config) {
  if (!media.matroska || config.accepts(Loss::chapter_editions)) return std::nullopt;
  const MatroskaFacts& facts = *media.matroska;
  const char* what = facts.ordered_edition              ? "ordered chapters"
                     : facts.editions > 1               ? "several chapter editions"
                     : facts.linked_chapters            ? "chapters linked to another file"
                     : facts.nested_chapters            ? "nested chapters"
                     : facts.hidden_or_disabled_chapter ? "hidden or disabled chapters"
                     : facts.chapter_displays_max > 1   ? "chapter names in several languages"
                                                        : nullptr;
  if (what == nullptr) return std::nullopt;
  return Reason{ReasonCode::chapter_editions,
                fmt::format("it has {}, which a remux flattens", what)};
}

MaybeReason matroska_links(const MediaInfo& media, const Config&) {
  if (!media.matroska) return std::nullopt;
  if (media.matroska->linked_segment) {
    return Reason{ReasonCode::linked_segment, "it is linked to another file by its segment UID"};
  }
  if (media.matroska->second_segment) {
    return Reason{ReasonCode::linked_segment,
                  "a second film follows the first in the same file; only one would be kept"};
  }
  return std::nullopt;
}

MaybeReason language_tags(const MediaInfo& media, const Config&) {
  if (!media.matroska) return std::nullopt;
  const auto& languages = media.matroska->track_languages;
  for (std::size_t track = 0; track < languages.size(); ++track) {
    if (is_plain_language(languages[track])) continue;
    return Reason{
        ReasonCode::language_tags,
        fmt::format("track {} has the language '{}', of which a remux keeps only the first part",
                    track, printable(languages[track]))};
  }
  for (const auto& language : media.matroska->chapter_languages) {
    if (is_plain_language(language)) continue;
    return Reason{
        ReasonCode::language_tags,
        fmt::format("a chapter name has the language '{}', of which a remux keeps only the "
                    "first part",
                    printable(language))};
  }
  return std::nullopt;
}

// ---- From packets and frames --------------------------------------------------------------------

MaybeReason encrypted_packets(const MediaInfo& media) {
  for (std::size_t i = 0; i < media.packets.size(); ++i) {
    if (media.packets[i].encrypted) {
      return Reason{ReasonCode::encrypted, fmt::format("stream {} is encrypted", i)};
    }
  }
  return std::nullopt;
}

// A JPEG in a film's clothes: one packet of a picture codec.
MaybeReason only_a_picture(const MediaInfo& media) {
  static constexpr std::array kPictures = {"mjpeg", "png",    "bmp",      "gif",   "webp",
                                           "tiff",  "jpegls", "jpeg2000", "jpegxl"};
  const Stream* video = media.main_video();
  if (video == nullptr || static_cast<std::size_t>(video->index) >= media.packets.size()) {
    return std::nullopt;
  }
  const bool picture = std::any_of(kPictures.begin(), kPictures.end(),
                                   [&](const char* codec) { return video->codec == codec; });
  if (!picture || media.packets[static_cast<std::size_t>(video->index)].count > 1) {
    return std::nullopt;
  }
  return Reason{ReasonCode::no_video,
                fmt::format("its only video is one picture ({})", video->codec)};
}

MaybeReason undecodable(const MediaInfo& media) {
  const Stream* video = media.main_video();
  if (video == nullptr || media.frames.sampled > 0) return std::nullopt;
  return Reason{ReasonCode::probe_failed,
                fmt::format("no frame of {} could be decoded", video->description())};
}

// Where the bytes of the film showed it.
std::string place(const std::optional<std::uint64_t>& offset) {
  return offset ? fmt::format(" (first at byte {})", *offset) : std::string();
}

MaybeReason frame_metadata(const MediaInfo& media, const Config& config, Encoder encoder) {
  const auto& seen = media.frames.side_data;
  if (!config.accepts(Loss::dolby_vision) &&
      (seen.contains("Dolby Vision RPU Data") || seen.contains("Dolby Vision Metadata"))) {
    return Reason{ReasonCode::dolby_vision, "its frames carry Dolby Vision metadata"};
  }
  const bool dynamic = seen.contains("HDR Dynamic Metadata SMPTE2094-40 (HDR10+)") ||
                       media.frames.hdr10plus_at.has_value();
  if (dynamic && encoder != Encoder::aom && !config.accepts(Loss::hdr10plus)) {
    return Reason{ReasonCode::hdr10plus, "its frames carry HDR10+ metadata" +
                                             place(media.frames.hdr10plus_at) +
                                             ", which only libaom keeps"};
  }
  const bool captions =
      seen.contains("ATSC A53 Part 4 Closed Captions") || media.frames.captions_at.has_value();
  if (captions && !config.accepts(Loss::captions)) {
    return Reason{ReasonCode::captions,
                  "its video carries closed captions (ATSC A53)" + place(media.frames.captions_at)};
  }
  return std::nullopt;
}

bool has_interlaced_order(const Stream& video) {
  static constexpr std::array kOrders = {"tt", "bb", "tb", "bt"};
  return std::any_of(kOrders.begin(), kOrders.end(),
                     [&](const char* o) { return video.field_order == o; });
}

MaybeReason interlaced(const MediaInfo& media, const Config& config) {
  const Stream* video = media.main_video();
  if (video == nullptr || config.deinterlace != DeinterlaceMode::skip) return std::nullopt;
  if (!is_interlaced(*video, media.frames)) return std::nullopt;
  if (has_interlaced_order(*video)) {
    return Reason{ReasonCode::interlaced, fmt::format("{} is interlaced (field order {})",
                                                      video->description(), video->field_order)};
  }
  return Reason{ReasonCode::interlaced, fmt::format("{} of {} sampled frames are interlaced",
                                                    media.frames.interlaced, media.frames.sampled)};
}

// A transport stream is whole packets of 188 bytes, 192 in m2ts, 204 with Reed-Solomon codes
// (ISO/IEC 13818-1, ETSI TS 101 154). Cut inside one, it may still decode without an error line.
bool is_cut_inside_packet(const MediaInfo& media) {
  static constexpr std::array<std::uint64_t, 3> kPacketBytes = {188, 192, 204};
  return media.container == Container::mpegts &&
         std::none_of(kPacketBytes.begin(), kPacketBytes.end(),
                      [&](std::uint64_t bytes) { return media.size_bytes % bytes == 0; });
}

MaybeReason damaged(const MediaInfo& media, const Config& config) {
  if (config.accepts(Loss::damaged_source)) return std::nullopt;
  if (is_cut_inside_packet(media)) {
    return Reason{ReasonCode::damaged_source,
                  fmt::format("its {} bytes end inside a transport packet", media.size_bytes)};
  }
  if (!media.read_errors.empty()) {
    return Reason{ReasonCode::damaged_source,
                  fmt::format("{} errors while reading it, the first: {}", media.read_errors.size(),
                              printable(media.read_errors.front()))};
  }
  std::optional<std::int64_t> end;
  for (const auto& facts : media.packets) {
    if (facts.end_ns) end = std::max(end.value_or(*facts.end_ns), *facts.end_ns);
  }
  if (!end || !media.duration_secs) return std::nullopt;
  // Headers count from zero or from the first packet: the kinder reading holds.
  const double held = std::max(static_cast<double>(*end) / 1e9,
                               static_cast<double>(*end) / 1e9 - media.start_secs.value_or(0));
  if (*media.duration_secs <= held + kPromiseSlackSecs) return std::nullopt;
  return Reason{ReasonCode::damaged_source,
                fmt::format("its header promises {:.1f} s, its packets end at {:.1f} s",
                            *media.duration_secs, held)};
}

}  // namespace

bool is_interlaced(const Stream& video, const FrameFacts& frames) {
  return has_interlaced_order(video) || frames.interlaced * 50 > frames.sampled;
}

bool is_hdr(const Stream& video) {
  return video.color_transfer == "smpte2084" || video.color_transfer == "arib-std-b67";
}

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
  constexpr std::array kGates = {no_video,         already_av1,    dolby_vision,  alpha,
                                 chroma,           encrypted,      several_views, unsupported_size,
                                 chapter_editions, matroska_links, language_tags};
  for (const auto gate : kGates) {
    if (auto reason = gate(media, config)) return reason;
  }
  return std::nullopt;
}

std::optional<Reason> check_content_gates(const MediaInfo& media, const Config& config,
                                          Encoder encoder) {
  if (auto reason = encrypted_packets(media)) return reason;
  if (auto reason = only_a_picture(media)) return reason;
  if (auto reason = undecodable(media)) return reason;
  if (auto reason = frame_metadata(media, config, encoder)) return reason;
  if (auto reason = interlaced(media, config)) return reason;
  return damaged(media, config);
}

}  // namespace av1d
