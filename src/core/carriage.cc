// Codec x container tables; see carriage.h.
#include "carriage.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string_view>

#include "av1d/text.h"

namespace av1d {

namespace {

using Names = std::set<std::string_view>;

const Names kMatroskaAudio = {
    "aac",       "ac3",          "eac3",       "dts",        "truehd",        "mlp",
    "flac",      "opus",         "vorbis",     "mp1",        "mp2",           "mp3",
    "alac",      "wmav1",        "wmav2",      "wmapro",     "wmalossless",   "wavpack",
    "tta",       "speex",        "aac_latm",   "adpcm_ms",   "adpcm_ima_wav", "pcm_s16le",
    "pcm_s24le", "pcm_s32le",    "pcm_s16be",  "pcm_s24be",  "pcm_s32be",     "pcm_u8",
    "pcm_f32le", "pcm_f64le",    "pcm_alaw",   "pcm_mulaw",  "amr_nb",        "amr_wb",
    "metasound", "adpcm_yamaha", "adpcm_g722", "adpcm_g726", "g723_1",        "ra_144",
    "dfpwm",     "pcm_s64le"};
const Names kMatroskaSubtitles = {
    "subrip", "ass", "ssa", "webvtt", "hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle"};
const Names kMp4Audio = {"aac",       "ac3",       "eac3",      "dts",       "flac",
                         "opus",      "vorbis",    "mp3",       "alac",      "truehd",
                         "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le",
                         "pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be"};
const Names kMp4Subtitles = {"mov_text", "ttml"};
const Names kMp4Video = {"h264",       "hevc",  "vp9", "av1",  "mpeg4",
                         "mpeg2video", "mjpeg", "png", "ffv1", "vvc"};
const Names kMp4Covers = {"mjpeg", "png", "bmp"};  // the kinds of iTunes' `covr`
// Written without an error, but nothing reads it back (svq1, qtrle); no timestamps to write
// (mpeg1); RGB refused (rawvideo).
const Names kNotMatroskaVideo = {"svq1", "svq3", "qtrle", "mpeg1video", "rawvideo", ""};

// Decoded content identical to the source's (decoded MD5 measured equal).
const std::map<std::string_view, std::string_view> kMatroskaReplacement = {
    {"pcm_f32be", "pcm_f32le"},
    {"pcm_f64be", "pcm_f64le"},
    {"pcm_s8", "pcm_s16le"},
    {"s302m", "pcm_s16le"},
    {"adpcm_swf", "flac"},
    {"adpcm_ima_qt", "flac"},
    {"gsm", "flac"},
    {"gsm_ms", "flac"},
    {"nellymoser", "pcm_f32le"},
    {"mov_text", "srt"},
    {"text", "srt"},
    {"eia_608", "srt"}};

// Each flag was written for each type of stream by itself. mp4 shows the hearing impaired's as
// captions too, the visually impaired's as descriptions; WebM's are kinds of WebVTT.
const Names& flags_of(StreamType type, OutputContainer container) {
  static const Names mp4 = {"default",         "attached_pic", "forced", "hearing_impaired",
                            "visual_impaired", "comment",      "dub",    "captions",
                            "descriptions"};
  static const Names matroska = {"default",  "forced", "hearing_impaired", "visual_impaired",
                                 "original", "dub",    "comment"};
  static const Names matroska_subtitle = {"default",         "forced",      "hearing_impaired",
                                          "visual_impaired", "original",    "dub",
                                          "comment",         "descriptions"};
  static const Names webm = {"default", "forced"};
  static const Names webm_subtitle = {"default", "forced", "captions", "descriptions"};
  const bool subtitle = type == StreamType::subtitle;
  if (container == OutputContainer::mp4) return mp4;
  if (container == OutputContainer::webm) return subtitle ? webm_subtitle : webm;
  return subtitle ? matroska_subtitle : matroska;
}

// As ffprobe names them.
constexpr const char* kStereo = "Stereo 3D";
constexpr const char* kSpherical = "Spherical Mapping";

std::string_view field(const SideData& data, const char* key) {
  const auto it = data.fields.find(key);
  return it == data.fields.end() ? std::string_view{} : std::string_view(it->second);
}

std::string_view replacement(const Stream& stream) {
  if (stream.codec == "pcm_bluray" || stream.codec == "pcm_dvd") {
    return stream.bits_per_raw_sample == 16 ? "pcm_s16le" : "pcm_s24le";
  }
  if (stream.codec == "s302m" && stream.bits_per_raw_sample > 16) return "pcm_s24le";
  const auto it = kMatroskaReplacement.find(stream.codec);
  return it == kMatroskaReplacement.end() ? std::string_view{} : it->second;
}

Carriage in_matroska(const Stream& stream) {
  const bool copies = stream.type == StreamType::video ? !kNotMatroskaVideo.contains(stream.codec)
                      : stream.type == StreamType::audio
                          ? kMatroskaAudio.contains(stream.codec)
                          : kMatroskaSubtitles.contains(stream.codec);
  if (copies) return {Carriage::How::copy, "copy"};
  const std::string_view codec = replacement(stream);
  if (!codec.empty()) return {Carriage::How::convert, std::string(codec)};
  return {};
}

bool in_webm(const Stream& stream) {
  const Names video = {"vp8", "vp9", "av1"};
  const Names audio = {"vorbis", "opus"};
  if (stream.type == StreamType::video) return video.contains(stream.codec);
  if (stream.type == StreamType::audio) return audio.contains(stream.codec);
  return stream.type == StreamType::subtitle && stream.codec == "webvtt";
}

bool in_mp4(const Stream& stream) {
  if (stream.is_cover()) return kMp4Covers.contains(stream.codec);
  if (stream.type == StreamType::video) return kMp4Video.contains(stream.codec);
  if (stream.type == StreamType::audio) return kMp4Audio.contains(stream.codec);
  return stream.type == StreamType::subtitle && kMp4Subtitles.contains(stream.codec);
}

}  // namespace

Carriage carry(const Stream& stream, OutputContainer container) {
  if (container == OutputContainer::matroska) return in_matroska(stream);
  const bool copies = container == OutputContainer::mp4 ? in_mp4(stream) : in_webm(stream);
  return copies ? Carriage{Carriage::How::copy, "copy"} : Carriage{};
}

DataRule data_rule(const Stream& stream, Container source, OutputContainer container) {
  const bool mov_family =
      source == Container::mov || source == Container::mp4 || source == Container::three_gp;
  if (mov_family && stream.codec_tag == "tmcd") {
    const std::string reel = stream.tag("reel_name");
    return {DataRule::How::drop,
            "timecode track, kept through the timecode tag" +
                (reel.empty() ? "" : "; the name of its reel, '" + printable(reel) + "', goes")};
  }
  if (mov_family && stream.codec_tag == "text") {
    return {DataRule::How::drop, "chapter track, written anew from the chapters"};
  }
  if (mov_family && stream.codec_tag == "gpmd" && container == OutputContainer::mp4) {
    return {DataRule::How::copy, ""};
  }
  if (stream.codec == "dvd_nav_packet") {
    return {DataRule::How::drop, "DVD navigation, without meaning outside the disc"};
  }
  if (source == Container::ogg && stream.codec_tag != kUnknownTag) {
    return {DataRule::How::drop, "Ogg skeleton, an index of the Ogg file itself"};
  }
  return {DataRule::How::lost, ""};
}

bool can_be_grafted(const MediaInfo& media, const Stream& stream, OutputContainer container) {
  constexpr double kStartSlackSecs = 0.0005;
  const auto index = static_cast<std::size_t>(stream.index);
  return stream.type == StreamType::data && container == OutputContainer::mp4 && media.mp4 &&
         index < media.mp4->tracks.size() && media.mp4->tracks[index].codec == stream.codec_tag &&
         media.mp4->tracks[index].graft_bytes > 0 &&
         std::abs(media.start_secs.value_or(0)) < kStartSlackSecs;
}

std::set<std::string> held_flags(const Stream& stream, OutputContainer container) {
  const Names& known = flags_of(stream.type, container);
  std::set<std::string> held;
  std::ranges::copy_if(stream.dispositions, std::inserter(held, held.end()),
                       [&](const std::string& flag) { return known.contains(flag); });
  if (held.contains("original")) held.erase("dub");  // of both together nothing is written
  return held;
}

std::vector<SideData> viewing_marks(const MediaInfo& media) {
  const Stream* video = media.main_video();
  if (video == nullptr) return {};
  std::vector<SideData> marks;
  bool stereo_said = false;
  for (const auto& data : video->side_data) {
    const bool stereo = data.type == kStereo;
    stereo_said |= stereo;
    const bool flat = stereo && field(data, "type") == "2D";
    if ((stereo || data.type == kSpherical) && !flat) marks.push_back(data);
  }
  if (!stereo_said && media.frames.side_data.contains(kStereo)) marks.push_back({kStereo, {}});
  return marks;
}

bool holds_mark(OutputContainer container, const SideData& mark) {
  if (container != OutputContainer::mp4) return true;
  const auto not_turned = [&](const char* axis) { return field(mark, axis) == "0"; };
  return mark.type == kSpherical && field(mark, "projection") == "equirectangular" &&
         not_turned("yaw") && not_turned("pitch") && not_turned("roll");
}

std::optional<SideData> lost_mark(const MediaInfo& media, OutputContainer container) {
  const auto marks = viewing_marks(media);
  const auto it = std::ranges::find_if(
      marks, [&](const SideData& mark) { return !holds_mark(container, mark); });
  return it == marks.end() ? std::nullopt : std::optional(*it);
}

std::string codec_written_by(const std::string& encoder) {
  if (encoder == "srt") return "subrip";
  if (encoder == "libsvtav1" || encoder == "libaom-av1" || encoder == "librav1e") return "av1";
  return encoder;
}

}  // namespace av1d
