// Why a file is left as it is, by its packets and frames; see gates.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "av1d/gates.h"
#include "av1d/text.h"

namespace av1d {

namespace {

using MaybeReason = std::optional<Reason>;

// Of the frames that idet is sure of.
constexpr std::uint64_t kFewestCombed = 30;
constexpr std::uint64_t kCombedShare = 4;  // as many as not
// One frame decides for all of a black or still film: so many must show it by themselves. (Two real
// films were called combed by one frame each; interlaced ones that move have dozens.)
constexpr std::uint64_t kFewestCombedAlone = 5;
// A header may round; more than this missing at the end is a cut file.
constexpr double kPromiseSlackSecs = 1.0;

constexpr const char* kDolbyVisionRecord = "DOVI configuration record";
constexpr const char* kCompatibility = "dv_bl_signal_compatibility_id";

bool has_dolby_vision_record(const Stream& video) {
  return std::any_of(video.side_data.begin(), video.side_data.end(),
                     [](const SideData& data) { return data.type == kDolbyVisionRecord; });
}

// The HEVC profile without a second layer, on a base that others can show (HDR10, SDR, HLG). Of
// profile 5 the base has colours of its own, of 7 the enhancement layer would be lost.
bool is_single_layer_profile_8(const Stream& video) {
  const auto is = [&](const SideData& data, const char* key, std::string_view value) {
    const auto it = data.fields.find(key);
    return it != data.fields.end() && it->second == value;
  };
  return video.codec == "hevc" &&
         std::any_of(video.side_data.begin(), video.side_data.end(), [&](const SideData& data) {
           return data.type == kDolbyVisionRecord && is(data, "dv_profile", "8") &&
                  is(data, "el_present_flag", "0") && is(data, "rpu_present_flag", "1") &&
                  (is(data, kCompatibility, "1") || is(data, kCompatibility, "2") ||
                   is(data, kCompatibility, "4"));
         });
}

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

constexpr const char* kHdr10Plus = "HDR Dynamic Metadata SMPTE2094-40 (HDR10+)";

// HDR Vivid, SMPTE 2094-50 and what comes after them: ffmpeg reads it, no AV1 encoder writes it.
MaybeReason other_dynamic_hdr(const FrameFacts& frames) {
  if (frames.hdr_vivid_at) {
    return Reason{ReasonCode::hdr10plus, "its frames carry HDR Vivid metadata" +
                                             place(frames.hdr_vivid_at) +
                                             ", which no encoder keeps"};
  }
  for (const auto& type : frames.side_data) {
    if (!type.starts_with("HDR Dynamic Metadata") || type == kHdr10Plus) continue;
    return Reason{ReasonCode::hdr10plus,
                  fmt::format("its frames carry {}, which no encoder keeps", type)};
  }
  return std::nullopt;
}

MaybeReason frame_metadata(const MediaInfo& media, const Config& config, Encoder encoder) {
  const auto& seen = media.frames.side_data;
  const Stream* video = media.main_video();
  const bool dolby = seen.contains("Dolby Vision RPU Data") ||
                     seen.contains("Dolby Vision Metadata") ||
                     (video != nullptr && has_dolby_vision_record(*video));
  if (dolby && !config.accepts(Loss::dolby_vision) &&
      !converts_dolby_vision(media, config, encoder)) {
    return Reason{ReasonCode::dolby_vision,
                  encoder == Encoder::rav1e
                      ? "its frames carry Dolby Vision metadata, which rav1e loses"
                      : "its frames carry Dolby Vision metadata"};
  }
  const bool dynamic = has_hdr10plus(media.frames);
  if (dynamic && encoder != Encoder::aom && !config.accepts(Loss::hdr10plus)) {
    return Reason{ReasonCode::hdr10plus, "its frames carry HDR10+ metadata" +
                                             place(media.frames.hdr10plus_at) +
                                             ", which only libaom keeps"};
  }
  if (!config.accepts(Loss::hdr10plus)) {
    if (auto reason = other_dynamic_hdr(media.frames)) return reason;
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
  const FrameFacts& frames = media.frames;
  if (is_flagged_interlaced(frames)) {
    return Reason{ReasonCode::interlaced, fmt::format("{} of {} sampled frames are interlaced",
                                                      frames.interlaced, frames.sampled)};
  }
  const std::uint64_t combed = frames.combed_top_first + frames.combed_bottom_first;
  return Reason{ReasonCode::interlaced,
                fmt::format("{} is called progressive, but {} of {} sampled frames show combing",
                            video->description(), combed, combed + frames.not_combed)};
}

std::string described(const Rational& ratio) {
  return ratio.known() ? fmt::format("{}:{}", ratio.num, ratio.den) : "unknown";
}

// What two frames of one film differ in.
std::string difference(const FrameLook& was, const FrameLook& is) {
  if (was.width != is.width || was.height != is.height) {
    return fmt::format("is {}x{} first and {}x{} later", was.width, was.height, is.width,
                       is.height);
  }
  const std::string shape = described(was.sample_aspect_ratio);
  const std::string later = described(is.sample_aspect_ratio);
  if (shape != later) {
    return fmt::format("has pixels of the shape {} first and {} later", shape, later);
  }
  if (was.pixel_format != is.pixel_format) {
    return fmt::format("is {} first and {} later", was.pixel_format, is.pixel_format);
  }
  const auto said = [](const std::string& value) { return value.empty() ? "unknown" : value; };
  const auto colours = [&](const FrameLook& look) {
    return fmt::format("{}/{}/{}/{}", said(look.color_range), said(look.color_space),
                       said(look.color_transfer), said(look.color_primaries));
  };
  return fmt::format("has the colours {} first and {} later", colours(was), colours(is));
}

MaybeReason changing(const MediaInfo& media) {
  const Stream* video = media.main_video();
  if (video == nullptr) return std::nullopt;
  const auto reason = [&](const std::string& how) {
    return Reason{ReasonCode::changing_film,
                  fmt::format("{} {}; AV1 here keeps one of them", video->description(), how)};
  };
  const auto& looks = media.frames.looks;
  if (looks.size() > 1) return reason(difference(looks[0], looks[1]));
  if (!media.frames.shape_change) return std::nullopt;
  const ShapeChange& change = *media.frames.shape_change;
  return reason(
      fmt::format("is {} first and {} from byte {} on", change.from, change.to, change.at));
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

bool is_flagged_interlaced(const FrameFacts& frames) {
  return frames.interlaced * 50 > frames.sampled;
}

bool is_interlaced(const Stream& video, const FrameFacts& frames) {
  if (has_interlaced_order(video) || is_flagged_interlaced(frames)) return true;
  // Fine horizontal patterns look combed now and then, and a woven film in its still scenes
  // doesn't: the word is taken of a film that is combed where it moves.
  const std::uint64_t combed = frames.combed_top_first + frames.combed_bottom_first;
  return combed >= kFewestCombed && combed > kCombedShare * frames.not_combed &&
         frames.combed_alone >= kFewestCombedAlone && frames.combed_alone > frames.not_combed_alone;
}

bool converts_dolby_vision(const MediaInfo& media, const Config& config, Encoder encoder) {
  const Stream* video = media.main_video();
  return video != nullptr && config.dolby_vision == DolbyVisionMode::convert &&
         encoder != Encoder::rav1e && is_single_layer_profile_8(*video);
}

bool has_hdr10plus(const FrameFacts& frames) {
  return frames.side_data.contains(kHdr10Plus) || frames.hdr10plus_at.has_value();
}

bool is_hdr(const Stream& video) {
  return video.color_transfer == "smpte2084" || video.color_transfer == "arib-std-b67";
}

std::optional<Reason> check_content_gates(const MediaInfo& media, const Config& config,
                                          Encoder encoder) {
  if (auto reason = encrypted_packets(media)) return reason;
  if (auto reason = only_a_picture(media)) return reason;
  if (auto reason = undecodable(media)) return reason;
  if (auto reason = frame_metadata(media, config, encoder)) return reason;
  if (auto reason = interlaced(media, config)) return reason;
  if (auto reason = changing(media)) return reason;
  return damaged(media, config);
}

}  // namespace av1d
