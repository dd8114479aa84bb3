// Which container, and what becomes of each stream; see plan_streams.h.
#include "plan_streams.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "av1d/plan.h"
#include "av1d/startup.h"
#include "av1d/text.h"
#include "carriage.h"
#include "drop_streams.h"

namespace av1d {

namespace {

// Held in memory.
constexpr std::uint64_t kMostGraftedBytes = std::uint64_t{16} << 20U;

bool is_dropped(const EncodePlan& plan, int index) {
  return std::any_of(plan.dropped.begin(), plan.dropped.end(),
                     [&](const DroppedStream& d) { return d.source_index == index; });
}

// ---- Container ----------------------------------------------------------------------------------

// Data that no container holds speaks for none.
bool holds_data(const MediaInfo& media, const Stream& stream, OutputContainer container) {
  const auto lost_in = [&](OutputContainer in) {
    return data_rule(stream, media.container, in).how == DataRule::How::lost &&
           !can_be_grafted(media, stream, in);
  };
  return !lost_in(container) ||
         (lost_in(OutputContainer::matroska) && lost_in(OutputContainer::mp4));
}

template <class Takes>
bool all_streams(const MediaInfo& media, const EncodePlan& plan, OutputContainer container,
                 Takes&& takes) {
  const Stream* main = media.main_video();
  return std::all_of(media.streams.begin(), media.streams.end(), [&](const Stream& stream) {
    if (&stream == main || is_dropped(plan, stream.index)) return true;
    if (stream.type == StreamType::attachment) return container == OutputContainer::matroska;
    if (stream.type == StreamType::data) return holds_data(media, stream, container);
    return takes(carry(stream, container).how);
  });
}

bool all_copy(const MediaInfo& media, const EncodePlan& plan, OutputContainer container) {
  return all_streams(media, plan, container,
                     [](Carriage::How how) { return how == Carriage::How::copy; });
}

bool all_carried(const MediaInfo& media, const EncodePlan& plan, OutputContainer container) {
  return all_streams(media, plan, container,
                     [](Carriage::How how) { return how != Carriage::How::impossible; });
}

bool has_cover(const MediaInfo& media) {
  return std::any_of(media.streams.begin(), media.streams.end(),
                     [](const Stream& s) { return s.is_cover(); });
}

// ffmpeg writes fewer flags of tracks to webm.
bool webm_loses_flags(const MediaInfo& media) {
  return std::ranges::any_of(media.streams, [](const Stream& stream) {
    return !std::ranges::includes(held_flags(stream, OutputContainer::webm),
                                  held_flags(stream, OutputContainer::matroska));
  });
}

OutputContainer choose_container(const MediaInfo& media, const EncodePlan& plan) {
  switch (media.container) {
    case Container::mp4:
      return lost_mark(media, OutputContainer::mp4) &&
                     all_carried(media, plan, OutputContainer::matroska)
                 ? OutputContainer::matroska
                 : OutputContainer::mp4;
    case Container::three_gp:  // AMR sound, for one, has no place in mp4
    case Container::mov:
      return all_copy(media, plan, OutputContainer::mp4) && !lost_mark(media, OutputContainer::mp4)
                 ? OutputContainer::mp4
                 : OutputContainer::matroska;
    case Container::matroska: {
      const bool webm = media.matroska && media.matroska->doc_type == "webm";
      return webm && !has_cover(media) && !webm_loses_flags(media) &&
                     all_copy(media, plan, OutputContainer::webm)
                 ? OutputContainer::webm
                 : OutputContainer::matroska;
    }
    default:
      return OutputContainer::matroska;
  }
}

// ---- One stream ---------------------------------------------------------------------------------

// What a stream is by nature, whatever its container says: it needs no flag.
bool is_inherent(const std::string& disposition) {
  return disposition == "attached_pic" || disposition == "still_image" ||
         disposition == "timed_thumbnails";
}

void note_lost_flags(EncodePlan& plan, const Stream& stream, const StreamPlan& kept) {
  for (const auto& disposition : stream.dispositions) {
    if (kept.dispositions.contains(disposition) || is_inherent(disposition)) continue;
    plan.reasons.push_back(fmt::format("{}: {} has no place for its flag '{}'",
                                       stream.description(), extension_of(plan.container),
                                       disposition));
  }
}

StreamPlan plan_common(const Stream& stream, OutputContainer container) {
  StreamPlan plan;
  plan.source_index = stream.index;
  plan.dispositions = held_flags(stream, container);
  plan.language = stream.language();
  if (container != OutputContainer::mp4) plan.language_tag = stream.language_tag;
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
  StreamPlan plan = plan_common(stream, OutputContainer::matroska);
  const bool named = !plan.filename.empty() && !plan.mimetype.empty();  // attached before
  if (type == kPictures.end() && !named) {
    return std::unexpected(
        Reason{ReasonCode::uncarriable_stream,
               stream.description() + " is a cover of a kind that cannot be attached"});
  }
  plan.action = StreamAction::attach;
  plan.codec = stream.codec;
  plan.dispositions = {"attached_pic"};
  if (plan.filename.empty()) plan.filename = fmt::format("cover.{}", type->extension);
  if (plan.mimetype.empty()) plan.mimetype = type->mimetype;
  const std::string_view extension = type == kPictures.end() ? "picture" : type->extension;
  plan.extracted = extract_dir / fmt::format("{}.{}.{}", job_id, stream.index, extension);
  return plan;
}

Reason uncarriable(const Stream& stream, OutputContainer container) {
  const bool subtitle = stream.type == StreamType::subtitle;
  const auto code = subtitle ? ReasonCode::subtitles : ReasonCode::uncarriable_stream;
  if (stream.codec.empty()) {
    return {code, stream.description() +
                      " is of a kind that FFmpeg does not know, so that it "
                      "cannot be carried over"};
  }
  return {code, fmt::format("{} cannot be stored in {} without loss", stream.description(),
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
    std::ranges::stable_partition(plan_.streams, &StreamPlan::is_mapped);
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
      plan_.reasons.push_back(fmt::format("{}: converted to {} without loss", stream.description(),
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
    if (rule.how == DataRule::How::lost && plan_graft(stream)) return std::nullopt;
    if (rule.how == DataRule::How::lost && !config_.accepts(Loss::data_streams)) {
      return Reason{ReasonCode::data_streams,
                    fmt::format("{} holds data that {} cannot carry", stream.description(),
                                extension_of(plan_.container))};
    }
    plan_.dropped.push_back({stream.index, rule.how == DataRule::How::drop
                                               ? rule.why
                                               : "accept_loss has data_streams"});
    return std::nullopt;
  }

  bool plan_graft(const Stream& stream) {
    if (!can_be_grafted(media_, stream, plan_.container)) return false;
    const auto bytes = media_.mp4->tracks[static_cast<std::size_t>(stream.index)].graft_bytes;
    if (grafted_bytes_ + bytes > kMostGraftedBytes) return false;
    grafted_bytes_ += bytes;
    StreamPlan graft = plan_common(stream, plan_.container);
    graft.action = StreamAction::graft;
    graft.dispositions = stream.dispositions;
    plan_.streams.push_back(std::move(graft));
    plan_.reasons.push_back(stream.description() + ": kept as it is, beside ffmpeg");
    return true;
  }

  const MediaInfo& media_;
  const Config& config_;
  std::uint64_t grafted_bytes_ = 0;
  EncodePlan& plan_;
  const fs::path& extract_dir_;
  const std::string& job_id_;
};

}  // namespace

std::optional<Reason> plan_streams(EncodePlan& plan, const MediaInfo& media, const Config& config,
                                   const fs::path& extract_dir, const std::string& job_id) {
  plan.dropped = drop_streams(media, config);
  plan.container = choose_container(media, plan);
  if (const auto mark = lost_mark(media, plan.container)) {
    return Reason{
        ReasonCode::uncarriable_stream,
        fmt::format("{} is marked as {}, which ffmpeg cannot write to {}; it has streams "
                    "that keep it out of mkv",
                    media.main_video()->description(), mark->type, extension_of(plan.container))};
  }
  if (auto reason = StreamPlanner(media, config, plan, extract_dir, job_id).plan_all())
    return reason;
  for (const auto& stream : plan.streams) {
    note_lost_flags(plan, media.streams[static_cast<std::size_t>(stream.source_index)], stream);
  }
  for (const auto& dropped : plan.dropped) {
    plan.reasons.push_back(
        fmt::format("stream {} is left out: {}", dropped.source_index, dropped.why));
  }
  return std::nullopt;
}

}  // namespace av1d
