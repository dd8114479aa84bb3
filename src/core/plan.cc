// From what a file is to what the encode does; see plan.h. The command line is in encode_args.cc.
#include "av1d/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "av1d/ladder.h"
#include "av1d/probe.h"
#include "av1d/startup.h"
#include "av1d/text.h"
#include "carriage.h"

namespace av1d {

namespace {

std::string describe(const Stream& stream) {
  constexpr std::array<const char*, 5> kTypes = {"video", "audio", "subtitle", "attachment",
                                                 "data"};
  const std::string codec = stream.codec.empty() ? stream.codec_tag : stream.codec;
  return fmt::format("stream {} ({} {})", stream.index,
                     kTypes.at(static_cast<std::size_t>(stream.type)), codec);
}

bool has_cover(const MediaInfo& media) {
  return std::any_of(media.streams.begin(), media.streams.end(),
                     [](const Stream& s) { return s.is_cover(); });
}

// ---- Which streams are kept ---------------------------------------------------------------------

// Languages are compared as written; owners give the codes that ffprobe shows (ISO 639-2).
bool dropped_by_language(const Stream& stream, const std::vector<std::string>& languages) {
  const std::string language = stream.language();
  return !language.empty() && std::any_of(languages.begin(), languages.end(), [&](const auto& l) {
    return equals_ignore_case(l, language);
  });
}

// The owner's dropped languages; never the last audio track.
std::vector<DroppedStream> drop_languages(const MediaInfo& media, const Config& config) {
  std::vector<DroppedStream> dropped;
  std::size_t audio_total = 0;
  std::size_t audio_dropped = 0;
  for (const auto& stream : media.streams) {
    audio_total += stream.type == StreamType::audio ? 1U : 0U;
  }
  for (const auto& stream : media.streams) {
    if (stream.type == StreamType::audio && audio_dropped + 1 < audio_total &&
        dropped_by_language(stream, config.drop_audio_languages)) {
      ++audio_dropped;
      dropped.push_back({stream.index, "drop_audio_languages has " + stream.language()});
    }
    if (stream.type == StreamType::subtitle &&
        dropped_by_language(stream, config.drop_subtitle_languages)) {
      dropped.push_back({stream.index, "drop_subtitle_languages has " + stream.language()});
    }
  }
  return dropped;
}

bool is_dropped(const EncodePlan& plan, int index) {
  return std::any_of(plan.dropped.begin(), plan.dropped.end(),
                     [&](const DroppedStream& d) { return d.source_index == index; });
}

// ---- Container ----------------------------------------------------------------------------------

bool all_copy(const MediaInfo& media, const EncodePlan& plan, OutputContainer container) {
  const Stream* main = media.main_video();
  return std::all_of(media.streams.begin(), media.streams.end(), [&](const Stream& stream) {
    if (&stream == main || is_dropped(plan, stream.index)) return true;
    if (stream.type == StreamType::attachment) return false;
    if (stream.type == StreamType::data) {
      return data_rule(stream, media.container, container).how != DataRule::How::lost;
    }
    return carry(stream, container).how == Carriage::How::copy;
  });
}

// Keys that ffmpeg's mp4 muxer writes by itself (iTunes' ilst); others need use_metadata_tags.
bool is_mp4_key(std::string_view key) {
  constexpr std::array kKeys = {"title",
                                "artist",
                                "album_artist",
                                "composer",
                                "album",
                                "date",
                                "encoding_tool",
                                "encoder",
                                "comment",
                                "genre",
                                "copyright",
                                "grouping",
                                "lyrics",
                                "description",
                                "synopsis",
                                "show",
                                "episode_id",
                                "network",
                                "keywords",
                                "episode_sort",
                                "season_number",
                                "media_type",
                                "hd_video",
                                "gapless_playback",
                                "compilation",
                                "track",
                                "disc",
                                "tmpo",
                                "creation_time",
                                "major_brand",
                                "minor_version",
                                "compatible_brands",
                                "sort_name",
                                "sort_artist",
                                "sort_album_artist",
                                "sort_album",
                                "sort_composer",
                                "sort_show",
                                "rating",
                                "timecode"};
  return std::any_of(kKeys.begin(), kKeys.end(),
                     [&](const char* k) { return equals_ignore_case(k, key); });
}

bool has_foreign_mp4_keys(const MediaInfo& media) {
  return std::any_of(media.tags.begin(), media.tags.end(),
                     [](const auto& tag) { return !is_mp4_key(tag.first); });
}

OutputContainer choose_container(const MediaInfo& media, const EncodePlan& plan) {
  switch (media.container) {
    case Container::mp4:
    case Container::three_gp:
      return OutputContainer::mp4;
    case Container::mov: {
      const bool keys_beside_cover = has_cover(media) && has_foreign_mp4_keys(media);
      return all_copy(media, plan, OutputContainer::mp4) && !keys_beside_cover
                 ? OutputContainer::mp4
                 : OutputContainer::matroska;
    }
    case Container::matroska: {
      const bool webm = media.matroska && media.matroska->doc_type == "webm";
      return webm && !has_cover(media) && all_copy(media, plan, OutputContainer::webm)
                 ? OutputContainer::webm
                 : OutputContainer::matroska;
    }
    default:
      return OutputContainer::matroska;
  }
}

// ---- One stream ---------------------------------------------------------------------------------

// The flags that a container can say; others have no place in it.
std::set<std::string> carried_dispositions(const Stream& stream, OutputContainer container) {
  const std::set<std::string> mp4 = {
      "default", "attached_pic", "forced",   "hearing_impaired", "visual_impaired",
      "comment", "dub",          "original", "captions",         "descriptions"};
  const std::set<std::string> matroska = {"default",         "forced",   "hearing_impaired",
                                          "visual_impaired", "original", "comment",
                                          "descriptions"};
  const auto& known = container == OutputContainer::mp4 ? mp4 : matroska;
  std::set<std::string> kept;
  std::set_intersection(stream.dispositions.begin(), stream.dispositions.end(), known.begin(),
                        known.end(), std::inserter(kept, kept.end()));
  return kept;
}

StreamPlan plan_common(const Stream& stream, OutputContainer container) {
  StreamPlan plan;
  plan.source_index = stream.index;
  plan.dispositions = carried_dispositions(stream, container);
  plan.language = stream.language();
  plan.title = stream.title();
  plan.filename = stream.tag("filename");
  plan.mimetype = stream.tag("mimetype");
  return plan;
}

struct PictureType {
  std::string_view codec, mimetype, extension;
};
constexpr std::array<PictureType, 5> kPictures = {{{"mjpeg", "image/jpeg", "jpg"},
                                                   {"png", "image/png", "png"},
                                                   {"webp", "image/webp", "webp"},
                                                   {"gif", "image/gif", "gif"},
                                                   {"bmp", "image/bmp", "bmp"}}};

// Matroska keeps covers as attachments: extracted, then attached again.
std::expected<StreamPlan, Reason> plan_cover(const Stream& stream, const fs::path& extract_dir,
                                             const std::string& job_id) {
  const auto type = std::find_if(kPictures.begin(), kPictures.end(),
                                 [&](const PictureType& p) { return p.codec == stream.codec; });
  if (type == kPictures.end()) {
    return std::unexpected(
        Reason{ReasonCode::uncarriable_stream,
               describe(stream) + " is a cover of a kind that cannot be attached"});
  }
  StreamPlan plan = plan_common(stream, OutputContainer::matroska);
  plan.action = StreamAction::attach;
  plan.codec = stream.codec;
  plan.dispositions = {"attached_pic"};
  if (plan.filename.empty()) plan.filename = fmt::format("cover.{}", type->extension);
  if (plan.mimetype.empty()) plan.mimetype = type->mimetype;
  plan.extracted = extract_dir / fmt::format("{}.{}.{}", job_id, stream.index, type->extension);
  return plan;
}

Reason uncarriable(const Stream& stream, OutputContainer container) {
  const bool subtitle = stream.type == StreamType::subtitle;
  return {subtitle ? ReasonCode::subtitles : ReasonCode::uncarriable_stream,
          fmt::format("{} cannot be stored in {} without loss", describe(stream),
                      extension_of(container))};
}

class StreamPlanner {
 public:
  StreamPlanner(const MediaInfo& media, const Config& config, EncodePlan& plan,
                const fs::path& extract_dir, const std::string& job_id)
      : media_(media), config_(config), plan_(plan), extract_dir_(extract_dir), job_id_(job_id) {}

  std::optional<Reason> plan_all() {
    for (const auto& stream : media_.streams) {
      if (is_dropped(plan_, stream.index)) continue;
      if (auto reason = plan_one(stream)) return reason;
    }
    // ffmpeg writes -attach after everything that is mapped.
    std::stable_partition(plan_.streams.begin(), plan_.streams.end(),
                          [](const StreamPlan& s) { return s.action != StreamAction::attach; });
    return std::nullopt;
  }

 private:
  std::optional<Reason> plan_one(const Stream& stream) {
    if (&stream == media_.main_video()) return plan_main(stream);
    if (stream.type == StreamType::data) return plan_data(stream);
    if (stream.type == StreamType::attachment) return plan_attachment(stream);
    if (stream.is_cover() && plan_.container == OutputContainer::matroska) {
      auto cover = plan_cover(stream, extract_dir_, job_id_);
      if (!cover) return cover.error();
      plan_.streams.push_back(*std::move(cover));
      return std::nullopt;
    }
    return plan_carried(stream);
  }

  std::optional<Reason> plan_main(const Stream& stream) {
    StreamPlan main = plan_common(stream, plan_.container);
    main.action = StreamAction::encode;
    main.codec = ffmpeg_name(plan_.encoder);
    plan_.streams.push_back(std::move(main));
    return std::nullopt;
  }

  std::optional<Reason> plan_carried(const Stream& stream) {
    const Carriage carriage = carry(stream, plan_.container);
    if (carriage.how == Carriage::How::impossible) {
      const bool accepted = stream.type == StreamType::subtitle && config_.accepts(Loss::subtitles);
      if (!accepted) return uncarriable(stream, plan_.container);
      plan_.dropped.push_back({stream.index, "accept_loss has subtitles"});
      return std::nullopt;
    }
    StreamPlan carried = plan_common(stream, plan_.container);
    carried.codec = carriage.codec;
    if (carriage.how == Carriage::How::convert) {
      carried.action = StreamAction::convert;
      plan_.reasons.push_back(fmt::format("{}: converted to {} without loss", describe(stream),
                                          codec_written_by(carriage.codec)));
    }
    plan_.streams.push_back(std::move(carried));
    return std::nullopt;
  }

  std::optional<Reason> plan_attachment(const Stream& stream) {
    if (plan_.container != OutputContainer::matroska) return uncarriable(stream, plan_.container);
    StreamPlan attachment = plan_common(stream, plan_.container);
    attachment.codec = "copy";
    plan_.streams.push_back(std::move(attachment));
    return std::nullopt;
  }

  std::optional<Reason> plan_data(const Stream& stream) {
    const DataRule rule = data_rule(stream, media_.container, plan_.container);
    if (rule.how == DataRule::How::copy) {
      StreamPlan copy = plan_common(stream, plan_.container);
      copy.codec = "copy";
      plan_.streams.push_back(std::move(copy));
      return std::nullopt;
    }
    if (rule.how == DataRule::How::lost && !config_.accepts(Loss::data_streams)) {
      return Reason{ReasonCode::data_streams,
                    fmt::format("{} holds data that {} cannot carry", describe(stream),
                                extension_of(plan_.container))};
    }
    plan_.dropped.push_back({stream.index, rule.how == DataRule::How::drop
                                               ? rule.why
                                               : "accept_loss has data_streams"});
    return std::nullopt;
  }

  const MediaInfo& media_;
  const Config& config_;
  EncodePlan& plan_;
  const fs::path& extract_dir_;
  const std::string& job_id_;
};

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

bool is_interlaced(const MediaInfo& media, const Stream& video) {
  const bool by_order = !video.field_order.empty() && video.field_order != "progressive" &&
                        video.field_order != "unknown";
  return by_order || media.frames.interlaced * 50 > media.frames.sampled;
}

void plan_video(EncodePlan& plan, const MediaInfo& media, const Config& config,
                const Stream& video) {
  const Quality quality =
      choose_quality(video, media.video_bits_per_sec(), plan.encoder, config.quality_tier);
  plan.crf = quality.crf;
  plan.preset = quality.preset;
  plan.gop_frames = gop_frames(video.frame_rate);
  plan.reasons.push_back(fmt::format(
      "{}x{} is the {} tier: CRF {}{}, preset {}", video.width, video.height, quality.tier,
      quality.crf, quality.low_bitrate ? " (one up, low bitrate)" : "", quality.preset));
  if (config.film_grain > 0 && plan.encoder == Encoder::svt) plan.film_grain = config.film_grain;
  if (config.film_grain > 0 && plan.encoder != Encoder::svt) {
    plan.reasons.push_back("film_grain is ignored: only SVT-AV1 has it");
  }
  if (config.deinterlace == DeinterlaceMode::bwdif && is_interlaced(media, video)) {
    plan.deinterlace = Deinterlace::bwdif;
    plan.reasons.push_back("interlaced: bwdif at field rate");
  }
  if (static_cast<std::size_t>(video.index) < media.packets.size()) {
    const PacketFacts& facts = media.packets[static_cast<std::size_t>(video.index)];
    plan.expected_frames = facts.without_pts > 0 ? facts.shown : facts.pts_ns.size();
    if (plan.deinterlace == Deinterlace::bwdif) plan.expected_frames *= 2;
  }
}

std::optional<Reason> plan_tags(EncodePlan& plan, const MediaInfo& media) {
  if (const auto it = media.tags.find("creation_time"); it != media.tags.end()) {
    plan.format_tags.insert(*it);  // ffmpeg drops it on every remux
  }
  if (plan.container != OutputContainer::mp4 || !has_foreign_mp4_keys(media)) return std::nullopt;
  if (has_cover(media)) {
    return Reason{
        ReasonCode::uncarriable_stream,
        "mp4 with cover art and metadata keys of its own: ffmpeg can write only one of the two"};
  }
  plan.keep_quicktime_keys = true;
  return std::nullopt;
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
  plan.dropped = drop_languages(media, config);
  plan.container = choose_container(media, plan);
  if (auto reason = StreamPlanner(media, config, plan, extract_dir, job_id).plan_all()) {
    return std::unexpected(*std::move(reason));
  }
  if (auto reason = plan_tags(plan, media)) return std::unexpected(*std::move(reason));
  for (const auto& dropped : plan.dropped) {
    plan.reasons.push_back(
        fmt::format("stream {} is left out: {}", dropped.source_index, dropped.why));
  }
  plan_video(plan, media, config, *video);
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
