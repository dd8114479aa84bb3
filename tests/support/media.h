// Films as ffprobe would show them, without a file: what the tests of the pure steps are made of.
// media_of(Container::matroska, {h264_video(), audio(), subtitle()}) is a whole film of ten
// seconds.
#pragma once

#include <algorithm>
#include <cstdint>
#include <expected>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "av1d/expected_output.h"
#include "av1d/plan.h"
#include "av1d/types.h"
#include "av1d/validate.h"

namespace av1d::test {

inline constexpr std::int64_t kMillisecond = 1'000'000;  // in ns
inline constexpr std::int64_t kFrameNs = 40 * kMillisecond;
inline constexpr int kFrames = 250;  // ten seconds at 25 fps

// ---- Streams ------------------------------------------------------------------------------------

inline Stream stream_of(StreamType type, const std::string& codec) {
  Stream stream;
  stream.type = type;
  stream.codec = codec;
  stream.time_base = {1, 1000};
  return stream;
}

inline Stream h264_video(int width = 1920, int height = 1080) {
  Stream video = stream_of(StreamType::video, "h264");
  video.width = width;
  video.height = height;
  video.pixel_format = "yuv420p";
  video.sample_aspect_ratio = {1, 1};
  video.frame_rate = {25, 1};
  video.field_order = "progressive";
  video.dispositions = {"default"};
  return video;
}

inline Stream video_of(const std::string& codec) {
  Stream video = h264_video();
  video.codec = codec;
  return video;
}

inline SideData mastering_display() {
  return {"Mastering display metadata",
          {{"red_x", "34000/50000"},
           {"red_y", "16000/50000"},
           {"min_luminance", "50/10000"},
           {"max_luminance", "10000000/10000"}}};
}

inline SideData light_level() {
  return {"Content light level metadata", {{"max_content", "1000"}, {"max_average", "400"}}};
}

inline SideData stereo(const std::string& packing) {
  return {"Stereo 3D", {{"type", packing}, {"inverted", "0"}}};
}

inline Stream hdr10_video() {
  Stream video = h264_video(3840, 2160);
  video.codec = "hevc";
  video.pixel_format = "yuv420p10le";
  video.color_range = "tv";
  video.color_space = "bt2020nc";
  video.color_transfer = "smpte2084";
  video.color_primaries = "bt2020";
  video.side_data = {mastering_display(), light_level()};
  return video;
}

inline Stream audio(const std::string& codec = "aac", const std::string& language = "eng") {
  Stream stream = stream_of(StreamType::audio, codec);
  stream.sample_rate = 48000;
  stream.channels = 2;
  if (!language.empty()) stream.tags["language"] = language;
  return stream;
}

inline Stream subtitle(const std::string& codec = "subrip", const std::string& language = "eng") {
  Stream stream = stream_of(StreamType::subtitle, codec);
  if (!language.empty()) stream.tags["language"] = language;
  return stream;
}

inline Stream attachment(const std::string& filename = "font.ttf") {
  Stream stream = stream_of(StreamType::attachment, "ttf");
  stream.tags = {{"filename", filename}, {"mimetype", "font/ttf"}};
  stream.extradata_bytes = 4711;
  stream.extradata_hash = "MD5:0cc175b9c0f1b6a831c399e269772661";
  return stream;
}

inline Stream cover(const std::string& codec = "mjpeg") {
  Stream stream = stream_of(StreamType::video, codec);
  stream.width = 600;
  stream.height = 900;
  stream.pixel_format = "yuvj444p";
  stream.dispositions = {"attached_pic"};
  return stream;
}

inline Stream data(const std::string& codec_tag, const std::string& codec = "") {
  Stream stream = stream_of(StreamType::data, codec);
  stream.codec_tag = codec_tag;
  return stream;
}

// ---- Packets ------------------------------------------------------------------------------------

inline PacketFacts no_packets() {
  return {};
}

// `count` shown packets from `first_ns` on, each `step_ns` long.
inline PacketFacts packets(int count, std::int64_t step_ns, std::int64_t first_ns = 0,
                           std::uint64_t bytes_each = 40'000) {
  PacketFacts facts;
  facts.count = facts.shown = static_cast<std::uint64_t>(count);
  facts.bytes = facts.count * bytes_each;
  facts.first_pts_ns = facts.first_any_pts_ns = first_ns;
  facts.end_ns = first_ns + count * step_ns;
  for (int i = 0; i < count; ++i) facts.pts_ns.push_back(first_ns + i * step_ns);
  return facts;
}

// To be called after a test changed pts_ns by hand: the figures that follow from the times.
inline void recount(PacketFacts& facts, std::int64_t step_ns = kFrameNs) {
  facts.count = facts.shown = facts.pts_ns.size();
  if (facts.pts_ns.empty()) return;
  facts.first_pts_ns = facts.first_any_pts_ns = facts.pts_ns.front();
  facts.end_ns = facts.pts_ns.back() + step_ns;
}

inline PacketFacts packets_of(const Stream& stream, int frames) {
  if (stream.is_cover()) return packets(1, 0);
  if (stream.type == StreamType::video) return packets(frames, kFrameNs);
  if (stream.type == StreamType::subtitle) return packets(frames / 50, 2000 * kMillisecond, 0, 30);
  if (stream.type == StreamType::attachment) return no_packets();
  PacketFacts facts = packets(frames * 2, kFrameNs / 2, 0, 400);
  facts.pts_ns.clear();  // kept for video and subtitles alone
  return facts;
}

// ---- Films --------------------------------------------------------------------------------------

inline std::string format_name_of(Container container) {
  switch (container) {
    case Container::matroska:
    case Container::webm:
      return "matroska,webm";
    case Container::mp4:
    case Container::mov:
    case Container::three_gp:
      return "mov,mp4,m4a,3gp,3g2,mj2";
    default:
      return "mpegts";
  }
}

// Indexed, packet-scanned, frame-scanned; sound and progressive.
inline MediaInfo media_of(Container container, std::vector<Stream> streams, int frames = kFrames) {
  MediaInfo media;
  media.container = container;
  media.format_name = format_name_of(container);
  media.start_secs = 0;
  media.duration_secs = frames * 0.04;
  media.streams = std::move(streams);
  for (std::size_t i = 0; i < media.streams.size(); ++i) {
    media.streams[i].index = static_cast<int>(i);
    media.packets.push_back(packets_of(media.streams[i], frames));
    for (const auto& side_data : media.streams[i].side_data) {
      if (side_data.type != "Display Matrix") media.frames.side_data.insert(side_data.type);
    }
  }
  media.frames.sampled = 250;
  if (const Stream* video = media.main_video()) {
    media.frames.color_range = video->color_range;
    media.frames.color_space = video->color_space;
    media.frames.color_transfer = video->color_transfer;
    media.frames.color_primaries = video->color_primaries;
  }
  if (container == Container::matroska) {
    media.matroska.emplace();
    media.matroska->doc_type = "matroska";
  }
  return media;
}

inline MediaInfo webm_of(std::vector<Stream> streams) {
  MediaInfo media = media_of(Container::matroska, std::move(streams));
  media.matroska->doc_type = "webm";
  return media;
}

// ---- Plans --------------------------------------------------------------------------------------

inline std::expected<EncodePlan, Reason> plan_for(const MediaInfo& media, const Config& config = {},
                                                  SourceClass source_class = SourceClass::unknown,
                                                  Encoder encoder = Encoder::svt) {
  Classification classification;
  classification.source_class = source_class;
  return plan_encode(media, classification, config, encoder, "/temp", "job7");
}

// ---- Results ------------------------------------------------------------------------------------

// What our own reader sees of a Matroska output in which nothing is wrong.
inline MatroskaFacts head_of(const ExpectedOutput& expected) {
  MatroskaFacts head = expected.matroska.value_or(MatroskaFacts{});
  head.doc_type = "matroska";
  head.tracks.resize(0);
  const auto carried_attachments = std::exchange(head.attachments, {});
  for (const auto& stream : expected.streams) {
    if (stream.cover || stream.type == StreamType::attachment) {
      const std::size_t place = head.attachments.size();
      const bool named = place < carried_attachments.size();
      head.attachments.push_back(
          {named ? carried_attachments[place].uid : 0, stream.filename, stream.mimetype});
      continue;
    }
    const std::size_t track = head.tracks.size();
    const bool carried = expected.matroska && track < expected.matroska->tracks.size();
    head.tracks.push_back(carried ? expected.matroska->tracks[track] : MatroskaTrack{});
    head.tracks.back().iso_language = stream.language.empty() ? "und" : stream.language;
    head.tracks.back().name = stream.title;
    head.tracks.back().codec = stream.codec == "av1" ? "V_AV1" : "A_" + stream.codec;
    head.tracks.back().is_default = stream.dispositions.contains("default");
    head.tracks.back().is_forced = stream.dispositions.contains("forced");
  }
  return head;
}

inline MatroskaTrack& head_video(MatroskaFacts& head) {
  return *std::ranges::find(head.tracks, "V_AV1", &MatroskaTrack::codec);
}

// Likewise of an MP4 output.
inline Mp4Facts mp4_head_of(const ExpectedOutput& expected) {
  Mp4Facts head;
  for (const auto& stream : expected.streams) {
    if (stream.cover) continue;
    Mp4Track& track = head.tracks.emplace_back();
    track.iso_language = stream.language.empty() ? "und" : stream.language;
    track.codec = stream.codec == "av1" ? "av01" : "mp4a";
  }
  head.extras = expected.mp4_extras;
  for (const auto& [track, to] : expected.mp4_references) {
    head.tracks.at(track).references.push_back(to);
  }
  return head;
}

// The output that an encode of `source` by `plan` would have: nothing lost, nothing changed that
// the plan doesn't change. Only for plans at frame rate.
inline MediaInfo output_of(const MediaInfo& source, const EncodePlan& plan,
                           const ExpectedOutput& expected) {
  MediaInfo output;
  output.container = plan.container == OutputContainer::mp4 ? Container::mp4 : Container::matroska;
  output.format_name = format_name_of(output.container);
  if (plan.container == OutputContainer::mp4) {
    output.mp4 = mp4_head_of(expected);
  } else {
    output.matroska = head_of(expected);
    const Rational& pixels = expected.sample_aspect_ratio;
    head_video(*output.matroska).display = {expected.width * (pixels.known() ? pixels.num : 1),
                                            expected.height * (pixels.known() ? pixels.den : 1)};
  }
  output.duration_secs = source.duration_secs;
  output.start_secs = source.start_secs;
  output.tags = expected.tags;
  output.chapters = source.chapters;
  for (std::size_t i = 0; i < expected.streams.size(); ++i) {
    const auto source_index = static_cast<std::size_t>(expected.streams[i].source_index);
    Stream stream = source.streams[source_index];
    stream.index = static_cast<int>(i);
    stream.codec = expected.streams[i].codec;
    stream.dispositions = expected.streams[i].dispositions;
    if (i == expected.main_index) {
      stream.pixel_format = "yuv420p10le";
      stream.width = expected.width;
      stream.height = expected.height;
      stream.sample_aspect_ratio = expected.sample_aspect_ratio;
      stream.rotation_degrees = 0;
      stream.side_data = expected.static_hdr;
      stream.side_data.insert(stream.side_data.end(), expected.viewing_marks.begin(),
                              expected.viewing_marks.end());
    }
    output.streams.push_back(std::move(stream));
    output.packets.push_back(source_index < source.packets.size() ? source.packets[source_index]
                                                                  : PacketFacts{});
  }
  return output;
}

// A source, its plan and what was observed of a run in which all went well. The tests of validate()
// take a true one and tell a lie in it.
struct Run {
  MediaInfo source;
  EncodePlan plan;
  ExpectedOutput expected;
  Observations seen;

  std::vector<Problem> problems(const std::set<Check>& skip = {}) const {
    return validate(source, expected, seen, skip);
  }
  // The checks that found something.
  std::set<Check> witnesses(const std::set<Check>& skip = {}) const {
    std::set<Check> checks;
    for (const auto& problem : problems(skip)) checks.insert(problem.check);
    return checks;
  }
  PacketFacts& video_packets() { return seen.output.packets[expected.main_index]; }
  Stream& video() { return seen.output.streams[expected.main_index]; }
};

inline StreamHashes hashes_of(int source_index) {
  const std::string n = std::to_string(source_index);
  return {"packets" + n, "decoded" + n, "events" + n};
}

// To be called after a test changed the packets of the new video: each shows its frame.
inline void decode_packets(Run& run) {
  const PacketFacts& facts = run.video_packets();
  run.seen.decoded_times_ns = facts.pts_ns;
  if (facts.pts_ns.empty()) return;
  while (run.seen.decoded_times_ns.size() < facts.count) {  // kept once, shown as often
    run.seen.decoded_times_ns.push_back(facts.pts_ns.back());
  }
}

inline Run true_run(const MediaInfo& source, const Config& config = {}) {
  Run run;
  run.source = source;
  run.plan = plan_for(source, config).value();
  run.expected = expected_output(source, run.plan);
  run.seen.output = output_of(source, run.plan, run.expected);
  run.seen.source_before.inode = run.seen.source_after.inode = 12;
  run.seen.source_before.size_bytes = run.seen.source_after.size_bytes = 3'000'000'000;
  for (const auto& stream : source.streams) {
    run.seen.source_hashes.push_back(hashes_of(stream.index));
  }
  for (const auto& stream : run.expected.streams) {
    run.seen.output_hashes.push_back(hashes_of(stream.source_index));
  }
  decode_packets(run);
  run.seen.decoded_looks = {run.video()};
  return run;
}

}  // namespace av1d::test
