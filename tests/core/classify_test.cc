// Names as release groups and owners write them, and the numbers at their borders.
#include "av1d/classify.h"

#include "support/catch.h"

namespace av1d {

namespace {

constexpr std::uint64_t kSecs = 100;

// A film of one video stream with that bitrate; 0 leaves the packets uncounted.
MediaInfo film(int width, int height, std::uint64_t bits_per_sec,
               const std::string& codec = "h264") {
  Stream video;
  video.type = StreamType::video;
  video.codec = codec;
  video.width = width;
  video.height = height;
  video.duration_secs = static_cast<double>(kSecs);
  video.dispositions = {"default"};
  MediaInfo media;
  media.duration_secs = static_cast<double>(kSecs);
  media.streams = {video};
  if (bits_per_sec == 0) return media;
  PacketFacts packets;
  packets.count = packets.shown = 2;
  packets.bytes = bits_per_sec / 8 * kSecs;
  packets.first_pts_ns = 0;
  packets.end_ns = static_cast<std::int64_t>(kSecs) * 1'000'000'000;
  packets.pts_ns = {0, *packets.end_ns / 2};
  media.packets = {packets};
  return media;
}

struct NameCase {
  const char* path;
  int web;
  int disc;
};

struct BitrateCase {
  int width;
  int height;
  int rotation;
  std::uint64_t bits_per_sec;
  int web;
  int disc;
};

}  // namespace

TEST_CASE("classify finds whole tokens in the path, each once, the longest first", "[classify]") {
  const NameCase c = GENERATE(
      NameCase{"Film.2019.1080p.WEB-DL.x264.mkv", 10, 0}, NameCase{"Film.WEB.DL.mkv", 10, 0},
      NameCase{"Film WEBDL-1080p.mkv", 10, 0}, NameCase{"film_web_dl.mkv", 10, 0},
      NameCase{"Film.Web-Rip.mkv", 10, 0}, NameCase{"Film.WEBRip.mkv", 10, 0},
      NameCase{"Film.web rip.mkv", 10, 0}, NameCase{"Film [WEB] (2019).mkv", 10, 0},
      NameCase{"Charlotte's Web (1973)/Charlotte's Web (1973).mkv", 10, 0},
      NameCase{"Film.NF.WEB-DL.mkv", 20, 0}, NameCase{"Film.AMZN.WEBRip.mkv", 20, 0},
      NameCase{"{DSNP}/Film.mkv", 10, 0}, NameCase{"HULU/Film.ATVP.mkv", 20, 0},
      NameCase{"Film.WEB.WEB-DL.WEBRip.mkv", 30, 0},         // three tokens, three names
      NameCase{"Film.WEB-DL/Film.WEBDL.Web.DL.mkv", 10, 0},  // one token, four times
      NameCase{"Film.WEB (DL).mkv", 10, 0}, NameCase{"WEB/DL.mkv", 10, 0},
      NameCase{"Film.WEB--DL.mkv", 10, 0}, NameCase{"Film.WEB-DLRip.mkv", 10, 0},
      NameCase{"Film.BluRay.mkv", 0, 10}, NameCase{"Film.Blu-ray.mkv", 0, 10},
      NameCase{"Film blu ray.mkv", 0, 10}, NameCase{"Film.BLU.RAY/BluRay.mkv", 0, 10},
      NameCase{"Film.UHD.BluRay.Remux.mkv", 0, 30}, NameCase{"BDMV/STREAM/00001.m2ts", 0, 10},
      NameCase{"Film.BDRip.mkv", 0, 10}, NameCase{"Film.BD-Rip.mkv", 0, 10},
      NameCase{"Film.BD.Rip.BDRip.mkv", 0, 10}, NameCase{"Film.BDRemux.mkv", 0, 10},
      NameCase{"Film.BD-Remux.mkv", 0, 10}, NameCase{"Film.BDRemux.Remux.mkv", 0, 20},
      NameCase{"INFO/Spiderweb.mkv", 0, 0}, NameCase{"Webster.S01E01.mkv", 0, 0},
      NameCase{"Cobweb.Unfinished.Remuxed.mkv", 0, 0}, NameCase{"UHDTV.Blu.mkv", 0, 0},
      NameCase{"Ray.BD.Rip2.mkv", 0, 0}, NameCase{"DL.Rip.mkv", 0, 0}, NameCase{"", 0, 0},
      NameCase{"...---///", 0, 0}, NameCase{"Film\xff.NF.\x80.mkv", 10, 0},
      NameCase{"Film.BluRay.WEB-DL.mkv", 10, 10});
  CAPTURE(c.path);
  const auto result = classify(c.path, {});
  CHECK(result.web_score == c.web);
  CHECK(result.disc_score == c.disc);
  CHECK(result.reasons.size() == static_cast<std::size_t>(c.web + c.disc) / 10);
}

TEST_CASE("classify scores the bitrate by what the picture is", "[classify]") {
  const BitrateCase c = GENERATE(
      BitrateCase{1920, 1080, 0, 4'999'992, 5, 0}, BitrateCase{1920, 1080, 0, 5'000'000, 0, 0},
      BitrateCase{1920, 1080, 0, 15'000'000, 0, 0}, BitrateCase{1920, 1080, 0, 15'000'008, 0, 5},
      BitrateCase{1920, 800, 0, 4'999'992, 5, 0}, BitrateCase{720, 576, 0, 4'999'992, 5, 0},
      BitrateCase{2560, 1440, 0, 9'000'000, 0, 0}, BitrateCase{2560, 1440, 0, 16'000'000, 0, 5},
      BitrateCase{3840, 2160, 0, 9'999'992, 5, 0}, BitrateCase{3840, 2160, 0, 10'000'000, 0, 0},
      BitrateCase{3840, 2160, 0, 40'000'000, 0, 0}, BitrateCase{3840, 2160, 0, 40'000'008, 0, 5},
      BitrateCase{3840, 1600, 0, 9'999'992, 5, 0},    // the width makes it 2160p
      BitrateCase{2160, 3840, -90, 9'999'992, 5, 0},  // stored upright, shown lying
      BitrateCase{2160, 1216, 0, 9'999'992, 0, 0}, BitrateCase{2160, 1216, 90, 9'999'992, 5, 0},
      BitrateCase{2160, 1216, 180, 9'999'992, 0, 0}, BitrateCase{2160, 1216, 270, 9'999'992, 5, 0},
      BitrateCase{1920, 1080, 0, 0, 0, 0});  // unknown: no score
  CAPTURE(c.width, c.height, c.rotation, c.bits_per_sec);
  auto media = film(c.width, c.height, c.bits_per_sec);
  media.streams[0].rotation_degrees = c.rotation;
  const auto result = classify("Film.mkv", media);
  CHECK(result.web_score == c.web);
  CHECK(result.disc_score == c.disc);
}

TEST_CASE("classify counts VP9 as web and more than 20 GB as disc", "[classify]") {
  CHECK(classify("Film.webm", film(1920, 1080, 0, "vp9")).web_score == 5);
  auto media = film(1920, 1080, 0);
  media.size_bytes = 20'000'000'000;
  CHECK(classify("Film.mkv", media).disc_score == 0);
  media.size_bytes += 1;
  CHECK(classify("Film.mkv", media).disc_score == 5);
}

TEST_CASE("classify lets the higher score win and calls a tie unknown", "[classify]") {
  CHECK(classify("Film.WEB-DL.mkv", {}).source_class == SourceClass::web_like);
  CHECK(classify("Film.Remux.mkv", {}).source_class == SourceClass::disc_like);
  CHECK(classify("Film.Remux.WEB.mkv", {}).source_class == SourceClass::unknown);
  CHECK(classify("Film.mkv", {}).source_class == SourceClass::unknown);
  CHECK(classify("Film.Remux.WEB.mkv", film(1920, 1080, 20'000'000)).source_class ==
        SourceClass::disc_like);
}

TEST_CASE("classify tells each score with its reason", "[classify]") {
  auto media = film(1920, 1080, 3'200'000, "vp9");
  media.size_bytes = 24'300'000'000;
  const auto result = classify("Film.Web-Rip.UHD.mkv", media);
  CHECK(result.reasons == std::vector<std::string>{"token WEBRip: web +10", "token UHD: disc +10",
                                                   "video of 3.20 Mb/s, below 5: web +5",
                                                   "codec VP9: web +5",
                                                   "size of 24.3 GB, above 20: disc +5"});
}

}  // namespace av1d
