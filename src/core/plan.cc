// From what a file is to what the encode does; see plan.h. The command line is in encode_args.cc.
#include "av1d/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "av1d/gates.h"
#include "av1d/ladder.h"
#include "av1d/probe.h"
#include "av1d/text.h"
#include "plan_boxes.h"
#include "plan_streams.h"

namespace av1d {

namespace {

// ---- The video ----------------------------------------------------------------------------------

// Sources whose packets all carry a PTS and never jump by more than a second; elsewhere -copyts
// does harm (measured: half a film lost on a wrapped transport stream, exit status 0).
bool timestamps_are_sound(const MediaInfo& media, const Stream& video) {
  const bool fits = media.container == Container::matroska || media.container == Container::mp4 ||
                    media.container == Container::mov;
  if (!fits || static_cast<std::size_t>(video.index) >= media.packets.size()) return false;
  const PacketFacts& facts = media.packets[static_cast<std::size_t>(video.index)];
  if (facts.without_pts > 0 || facts.pts_ns.empty()) return false;
  constexpr std::int64_t kJump = 1'000'000'000;
  return std::adjacent_find(facts.pts_ns.begin(), facts.pts_ns.end(),
                            [](std::int64_t a, std::int64_t b) { return b - a > kJump; }) ==
         facts.pts_ns.end();
}

void plan_web_like(EncodePlan& plan, const MediaInfo& media, const Stream& video) {
  plan.web_flags = timestamps_are_sound(media, video);
  plan.reasons.push_back(plan.web_flags
                             ? "web-like source: -fflags +genpts -copyts -start_at_zero"
                             : "web-like source, but its timestamps are not sound: no -copyts");
  if (video.width % 2 == 0 && video.height % 2 == 0) return;
  plan.pad_to_even = true;
  plan.reasons.push_back(
      fmt::format("web-like source of {}x{}: padded to even", video.width, video.height));
}

// Frames that don't say what they are: their order is the container's word, or what they show.
std::string bwdif_options(const Stream& video, const FrameFacts& frames) {
  if (is_flagged_interlaced(frames)) return "parity=auto:deint=interlaced";
  const bool bottom_first = video.field_order == "bb" || video.field_order == "bt" ||
                            frames.combed_bottom_first > frames.combed_top_first;
  return bottom_first ? "parity=bff:deint=all" : "parity=tff:deint=all";
}

bool is_said(const std::string& value) {
  return !value.empty() && value != "unknown" && value != "unspecified" && value != "reserved";
}

// Matroska and MP4 may give colours to a video that names none itself. Its decoder then shows
// frames of unknown colours, and so would the encoder: HDR would be gone. Where both name some and
// differ, the frames' word is kept: it is what players that decode by FFmpeg show.
void plan_colours(EncodePlan& plan, const FrameFacts& frames, const Stream& video) {
  struct Property {
    const char* name;
    const std::string& of_frames;
    const std::string& of_container;
  };
  const std::array<Property, 3> properties = {{
      {"color_primaries", frames.color_primaries, video.color_primaries},
      {"color_trc", frames.color_transfer, video.color_transfer},
      {"colorspace", frames.color_space, video.color_space},
  }};
  std::string overruled;
  for (const auto& [name, of_frames, of_container] : properties) {
    if (!is_said(of_container) || of_frames == of_container) continue;
    std::string& list = is_said(of_frames) ? overruled : plan.container_colours;
    list += fmt::format("{}{}={}", list.empty() ? "" : ":", name, of_container);
  }
  if (!plan.container_colours.empty()) {
    plan.reasons.push_back("colours that only its container names: " + plan.container_colours);
  }
  if (!overruled.empty()) {
    plan.reasons.push_back("its container says " + overruled +
                           ", its frames do not: their word is kept");
  }
}

void plan_dynamic_metadata(EncodePlan& plan, const MediaInfo& media, const Config& config) {
  plan.dolby_vision = converts_dolby_vision(media, config, plan.encoder);
  if (plan.dolby_vision) plan.reasons.emplace_back("Dolby Vision profile 8 becomes profile 10");
  plan.hdr10plus = has_hdr10plus(media.frames) && plan.encoder == Encoder::aom;
  if (plan.hdr10plus) plan.reasons.emplace_back("HDR10+ is kept by libaom");
}

void plan_video(EncodePlan& plan, const MediaInfo& media, const Config& config,
                const Stream& video) {
  const Quality quality =
      choose_quality(video, media.video_bits_per_sec(), plan.encoder, config.quality_tier);
  plan.crf = quality.crf;
  plan.preset = quality.preset;
  plan.gop_frames = gop_frames(video.frame_rate);
  // The conversion to 10 bits forgets where the chroma samples lie.
  const bool sayable = video.chroma_location == "left" || video.chroma_location == "topleft";
  if (sayable) plan.chroma_location = video.chroma_location;
  plan.reasons.push_back(fmt::format(
      "{}x{} is the {} tier: CRF {}{}, preset {}", video.width, video.height, quality.tier,
      quality.crf, quality.low_bitrate ? " (one up, low bitrate)" : "", quality.preset));
  if (config.film_grain > 0 && plan.encoder == Encoder::svt) plan.film_grain = config.film_grain;
  if (config.film_grain > 0 && plan.encoder != Encoder::svt) {
    plan.reasons.push_back("film_grain is ignored: only SVT-AV1 has it");
  }
  if (media.frames.sampled > 0) plan_colours(plan, media.frames, video);
  plan_dynamic_metadata(plan, media, config);
  if (config.deinterlace == DeinterlaceMode::bwdif && is_interlaced(video, media.frames)) {
    plan.deinterlace = Deinterlace::bwdif;
    plan.bwdif_options = bwdif_options(video, media.frames);
    plan.reasons.push_back("interlaced: bwdif at field rate, " + plan.bwdif_options);
  }
  if (static_cast<std::size_t>(video.index) < media.packets.size()) {
    const PacketFacts& facts = media.packets[static_cast<std::size_t>(video.index)];
    plan.expected_frames = facts.without_pts > 0 ? facts.shown : facts.pts_ns.size();
    if (plan.deinterlace == Deinterlace::bwdif) plan.expected_frames *= 2;
  }
}

// What ffmpeg moves a film of that start by is rounded to ticks of each stream's own: where those
// of the video are long (AVI and Ogg count frames) the sound would slip beside it by the rest.
std::int64_t beyond_whole_ticks(std::int64_t start_ns, const Rational& time_base) {
  if (!time_base.known()) return 0;
  const double tick_ns = time_base.value() * 1e9;
  return start_ns - std::llround(std::round(static_cast<double>(start_ns) / tick_ns) * tick_ns);
}

// ffmpeg knows a film's start to the microsecond. Where that is rounded up, a stream that counts in
// finer ticks (10,000,000 a second in what Microsoft's tools write) begins a few ticks before zero,
// and mp4 hides its first frame. 0 where no stream would.
std::int64_t hidden_by_rounding(const MediaInfo& media, std::int64_t start_ns) {
  constexpr std::int64_t kMicrosecond = 1000;
  for (std::size_t i = 0; i < std::min(media.streams.size(), media.packets.size()); ++i) {
    const auto& first = media.packets[i].first_pts_ns;
    const Rational& tick = media.streams[i].time_base;
    if (!first || !tick.known()) continue;
    const std::int64_t early = start_ns - *first;
    if (early > 0 && early <= kMicrosecond &&
        static_cast<double>(early) >= tick.value() * 1e9 / 2) {
      return kMicrosecond;
    }
  }
  return 0;
}

// Some headers name a start that lies behind the first frame (seen with VVC in mp4, whose depth of
// reordering ffmpeg does not know). Transport streams may name any: their clock may jump.
void plan_start(EncodePlan& plan, const MediaInfo& media, const Stream& video) {
  constexpr std::int64_t kRoundingNs = 1'500'000;
  const auto index = static_cast<std::size_t>(video.index);
  if (is_transport(media.container) || !media.start_secs || index >= media.packets.size()) return;
  const auto& first = media.packets[index].first_pts_ns;
  if (!first) return;
  const std::int64_t start = std::llround(*media.start_secs * 1e9);
  const std::int64_t early = start - *first;
  const std::int64_t rest = beyond_whole_ticks(start, video.time_base);
  if (early > kRoundingNs) {
    plan.early_ns = early;
    plan.reasons.push_back(
        fmt::format("its first frame is {:.3f} s before the start that its header names",
                    static_cast<double>(early) / 1e9));
  } else if (std::abs(rest) > kRoundingNs) {
    plan.early_ns = rest;
    plan.reasons.push_back(
        fmt::format("its start is {:+.4f} s off the frames that its video counts time in",
                    static_cast<double>(rest) / 1e9));
  } else {
    plan.early_ns = hidden_by_rounding(media, start);
  }
}

// The zero of Unix's clock is what programs write that know no date, and what ffmpeg's mp4 muxer
// (movenc.c: a time of 0) does not write. ASF's clock begins in 1601; that of mp4 in 1904, and
// times before its zero come out as ones of the 22nd century.
bool can_be_dated(OutputContainer container, const std::string& time) {
  if (time < "1904") return false;
  return container != OutputContainer::mp4 || !time.starts_with("1970-01-01T00:00:00");
}

void plan_date(EncodePlan& plan, const MediaInfo& media) {
  const auto it = media.tags.find("creation_time");
  if (it == media.tags.end() || !can_be_dated(plan.container, it->second)) return;
  // ffmpeg drops it on every remux. Two in one file are shown as "A;B".
  plan.format_tags[it->first] = it->second.substr(0, it->second.find(';'));
}

}  // namespace

std::expected<EncodePlan, Reason> plan_encode(const MediaInfo& media,
                                              const Classification& classification,
                                              const Config& config, Encoder encoder,
                                              const fs::path& extract_dir,
                                              const std::string& job_id) {
  const Stream* video = media.main_video();
  if (video == nullptr)
    return std::unexpected(Reason{ReasonCode::no_video, "it has no video stream"});
  EncodePlan plan;
  plan.encoder = encoder;
  plan.big_probe = depth_for(media.container) == ProbeDepth::deep;
  if (auto reason = plan_streams(plan, media, config, extract_dir, job_id)) {
    return std::unexpected(*std::move(reason));
  }
  plan_date(plan, media);
  if (auto reason = plan_boxes(plan, media, config)) return std::unexpected(*std::move(reason));
  plan_video(plan, media, config, *video);
  plan_start(plan, media, *video);
  if (classification.source_class == SourceClass::web_like) plan_web_like(plan, media, *video);
  return plan;
}

std::string_view extension_of(OutputContainer container) {
  switch (container) {
    case OutputContainer::matroska:
      return "mkv";
    case OutputContainer::webm:
      return "webm";
    case OutputContainer::mp4:
      return "mp4";
  }
  return "mkv";
}

fs::path final_path(const fs::path& source, OutputContainer container) {
  const std::string extension = to_lower(file_extension(source.native()));
  const bool fits = extension == extension_of(container) ||
                    (container == OutputContainer::mp4 && extension == "m4v");
  return fits ? source : fs::path(replace_extension(source.native(), extension_of(container)));
}

bool is_statistics_tag(std::string_view key) {
  constexpr std::array kKeys = {"BPS", "DURATION", "NUMBER_OF_FRAMES", "NUMBER_OF_BYTES"};
  if (key.starts_with("_STATISTICS_")) return true;
  return std::any_of(kKeys.begin(), kKeys.end(), [&](std::string_view k) {
    return key == k || (key.starts_with(k) && key.substr(k.size()).starts_with("-"));
  });
}

}  // namespace av1d
