// Everything that is decided about a file before anything is written; see examine.h.
#include "daemon/examine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "av1d/bitstream_scan.h"
#include "av1d/classify.h"
#include "av1d/gates.h"
#include "av1d/languages.h"
#include "av1d/matroska.h"
#include "av1d/mp4.h"
#include "av1d/plan.h"
#include "av1d/probe.h"
#include "av1d/replace.h"
#include "av1d/text.h"

namespace av1d {

namespace {

std::optional<Reason> probe_failed(const Error& error) {
  if (error.errno_value == ECANCELED) return Reason{ReasonCode::interrupted, "it was stopped"};
  return Reason{ReasonCode::probe_failed, error.message};
}

class Examiner {
 public:
  Examiner(Examination& exam, const Config& config, const Asker& asker, PreflightMode mode,
           const fs::path& likely_final)
      : exam_(exam),
        config_(config),
        asker_(asker),
        mode_(mode),
        likely_final_(likely_final.empty() ? exam.candidate.path : likely_final) {}

  std::optional<Reason> run() {
    if (auto reason = check_file_gates(exam_.candidate, config_)) return reason;
    pass("marker, disc structure, hard links, size ({})",
         format_bytes(exam_.candidate.stamp.size_bytes));
    if (auto reason = preflight_for(likely_final_)) return reason;
    pass("replaceable");
    if (auto reason = probe()) return reason;
    if (auto reason = check_stream_gates(exam_.media, config_)) return reason;
    pass("streams: {} of them, {}", exam_.media.streams.size(), exam_.media.format_name);
    if (auto reason = read_content()) return reason;
    if (auto reason = check_content_gates(exam_.media, config_, encoder())) return reason;
    pass("content: {} frames looked at, {} b/s video", exam_.media.frames.sampled,
         exam_.media.video_bits_per_sec());
    return plan();
  }

 private:
  template <class... Args>
  void pass(fmt::format_string<Args...> format, Args&&... args) {
    exam_.passed.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  Encoder encoder() const { return choose_encoder(config_.prefer_encoder, asker_.tools.encoders); }

  std::optional<Reason> preflight_for(const fs::path& final_path) {
    exam_.final_path = final_path;
    const ReplaceRequest request =
        replace_request(exam_.candidate, exam_.job_id, exam_.final_path, config_);
    return mode_ == PreflightMode::writing ? preflight(request) : preflight_read_only(request);
  }

  std::optional<Reason> probe() {
    auto media = probe_media(exam_.candidate.path, asker_);
    if (!media) return probe_failed(media.error());
    exam_.media = *std::move(media);
    return std::nullopt;
  }

  std::optional<Reason> read_content() {
    const Stream& video = *exam_.media.main_video();
    const auto frames = asker_.ask_text(
        frame_scan_args(asker_.tools.ffprobe, exam_.candidate.path, exam_.media, video.index),
        kReadTimeout);
    if (!frames) return probe_failed(frames.error());
    auto facts = parse_frames(*frames);
    if (!facts) return probe_failed(facts.error());
    exam_.media.frames = *std::move(facts);
    if (auto reason = look_for_combing(video)) return reason;
    if (auto reason = look_into_bitstream(video)) return reason;
    if (const Status read = scan_packets(exam_.media, exam_.candidate.path, asker_); !read) {
      return probe_failed(read.error());
    }
    return std::nullopt;
  }

  // Interlaced films that their makers call progressive show it where they move.
  std::optional<Reason> look_for_combing(const Stream& video) {
    static const std::set<std::string> kNeverInterlaced = {"vp8", "vp9", "theora", "av1"};
    // The heights of interlaced formats: NTSC, PAL, 1080i, with and without lines of padding.
    static const std::set<int> kHeights = {480, 486, 512, 576, 608, 1080, 1088};
    constexpr double kFastest = 31;  // frames per second
    const bool known = is_interlaced(video, exam_.media.frames);
    if (known || kNeverInterlaced.contains(video.codec) || !kHeights.contains(video.height) ||
        video.frame_rate.value() > kFastest) {
      return std::nullopt;
    }
    const double duration = exam_.media.duration_secs.value_or(0);
    for (const double part : {0.1, 0.5, 0.8}) {
      CombingCount count;
      const Status looked =
          asker_.ask(combing_args(asker_.tools.ffmpeg, exam_.candidate.path, exam_.media,
                                  video.index, duration * part),
                     kReadTimeout, [&](std::string_view line) { count.add_line(line); });
      // Only a second opinion: what can't be decoded here is found out by others.
      if (!looked && looked.error().errno_value == ECANCELED) return probe_failed(looked.error());
      count.add_to(exam_.media.frames);
    }
    return std::nullopt;
  }

  // Captions may start after the titles, HDR10+ after a plain leader: no sample of frames is
  // enough.
  std::optional<Reason> look_into_bitstream(const Stream& video) {
    static const std::set<std::string> kCarriers = {"h264", "hevc", "mpeg2video"};
    if (!kCarriers.contains(video.codec)) return std::nullopt;
    const auto finds = scan_bitstream(exam_.candidate.path, asker_.stop);
    if (!finds) return probe_failed(finds.error());
    exam_.media.frames.captions_at = finds->captions;
    if (video.codec == "hevc") {
      exam_.media.frames.hdr10plus_at = finds->hdr10plus;
      exam_.media.frames.hdr_vivid_at = finds->hdr_vivid;
    }
    if (is_only_mpeg2(video)) exam_.media.frames.shape_change = finds->shape_change;
    return std::nullopt;
  }

  // Two of them side by side, as in a recording of several programmes, may differ in shape.
  bool is_only_mpeg2(const Stream& video) const {
    return video.codec == "mpeg2video" &&
           std::ranges::count(exam_.media.streams, video.codec, &Stream::codec) == 1;
  }

  std::optional<Reason> plan() {
    exam_.classification =
        classify(exam_.candidate.path.lexically_relative(exam_.candidate.root), exam_.media);
    auto plan = plan_encode(exam_.media, exam_.classification, config_, encoder(),
                            config_.temp_output_dir, exam_.job_id);
    if (!plan) return plan.error();
    exam_.plan = *std::move(plan);
    exam_.output = config_.temp_output_dir /
                   fmt::format("{}.{}", exam_.job_id, extension_of(exam_.plan->container));
    exam_.extraction = extract_args(*exam_.plan, asker_.tools.ffmpeg, exam_.candidate.path);
    exam_.argv = encode_args(*exam_.plan, exam_.media, asker_.tools.ffmpeg, exam_.candidate.path,
                             exam_.output);
    if (auto reason = preflight_for(final_path(exam_.candidate.path, exam_.plan->container))) {
      return reason;
    }
    pass("output name '{}'", printable(exam_.final_path.filename().native()));
    return std::nullopt;
  }

  Examination& exam_;
  const Config& config_;
  const Asker& asker_;
  PreflightMode mode_;
  fs::path likely_final_;
};

}  // namespace

namespace {

Result<MediaInfo> probe_at(const fs::path& path, const Asker& asker, ProbeDepth depth) {
  const auto json = asker.ask_text(probe_args(asker.tools.ffprobe, path, depth), kProbeTimeout);
  if (!json) return std::unexpected(json.error());
  return parse_probe(*json);
}

}  // namespace

Result<MediaInfo> probe_media(const fs::path& path, const Asker& asker) {
  auto media = probe_at(path, asker, ProbeDepth::normal);
  // Subtitles of a disc may start after half a minute: asked again, deeply.
  if (media && depth_for(media->container) == ProbeDepth::deep) {
    media = probe_at(path, asker, ProbeDepth::deep);
  }
  if (!media) return media;
  if (media->container == Container::matroska) {
    auto facts = read_matroska(path);
    if (!facts) return std::unexpected(facts.error());
    media->matroska = *std::move(facts);
    name_codecs(*media);
  }
  if (media->format_name.starts_with("mov,")) {
    auto facts = read_mp4(path);
    if (!facts) return std::unexpected(facts.error());
    media->mp4 = *std::move(facts);
  }
  name_languages(*media);
  return media;
}

Status scan_packets(MediaInfo& media, const fs::path& path, const Asker& asker) {
  PacketScan scan(media);
  StderrJudge judge({is_transport(media.container)});
  const Status status = asker.ask(
      packet_scan_args(asker.tools.ffprobe, path, depth_for(media.container)), kReadTimeout,
      [&](std::string_view line) { scan.add_line(line); }, &judge);
  media.packets = scan.finish();
  media.read_errors.clear();
  if (judge.damage_lines() > 0) {
    media.read_errors.assign(judge.damage_lines(), judge.first_damage());
  }
  return status;
}

Examination examine(const Candidate& candidate, const Config& config, const Asker& asker,
                    PreflightMode mode, const fs::path& likely_final) {
  Examination exam;
  exam.candidate = candidate;
  exam.job_id = job_id(candidate.path, candidate.stamp);
  exam.reason = Examiner(exam, config, asker, mode, likely_final).run();
  return exam;
}

}  // namespace av1d
