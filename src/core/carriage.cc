// Codec x container tables; see carriage.h.
#include "carriage.h"

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
    return {DataRule::How::drop, "timecode track, kept through the timecode tag"};
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
  if (source == Container::ogg) {
    return {DataRule::How::drop, "Ogg skeleton, an index of the Ogg file itself"};
  }
  return {DataRule::How::lost, ""};
}

bool is_mp4_key(std::string_view key) {
  static const Names kKeys = {"title",
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
  return kKeys.contains(to_lower(key));
}

std::string codec_written_by(const std::string& encoder) {
  if (encoder == "srt") return "subrip";
  if (encoder == "libsvtav1" || encoder == "libaom-av1" || encoder == "librav1e") return "av1";
  return encoder;
}

}  // namespace av1d
