// The ffmpeg command line of a plan. Every option stands behind the absolute index of its output
// stream: ffmpeg's type specifiers (v:0) count differently once covers are in the way.
#include <fmt/format.h>

#include <algorithm>

#include "av1d/ladder.h"
#include "av1d/plan.h"
#include "av1d/probe.h"
#include "av1d/text.h"
#include "crop.h"

namespace av1d {

namespace {

using Argv = std::vector<std::string>;

void append(Argv& argv, std::initializer_list<std::string> words) {
  argv.insert(argv.end(), words);
}

std::string at(const char* option, std::size_t output_index) {
  return fmt::format("{}:{}", option, output_index);
}

// -tiles COLUMNSxROWS of libaom: 2x1 up to 1080, 2x2 up to 2160, 3x2 above.
std::string aom_tiles(int tier) {
  return tier <= 1080 ? "2x1" : tier <= 2160 ? "2x2" : "3x2";
}

// SVT-AV1 4.2 refuses more than 240 frames per second, a rate that variable ones also pretend to
// have (600/1 for a Matroska of a few frames). Only its rate control reads it, not the timestamps.
constexpr double kSvtMaxRate = 240;

void append_svt(Argv& argv, const EncodePlan& plan, const Stream& video, std::size_t i) {
  append(argv,
         {at("-preset", i), std::to_string(plan.preset), at("-crf", i), std::to_string(plan.crf)});
  std::string params;
  if (plan.film_grain > 0) params = fmt::format("film-grain={}", plan.film_grain);
  if (video.frame_rate.known() && video.frame_rate.value() > kSvtMaxRate) {
    params += fmt::format("{}fps-num=240:fps-denom=1", params.empty() ? "" : ":");
  }
  if (!params.empty()) append(argv, {at("-svtav1-params", i), params});
}

void append_aom(Argv& argv, const EncodePlan& plan, std::size_t i, int tier) {
  append(argv,
         {at("-cpu-used", i), std::to_string(plan.preset), at("-crf", i), std::to_string(plan.crf),
          at("-b", i), "0", at("-row-mt", i), "1", at("-tiles", i), aom_tiles(tier)});
}

void append_rav1e(Argv& argv, const EncodePlan& plan, std::size_t i) {
  append(argv, {at("-speed", i), std::to_string(plan.preset), at("-qp", i),
                std::to_string(rav1e_qp(plan.crf))});
}

void append_main_video(Argv& argv, const EncodePlan& plan, const Stream& video, std::size_t i) {
  switch (plan.encoder) {
    case Encoder::svt:
      append_svt(argv, plan, video, i);
      break;
    case Encoder::aom:
      append_aom(argv, plan, i, picture_tier(video));
      break;
    case Encoder::rav1e:
      append_rav1e(argv, plan, i);
      break;
  }
  append(argv, {at("-g", i), std::to_string(plan.gop_frames), at("-pix_fmt", i), "yuv420p10le",
                at("-fps_mode", i), "passthrough", at("-enc_time_base", i), "filter"});
  if (!plan.chroma_location.empty()) {
    append(argv, {at("-chroma_sample_location", i), plan.chroma_location});
  }
  if (plan.dolby_vision) append(argv, {at("-dolbyvision", i), "1"});
  const std::string filter = video_filter(plan, video);
  if (!filter.empty()) append(argv, {at("-filter", i), filter});
}

std::string disposition_value(const std::set<std::string>& dispositions) {
  std::string value;
  for (const auto& name : dispositions) value += (value.empty() ? "" : "+") + name;
  return value.empty() ? "0" : value;
}

void append_metadata(Argv& argv, const StreamPlan& stream, const Stream& source, std::size_t i) {
  const std::string option = fmt::format("-metadata:s:{}", i);
  if (!stream.language.empty()) append(argv, {option, "language=" + stream.language});
  if (!stream.title.empty()) append(argv, {option, "title=" + stream.title});
  if (const std::string time = source.tag("creation_time"); !time.empty()) {
    append(argv, {option, "creation_time=" + time});
  }
  if (stream.action != StreamAction::encode && stream.action != StreamAction::convert) return;
  for (const auto& [key, value] : source.tags) {
    if (is_statistics_tag(key)) append(argv, {option, key + "="});
  }
  if (!source.tag("alpha_mode").empty()) append(argv, {option, "alpha_mode="});
}

// Texts of no letters are the gaps in mov_text. FFmpeg's muxer writes one behind each text (where
// the ticks of the track are longer than those of the sound, as MP4Box makes them) beside the one
// that is there, and every pair moves what follows by a tick: it is given the texts alone.
constexpr const char* kWithoutGaps = "noise=amount=0:drop=lte(size\\,2)";

void append_mapped(Argv& argv, const EncodePlan& plan, const MediaInfo& media) {
  for (std::size_t i = 0; i < plan.streams.size(); ++i) {
    const StreamPlan& stream = plan.streams[i];
    if (!stream.is_mapped()) continue;
    const Stream& source = media.streams[static_cast<std::size_t>(stream.source_index)];
    append(argv, {at("-c", i), stream.codec});
    if (stream.action == StreamAction::encode) append_main_video(argv, plan, source, i);
    // All packets: some containers mark no keyframe of a codec, and ffmpeg waits for the first one.
    if (stream.action == StreamAction::copy && source.type != StreamType::attachment) {
      append(argv, {at("-copyinkf", i)});
    }
    if (stream.action == StreamAction::copy && source.codec == "mov_text") {
      append(argv, {at("-bsf", i), kWithoutGaps});
    }
    if (source.type != StreamType::attachment) {
      append(argv, {at("-disposition", i), disposition_value(stream.dispositions)});
    }
    append_metadata(argv, stream, source, i);
  }
}

void append_file_tags(Argv& argv, const EncodePlan& plan) {
  for (const auto& [key, value] : plan.format_tags) append(argv, {"-metadata", key + "=" + value});
  if (const auto& room = plan.mp4_carry.room) {
    append(argv, {"-metadata", room->first + "=" + room->second});
  }
}

void append_attached(Argv& argv, const EncodePlan& plan) {
  for (std::size_t i = 0; i < plan.streams.size(); ++i) {
    const StreamPlan& stream = plan.streams[i];
    if (stream.action != StreamAction::attach) continue;
    const std::string option = fmt::format("-metadata:s:{}", i);
    append(argv, {"-attach", input_url(stream.extracted), option, "mimetype=" + stream.mimetype,
                  option, "filename=" + stream.filename});
    if (!stream.title.empty()) append(argv, {option, "title=" + stream.title});
  }
}

void append_container(Argv& argv, const EncodePlan& plan) {
  append(argv, {"-max_muxing_queue_size", "4096"});
  if (plan.container != OutputContainer::mp4) {
    append(argv, {"-f", plan.container == OutputContainer::webm ? "webm" : "matroska"});
    return;
  }
  // experimental: TrueHD and some others in mp4 are behind it, already at the first mux.
  append(argv, {"-strict", "experimental"});
  if (!plan.mp4_carry.moov_last) append(argv, {"-movflags", "+faststart"});
  append(argv, {"-f", "mp4"});
}

}  // namespace

std::string video_filter(const EncodePlan& plan, const Stream& video) {
  std::vector<std::string> filters;
  if (auto crop = crop_filter(video); !crop.empty()) filters.push_back(std::move(crop));
  if (!plan.container_colours.empty()) filters.push_back("setparams=" + plan.container_colours);
  if (plan.deinterlace == Deinterlace::bwdif) {
    filters.push_back("bwdif=mode=send_field:" + plan.bwdif_options);
  }
  const bool rgb = video.pixel_format.starts_with("gbr") || video.pixel_format.starts_with("rgb") ||
                   video.pixel_format.starts_with("bgr") || video.pixel_format == "pal8";
  // AV1's 4:2:0 needs a matrix; ffmpeg would leave it unsaid.
  if (rgb) filters.emplace_back("scale=out_color_matrix=bt709:out_range=tv");
  // pad rounds its own size down to whole samples of the chroma: 294 columns to 292 where one
  // sample serves four.
  if (rgb || plan.pad_to_even) filters.emplace_back("format=yuv420p10le");
  if (plan.pad_to_even) filters.emplace_back("pad=w=ceil(iw/2)*2:h=ceil(ih/2)*2");
  std::string chain;
  for (const auto& filter : filters) chain += (chain.empty() ? "" : ",") + filter;
  return chain;
}

std::vector<std::string> encode_args(const EncodePlan& plan, const MediaInfo& media,
                                     const std::string& ffmpeg, const fs::path& source,
                                     const fs::path& output) {
  Argv argv = {
      ffmpeg,      "-hide_banner", "-nostdin",      "-nostats", "-loglevel", "repeat+level+warning",
      "-progress", "pipe:1",       "-stats_period", "1",        "-y"};
  const Argv input = input_options(plan.big_probe ? ProbeDepth::deep : ProbeDepth::normal);
  argv.insert(argv.end(), input.begin(), input.end());
  // Frames unlike the first are told, not scaled to its size and called by its colours.
  append(argv, {"-drop_changed", "1"});
  if (plan.web_flags) append(argv, {"-fflags", "+genpts", "-copyts", "-start_at_zero"});
  if (plan.early_ns != 0) {
    append(argv, {"-itsoffset", fmt::format("{:.6f}", static_cast<double>(plan.early_ns) / 1e9)});
  }
  const Argv crop = crop_options(*media.main_video());
  argv.insert(argv.end(), crop.begin(), crop.end());
  append(argv, {"-i", input_url(source)});
  for (const auto& stream : plan.streams) {
    if (stream.is_mapped()) {
      append(argv, {"-map", fmt::format("0:{}", stream.source_index)});
    }
  }
  const bool has_tags = plan.mp4_carry.has_the_tags;
  append(argv, {has_tags ? "-map_metadata:g" : "-map_metadata", has_tags ? "-1" : "0"});
  append(argv, {"-map_chapters", "0"});
  append_mapped(argv, plan, media);
  append_file_tags(argv, plan);
  append_attached(argv, plan);
  append_container(argv, plan);
  append(argv, {input_url(output)});
  return argv;
}

std::vector<std::string> extract_args(const EncodePlan& plan, const std::string& ffmpeg,
                                      const fs::path& source) {
  Argv argv = {ffmpeg,      "-hide_banner",         "-nostdin", "-nostats",
               "-loglevel", "repeat+level+warning", "-y"};
  const Argv input = input_options(plan.big_probe ? ProbeDepth::deep : ProbeDepth::normal);
  argv.insert(argv.end(), input.begin(), input.end());
  append(argv, {"-i", input_url(source)});
  const std::size_t fixed = argv.size();
  for (const auto& stream : plan.streams) {
    if (stream.action != StreamAction::attach) continue;
    append(argv, {"-map", fmt::format("0:{}", stream.source_index), "-c", "copy", "-f", "data",
                  input_url(stream.extracted)});
  }
  return argv.size() == fixed ? Argv{} : argv;
}

}  // namespace av1d
