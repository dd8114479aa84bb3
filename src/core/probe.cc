// ffprobe's JSON and packet lines into MediaInfo; see probe.h.
#include "av1d/probe.h"

#include <algorithm>
#include <cmath>

#include "carriage.h"
#include "ffprobe_json.h"

namespace av1d {

using nlohmann::json;
using namespace ffprobe;

namespace {

// Names of libavformat's demuxers for the containers that `extensions` can hold. Playlists (hls,
// dash, concat), image sequences and raw streams are not among them.
constexpr std::string_view kDemuxers =
    "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,avi,mpegts,mpeg,asf,flv,live_flv,ogg,mxf";

StreamType type_of(const std::string& name) {
  if (name == "video") return StreamType::video;
  if (name == "audio") return StreamType::audio;
  if (name == "subtitle") return StreamType::subtitle;
  if (name == "attachment") return StreamType::attachment;
  return StreamType::data;
}

void read_rotation(Stream& stream) {
  for (const auto& data : stream.side_data) {
    if (data.type != "Display Matrix") continue;
    stream.has_display_matrix = true;
    const auto it = data.fields.find("rotation");
    const auto degrees = it == data.fields.end() ? std::nullopt : number_of<double>(it->second);
    stream.rotation_degrees = degrees ? static_cast<int>(std::lround(*degrees)) : 0;
  }
}

Stream stream_of(const json& object) {
  Stream stream;
  stream.index = field<int>(object, "index").value_or(-1);
  stream.type = type_of(text_of(object, "codec_type"));
  stream.codec = text_of(object, "codec_name");
  if (stream.codec == "unknown" || stream.codec == "none") stream.codec.clear();
  stream.codec_tag = text_of(object, "codec_tag_string");
  // Nothing says what it is: Kate in Ogg. The skeleton of an Ogg file is at least called data.
  const bool nameless = stream.codec_tag.empty() || stream.codec_tag == "[0][0][0][0]";
  if (nameless && text_of(object, "codec_type").empty()) stream.codec_tag = kUnknownTag;
  stream.profile = text_of(object, "profile");
  stream.tags = tags_of(object);
  stream.time_base = rational_of(text_of(object, "time_base"));
  stream.start_secs = field<double>(object, "start_time");
  stream.duration_secs = field<double>(object, "duration");
  stream.extradata_bytes = field<std::int64_t>(object, "extradata_size").value_or(0);
  stream.extradata_hash = text_of(object, "extradata_hash");
  stream.side_data = side_data_of(object);
  read_video(stream, object);
  read_rotation(stream);
  stream.sample_rate = field<int>(object, "sample_rate").value_or(0);
  stream.channels = field<int>(object, "channels").value_or(0);
  stream.channel_layout = text_of(object, "channel_layout");
  stream.bits_per_raw_sample = field<int>(object, "bits_per_raw_sample").value_or(0);
  if (const auto it = object.find("disposition"); it != object.end() && it->is_object()) {
    for (const auto& [key, value] : it->items()) {
      if (value.is_number_integer() && value.get<int>() != 0) stream.dispositions.insert(key);
    }
  }
  return stream;
}

std::vector<Chapter> chapters_of(const json& root) {
  std::vector<Chapter> chapters;
  const auto it = root.find("chapters");
  if (it == root.end() || !it->is_array()) return chapters;
  for (const auto& object : *it) {
    const Rational base = rational_of(text_of(object, "time_base"));
    const Tags tags = tags_of(object);
    const auto title = tags.find("title");
    chapters.push_back({ticks_to_ns(field<std::int64_t>(object, "start").value_or(0), base),
                        ticks_to_ns(field<std::int64_t>(object, "end").value_or(0), base),
                        title == tags.end() ? std::string() : title->second});
  }
  return chapters;
}

// mov, mp4 and 3gp are one demuxer; the major brand tells them apart. Files without `ftyp` are
// older than MPEG-4: QuickTime.
Container mov_family(const Tags& tags) {
  const auto it = tags.find("major_brand");
  if (it == tags.end() || it->second.starts_with("qt")) return Container::mov;
  if (it->second.starts_with("3g")) return Container::three_gp;
  return Container::mp4;
}

Container container_of(const std::string& format_name, const Tags& tags) {
  if (format_name.starts_with("mov,")) return mov_family(tags);
  if (format_name.starts_with("matroska")) return Container::matroska;
  if (format_name == "avi") return Container::avi;
  if (format_name == "mpegts") return Container::mpegts;
  if (format_name == "mpeg") return Container::mpegps;
  if (format_name == "asf") return Container::asf;
  if (format_name == "flv" || format_name == "live_flv") return Container::flv;
  if (format_name == "ogg") return Container::ogg;
  if (format_name == "mxf") return Container::mxf;
  return Container::other;
}

}  // namespace

std::int64_t ticks_to_ns(std::int64_t ticks, const Rational& time_base) {
  if (time_base.den <= 0) return 0;
  __extension__ using Wide = __int128;
  // Broken files hold any number: within these 73 years differences can't overflow.
  constexpr Wide kLimit = Wide{1} << 61U;
  return static_cast<std::int64_t>(
      std::clamp(Wide{ticks} * time_base.num * 1'000'000'000 / time_base.den, -kLimit, kLimit));
}

bool is_transport(Container container) {
  return container == Container::mpegts || container == Container::mpegps;
}

ProbeDepth depth_for(Container container) {
  return is_transport(container) ? ProbeDepth::deep : ProbeDepth::normal;
}

Argv input_options(ProbeDepth depth) {
  Argv argv = {"-protocol_whitelist", "file,pipe", "-format_whitelist", std::string(kDemuxers)};
  if (depth == ProbeDepth::deep) {
    argv.insert(argv.end(), {"-analyzeduration", "200M", "-probesize", "200M"});
  }
  return argv;
}

std::string input_url(const fs::path& path) {
  return "file:" + path.native();
}

Argv ffprobe_args(const std::string& ffprobe, ProbeDepth depth, const Argv& questions,
                  const fs::path& path) {
  Argv argv = {ffprobe, "-hide_banner", "-loglevel", "repeat+level+error"};
  const Argv input = input_options(depth);
  argv.insert(argv.end(), input.begin(), input.end());
  argv.insert(argv.end(), questions.begin(), questions.end());
  argv.insert(argv.end(), {"-i", input_url(path)});
  return argv;
}

Argv probe_args(const std::string& ffprobe, const fs::path& path, ProbeDepth depth) {
  return ffprobe_args(ffprobe, depth,
                      {"-show_format", "-show_streams", "-show_chapters", "-show_programs",
                       "-show_data_hash", "md5", "-of", "json"},
                      path);
}

Argv packet_scan_args(const std::string& ffprobe, const fs::path& path, ProbeDepth depth) {
  // MurmurHash3, of 128 bits, costs next to nothing; MD5 would read slower than a disk.
  return ffprobe_args(ffprobe, depth,
                      {"-show_data_hash", "murmur3", "-show_entries",
                       "packet=stream_index,pts,dts,duration,size,flags,data_hash:"
                       "packet_side_data=side_data_type",
                       "-of", "compact=p=0:nk=0"},
                      path);
}

Result<MediaInfo> parse_probe(std::string_view text) {
  const json root = parse_object(text);
  if (root.is_discarded() || !root.contains("format") || !root["format"].is_object()) {
    return fail("ffprobe's answer is not the expected JSON");
  }
  MediaInfo media;
  const json& format = root["format"];
  media.format_name = text_of(format, "format_name");
  media.duration_secs = field<double>(format, "duration");
  media.start_secs = field<double>(format, "start_time");
  media.size_bytes = field<std::uint64_t>(format, "size").value_or(0);
  media.tags = tags_of(format);
  media.container = container_of(media.format_name, media.tags);
  media.chapters = chapters_of(root);
  if (const auto it = root.find("programs"); it != root.end() && it->is_array()) {
    media.programs = static_cast<int>(it->size());
  }
  if (const auto it = root.find("streams"); it != root.end() && it->is_array()) {
    for (const auto& object : *it) media.streams.push_back(stream_of(object));
  }
  for (std::size_t i = 0; i < media.streams.size(); ++i) {
    if (media.streams[i].index != static_cast<int>(i)) {
      return fail("ffprobe's stream indexes are not consecutive");
    }
  }
  return media;
}

}  // namespace av1d
