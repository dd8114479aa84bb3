// What the new film does without; see drop_streams.h.
#include "drop_streams.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "av1d/languages.h"
#include "av1d/probe.h"

namespace av1d {

namespace {

bool dropped_by_language(const Stream& stream, const std::vector<std::string>& languages) {
  const std::string language = stream.language();
  return !language.empty() && std::any_of(languages.begin(), languages.end(), [&](const auto& l) {
    return language_key(l) == language_key(language);
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

bool is_mp4_track_without_samples(const MediaInfo& media, std::size_t index) {
  return media.mp4 && index < media.mp4->tracks.size() && media.mp4->tracks[index].without_samples;
}

// Transport streams announce what they then never send: the AC-3 that belongs to a TrueHD stream,
// data for a break without commercials. Cameras and editors leave tracks that were never recorded
// on in mp4, and ffmpeg writes no such track to one. A codec that is unknown may hide in a form
// that ffmpeg does not read, so that no packets are no proof.
bool holds_nothing(const MediaInfo& media, const Stream& stream) {
  const auto index = static_cast<std::size_t>(stream.index);
  if (index >= media.packets.size() || media.packets[index].count > 0 || stream.codec.empty()) {
    return false;
  }
  switch (stream.type) {
    case StreamType::video:
      return stream.width == 0 || is_mp4_track_without_samples(media, index);
    case StreamType::audio:
      return stream.sample_rate == 0 || is_mp4_track_without_samples(media, index);
    case StreamType::data:
      return is_transport(media.container) && stream.codec != "bin_data";
    default:
      return false;  // a track of subtitles that is empty can be kept
  }
}

std::vector<DroppedStream> drop_empty(const MediaInfo& media) {
  std::vector<DroppedStream> dropped;
  for (const auto& stream : media.streams) {
    if (&stream != media.main_video() && holds_nothing(media, stream)) {
      dropped.push_back({stream.index, stream.description() + " has not one packet"});
    }
  }
  return dropped;
}

}  // namespace

std::vector<DroppedStream> drop_streams(const MediaInfo& media, const Config& config) {
  std::vector<DroppedStream> dropped = drop_languages(media, config);
  std::ranges::copy(drop_empty(media), std::back_inserter(dropped));
  return dropped;
}

}  // namespace av1d
