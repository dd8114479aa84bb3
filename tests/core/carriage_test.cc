// Codec by container, against what was measured of ffmpeg's muxers.
#include "../../src/core/carriage.h"

#include "av1d/config.h"
#include "support/catch.h"
#include "support/media.h"

using namespace av1d;
using test::audio;
using test::data;
using test::subtitle;
using test::video_of;
using How = Carriage::How;
using enum OutputContainer;

namespace {

Stream audio_bits(const std::string& codec, int bits) {
  Stream stream = audio(codec);
  stream.bits_per_raw_sample = bits;
  return stream;
}

}  // namespace

TEST_CASE("carry copies into Matroska what Matroska holds", "[carriage]") {
  for (const char* codec : {"aac", "ac3", "eac3", "dts", "truehd", "flac", "opus", "vorbis", "mp2",
                            "mp3", "pcm_s16le", "pcm_s24be", "pcm_u8", "wmav2"}) {
    INFO(codec);
    CHECK(carry(audio(codec), matroska).how == How::copy);
  }
  for (const char* codec :
       {"subrip", "ass", "webvtt", "hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle"}) {
    INFO(codec);
    CHECK(carry(subtitle(codec), matroska).how == How::copy);
  }
  for (const char* codec : {"h264", "hevc", "mpeg2video", "vp9", "prores"}) {
    INFO(codec);
    CHECK(carry(video_of(codec), matroska).how == How::copy);
  }
}

TEST_CASE("carry names a lossless replacement where Matroska refuses a codec", "[carriage]") {
  const auto [codec, encoder] = GENERATE(table<std::string, std::string>({
      {"pcm_f32be", "pcm_f32le"},
      {"pcm_f64be", "pcm_f64le"},
      {"pcm_s8", "pcm_s16le"},
      {"s302m", "pcm_s16le"},
      {"adpcm_swf", "flac"},
      {"adpcm_ima_qt", "flac"},
      {"gsm", "flac"},
      {"nellymoser", "pcm_f32le"},
  }));
  INFO(codec);
  const Carriage carriage = carry(audio(codec), matroska);
  CHECK(carriage.how == How::convert);
  CHECK(carriage.codec == encoder);
}

TEST_CASE("carry converts disc PCM to as many bits as it really has", "[carriage]") {
  for (const char* codec : {"pcm_bluray", "pcm_dvd"}) {
    INFO(codec);
    CHECK(carry(audio_bits(codec, 16), matroska).codec == "pcm_s16le");
    CHECK(carry(audio_bits(codec, 20), matroska).codec == "pcm_s24le");
    CHECK(carry(audio_bits(codec, 24), matroska).codec == "pcm_s24le");
    CHECK(carry(audio_bits(codec, 0), matroska).codec == "pcm_s24le");
    CHECK(carry(audio_bits(codec, 16), mp4).how == How::impossible);
  }
  CHECK(carry(audio_bits("s302m", 24), matroska).codec == "pcm_s24le");
}

TEST_CASE("carry turns text subtitles that Matroska refuses into SubRip", "[carriage]") {
  for (const char* codec : {"mov_text", "text", "eia_608"}) {
    INFO(codec);
    const Carriage carriage = carry(subtitle(codec), matroska);
    CHECK(carriage.how == How::convert);
    CHECK(carriage.codec == "srt");
  }
}

TEST_CASE("carry refuses what no way leads into", "[carriage]") {
  CHECK(carry(subtitle("dvb_teletext"), matroska).how == How::impossible);
  CHECK(carry(subtitle("ttml"), matroska).how == How::impossible);
  CHECK(carry(audio("no_such_codec"), matroska).how == How::impossible);
  CHECK(carry(audio(""), matroska).how == How::impossible);
  // Written without an error, but nothing reads it back.
  CHECK(carry(video_of("svq1"), matroska).how == How::impossible);
  CHECK(carry(video_of("qtrle"), matroska).how == How::impossible);
  CHECK(carry(video_of("rawvideo"), matroska).how == How::impossible);  // RGB is refused
  CHECK(carry(video_of(""), matroska).how == How::impossible);
}

TEST_CASE("carry into mp4 copies what mp4 holds and converts nothing", "[carriage]") {
  for (const char* codec : {"aac", "ac3", "eac3", "flac", "opus", "alac", "truehd", "pcm_s24be"}) {
    INFO(codec);
    CHECK(carry(audio(codec), mp4).how == How::copy);
  }
  CHECK(carry(subtitle("mov_text"), mp4).how == How::copy);
  CHECK(carry(subtitle("ttml"), mp4).how == How::copy);
  for (const char* codec : {"subrip", "ass", "hdmv_pgs_subtitle", "dvd_subtitle", "eia_608"}) {
    INFO(codec);
    CHECK(carry(subtitle(codec), mp4).how == How::impossible);
  }
  CHECK(carry(audio("pcm_u8"), mp4).how == How::impossible);
  CHECK(carry(audio("wmav2"), mp4).how == How::impossible);
  CHECK(carry(video_of("prores"), mp4).how == How::impossible);
}

TEST_CASE("carry into webm takes VP8, VP9, AV1, Vorbis, Opus and WebVTT alone", "[carriage]") {
  CHECK(carry(video_of("vp9"), webm).how == How::copy);
  CHECK(carry(audio("opus"), webm).how == How::copy);
  CHECK(carry(audio("vorbis"), webm).how == How::copy);
  CHECK(carry(subtitle("webvtt"), webm).how == How::copy);
  CHECK(carry(video_of("h264"), webm).how == How::impossible);
  CHECK(carry(audio("aac"), webm).how == How::impossible);
  CHECK(carry(subtitle("subrip"), webm).how == How::impossible);
}

TEST_CASE("held_flags names those that are there when the container is read again", "[carriage]") {
  using Flags = std::set<std::string>;
  Stream described = audio();  // as transport streams announce audio description
  described.dispositions = {"descriptions", "visual_impaired"};
  CHECK(held_flags(described, matroska) == Flags{"visual_impaired"});
  CHECK(held_flags(described, mp4) == described.dispositions);
  CHECK(held_flags(described, webm).empty());
  Stream texts = subtitle("webvtt");
  texts.dispositions = {"captions", "descriptions", "forced"};
  CHECK(held_flags(texts, matroska) == Flags{"descriptions", "forced"});
  CHECK(held_flags(texts, webm) == texts.dispositions);
  Stream dubbed = audio();
  dubbed.dispositions = {"dub"};
  CHECK(held_flags(dubbed, matroska) == Flags{"dub"});
  dubbed.dispositions = {"dub", "original"};
  CHECK(held_flags(dubbed, matroska) == Flags{"original"});
}

TEST_CASE("holds_mark: mp4 has a whole sphere that is not turned, and no packing of stereo",
          "[carriage]") {
  SideData sphere{"Spherical Mapping",
                  {{"projection", "equirectangular"}, {"yaw", "0"}, {"pitch", "0"}, {"roll", "0"}}};
  CHECK(holds_mark(mp4, sphere));
  sphere.fields["yaw"] = "10";
  CHECK_FALSE(holds_mark(mp4, sphere));
  CHECK(holds_mark(matroska, sphere));
  CHECK_FALSE(holds_mark(mp4, test::stereo("side by side")));
  CHECK(holds_mark(webm, test::stereo("side by side")));
}

TEST_CASE("viewing_marks has what the stream says, else the kind that its frames have",
          "[carriage]") {
  MediaInfo media = test::media_of(Container::mp4, {test::h264_video(), audio()});
  CHECK(viewing_marks(media).empty());
  media.frames.side_data = {"Stereo 3D"};
  CHECK(viewing_marks(media) == std::vector<SideData>{{"Stereo 3D", {}}});
  media.streams[0].side_data = {test::stereo("side by side")};
  CHECK(viewing_marks(media) == media.streams[0].side_data);
  media.streams[0].side_data = {test::stereo("2D")};
  CHECK(viewing_marks(media).empty());
}

TEST_CASE("data_rule drops what is made anew, copies GoPro's data into mp4, refuses the rest",
          "[carriage]") {
  using Rule = DataRule::How;
  for (const Container source : {Container::mov, Container::mp4, Container::three_gp}) {
    CHECK(data_rule(data("tmcd"), source, mp4).how == Rule::drop);
    CHECK(data_rule(data("text", "bin_data"), source, mp4).how == Rule::drop);
    CHECK(data_rule(data("gpmd", "bin_data"), source, mp4).how == Rule::copy);
    CHECK(data_rule(data("gpmd", "bin_data"), source, matroska).how == Rule::lost);
    CHECK(data_rule(data("mebx"), source, mp4).how == Rule::lost);
  }
  CHECK(data_rule(data("", "dvd_nav_packet"), Container::mpegps, matroska).how == Rule::drop);
  CHECK(data_rule(data("", "scte_35"), Container::mpegts, matroska).how == Rule::lost);
  CHECK(data_rule(data("", "klv"), Container::mpegts, matroska).how == Rule::lost);
  // The same four letters elsewhere mean nothing.
  CHECK(data_rule(data("tmcd"), Container::mpegts, matroska).how == Rule::lost);
}

TEST_CASE("what data_rule drops has a reason for the owner", "[carriage]") {
  CHECK_FALSE(data_rule(data("tmcd"), Container::mov, mp4).why.empty());
  CHECK_FALSE(data_rule(data("text"), Container::mov, mp4).why.empty());
  CHECK_FALSE(data_rule(data("", "dvd_nav_packet"), Container::mpegps, matroska).why.empty());
}

TEST_CASE("codec_written_by says how ffprobe will call an encoder's stream", "[carriage]") {
  CHECK(codec_written_by("srt") == "subrip");
  CHECK(codec_written_by("libsvtav1") == "av1");
  CHECK(codec_written_by("libaom-av1") == "av1");
  CHECK(codec_written_by("librav1e") == "av1");
  CHECK(codec_written_by("flac") == "flac");
  CHECK(codec_written_by("pcm_s24le") == "pcm_s24le");
}
