// What the output must be; see expected_output.h.
#include "av1d/expected_output.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>

#include "av1d/matroska.h"
#include "av1d/plan.h"
#include "av1d/text.h"
#include "carriage.h"
#include "crop.h"

namespace av1d {

namespace {

bool declared(const std::string& value) {
  return !value.empty() && value != "unknown" && value != "unspecified" && value != "reserved";
}

// The decoder's word comes first: it is what every player shows, and what ffmpeg encodes. (A VP8
// frame is BT.601 whatever its container says.)
std::string first_declared(const std::string& frame, const std::string& stream) {
  if (declared(frame)) return frame;
  return declared(stream) ? stream : std::string();
}

ContentProof proof_of(const StreamPlan& plan, StreamType type) {
  switch (plan.action) {
    case StreamAction::encode:
      return ContentProof::none;
    case StreamAction::attach:
      return ContentProof::packets;  // ffprobe reads it as a stream again
    case StreamAction::convert:
      return type == StreamType::subtitle ? ContentProof::events : ContentProof::decoded;
    case StreamAction::graft:
      return ContentProof::packets;
    case StreamAction::copy:
      return type == StreamType::attachment ? ContentProof::bytes : ContentProof::packets;
  }
  return ContentProof::packets;
}

std::string codec_of(const StreamPlan& plan, const Stream& source) {
  switch (plan.action) {
    case StreamAction::encode:
      return "av1";
    case StreamAction::convert:
      return codec_written_by(plan.codec);
    default:
      return source.codec;
  }
}

ExpectedStream expect_stream(const StreamPlan& plan, const Stream& source) {
  ExpectedStream expected;
  expected.source_index = plan.source_index;
  expected.type = source.type;
  expected.cover = source.is_cover();
  expected.codec = codec_of(plan, source);
  expected.language = plan.language;
  expected.language_tag = plan.language_tag;
  expected.title = plan.title;
  expected.dispositions = plan.dispositions;
  expected.proof = proof_of(plan, source.type);
  expected.filename = plan.filename;
  expected.mimetype = plan.mimetype;
  return expected;
}

void expect_picture(ExpectedOutput& expected, const Stream& video, const EncodePlan& plan) {
  const Crop crop = crop_of(video);
  expected.width = video.width - crop.left - crop.right;
  expected.height = video.height - crop.top - crop.bottom;
  expected.sample_aspect_ratio = video.sample_aspect_ratio;
  const bool turned = std::abs(video.rotation_degrees) % 180 == 90;
  if (turned) {  // ffmpeg bakes the rotation in
    std::swap(expected.width, expected.height);
    std::swap(expected.sample_aspect_ratio.num, expected.sample_aspect_ratio.den);
  }
  if (plan.pad_to_even) {
    expected.width += expected.width % 2;
    expected.height += expected.height % 2;
  }
}

bool is_rgb(const std::string& pixel_format) {
  return pixel_format.starts_with("gbr") || pixel_format.starts_with("rgb") ||
         pixel_format.starts_with("bgr") || pixel_format.starts_with("argb");
}

void expect_colour(ExpectedOutput& expected, const Stream& video, const FrameFacts& frames,
                   const EncodePlan& plan) {
  expected.color_transfer = first_declared(frames.color_transfer, video.color_transfer);
  expected.color_primaries = first_declared(frames.color_primaries, video.color_primaries);
  // libaom loses it in mp4, and rav1e has no option for it.
  if (plan.encoder == Encoder::svt) expected.chroma_location = plan.chroma_location;
  // A conversion from RGB (accepted) or grey chooses matrix and range.
  if (is_rgb(video.pixel_format) || video.pixel_format.starts_with("gray")) return;
  expected.color_range = first_declared(frames.color_range, video.color_range);
  expected.color_space = first_declared(frames.color_space, video.color_space);
}

// The base that the metadata is made for: "1" HDR10, "2" SDR, "4" HLG.
std::string dolby_vision_base(const Stream& video) {
  for (const auto& data : video.side_data) {
    const auto it = data.fields.find("dv_bl_signal_compatibility_id");
    if (data.type == "DOVI configuration record" && it != data.fields.end()) return it->second;
  }
  return {};
}

// The decoder's word comes first here as well: what the bitstream says is what players show and
// what the encoder is given, and the container's word reaches the frames where there is no other.
void expect_hdr(ExpectedOutput& expected, const Stream& video, const FrameFacts& frames) {
  for (const char* type : {"Mastering display metadata", "Content light level metadata"}) {
    for (const auto* list : {&frames.static_hdr, &video.side_data}) {
      const auto it = std::ranges::find(*list, type, &SideData::type);
      if (it == list->end()) continue;
      expected.static_hdr.push_back(*it);
      break;
    }
  }
}

// "make-fra": QuickTime's text in one language, which ffmpeg shows beside "make" itself.
std::string_view without_language(std::string_view key) {
  const auto dash = key.rfind('-');
  const bool suffix = dash != std::string_view::npos && dash + 4 == key.size();
  return suffix ? key.substr(0, dash) : key;
}

// Tags that describe the old file itself, not the film.
bool describes_the_file(std::string_view key) {
  static constexpr std::array kKeys = {"encoder",           "major_brand", "minor_version",
                                       "compatible_brands", "duration",    "creation_time",
                                       "timecode"};
  return std::any_of(kKeys.begin(), kKeys.end(),
                     [&](const char* k) { return equals_ignore_case(k, without_language(key)); }) ||
         is_statistics_tag(key);
}

bool repeats_another(const Tags& tags, const std::string& key, const std::string& value) {
  const auto base = tags.find(std::string(without_language(key)));
  return base != tags.end() && base->first != key && base->second == value;
}

// A timecode track is dropped and written anew from the tag: the tag must be there.
void expect_timecode(ExpectedOutput& expected, const MediaInfo& source) {
  for (const auto& stream : source.streams) {
    if (stream.type == StreamType::data && stream.codec_tag == "tmcd") {
      expected.timecode = stream.tag("timecode");
    }
  }
}

void expect_tags(ExpectedOutput& expected, const MediaInfo& source, const EncodePlan& plan) {
  for (const auto& [key, value] : source.tags) {
    const bool says_nothing = value.empty();  // of an mp4: nothing but NULs, which no one writes
    if (says_nothing || describes_the_file(key) || repeats_another(source.tags, key, value)) {
      continue;
    }
    expected.tags[key] = value;
  }
  for (const auto& [key, value] : plan.format_tags) expected.tags[key] = value;
}

}  // namespace

ExpectedOutput expected_output(const MediaInfo& source, const EncodePlan& plan) {
  ExpectedOutput expected;
  expected.container = plan.container;
  for (const auto& stream : plan.streams) {
    expected.streams.push_back(
        expect_stream(stream, source.streams[static_cast<std::size_t>(stream.source_index)]));
  }
  // They are no tracks there, and ffprobe tells them last.
  if (plan.container == OutputContainer::mp4) {
    std::ranges::stable_partition(expected.streams, std::logical_not(), &ExpectedStream::cover);
  }
  const int main_index = source.main_video()->index;
  expected.main_index = static_cast<std::size_t>(
      std::ranges::find(expected.streams, main_index, &ExpectedStream::source_index) -
      expected.streams.begin());
  const std::int64_t start_ns =
      static_cast<std::int64_t>(std::llround(source.start_secs.value_or(0) * 1e9)) - plan.early_ns;
  for (Chapter chapter : source.chapters) {
    chapter.start_ns -= start_ns;
    chapter.end_ns -= start_ns;
    expected.chapters.push_back(std::move(chapter));
  }
  const Stream& video = *source.main_video();
  expect_picture(expected, video, plan);
  expect_colour(expected, video, source.frames, plan);
  expect_hdr(expected, video, source.frames);
  expected.viewing_marks = viewing_marks(source);
  if (plan.dolby_vision) expected.dolby_vision = dolby_vision_base(video);
  expected.hdr10plus = plan.hdr10plus;
  expect_tags(expected, source, plan);
  expect_timecode(expected, source);
  if (const auto carry = matroska_carry(source, plan)) {
    expected.matroska = expected_matroska(*source.matroska, *carry);
  }
  for (const auto& [extra, track] : plan.mp4_carry.boxes) {
    expected.mp4_extras.push_back(source.mp4->extras.at(extra));
    expected.mp4_extras.back().track = track;
  }
  expected.mp4_references = plan.mp4_carry.references;
  expected.field_rate = plan.deinterlace == Deinterlace::bwdif;
  return expected;
}

}  // namespace av1d
