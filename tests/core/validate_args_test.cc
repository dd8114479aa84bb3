// The commands behind validate()'s questions, and the reading of what they answer.
#include <algorithm>

#include "av1d/decoded_frames.h"
#include "av1d/validate.h"
#include "support/catch.h"
#include "support/media.h"

using namespace av1d;

namespace {

std::ptrdiff_t place(const Argv& argv, const std::string& word) {
  const auto it = std::find(argv.begin(), argv.end(), word);
  return it == argv.end() ? -1 : it - argv.begin();
}

Argv values(const Argv& argv, const std::string& option) {
  Argv found;
  for (std::size_t i = 0; i + 1 < argv.size(); ++i) {
    if (argv[i] == option) found.push_back(argv[i + 1]);
  }
  return found;
}

std::string hash_of(const std::vector<std::string>& lines) {
  SubtitleText text;
  for (const auto& line : lines) text.add_line(line);
  return text.hash();
}

}  // namespace

TEST_CASE("every question of validate reads one local file and asks nobody", "[validate]") {
  const MediaInfo media =
      test::media_of(Container::mpegts, {test::h264_video(), test::audio(), test::subtitle()});
  for (const Argv& argv : {packet_hash_args("ffmpeg", "/f/-a.ts", ProbeDepth::deep, {1, 2}),
                           decoded_hash_args("ffmpeg", "/f/-a.ts", ProbeDepth::deep, media, {1}),
                           subtitle_text_args("ffmpeg", "/f/-a.ts", ProbeDepth::deep, 2)}) {
    CHECK(place(argv, "-nostdin") > 0);
    CHECK(values(argv, "-i") == Argv{"file:/f/-a.ts"});
    CHECK(values(argv, "-protocol_whitelist") == Argv{"file,pipe"});
    CHECK(place(argv, "-protocol_whitelist") < place(argv, "-i"));
    CHECK(place(argv, "-y") == -1);
    CHECK(argv.back() == "pipe:1");
  }
  const Argv frames = decode_args("ffprobe", "/f/-a.mkv", 2);
  CHECK(values(frames, "-i") == Argv{"file:/f/-a.mkv"});
  CHECK(values(frames, "-protocol_whitelist") == Argv{"file,pipe"});
  CHECK(values(frames, "-select_streams") == Argv{"2"});
}

TEST_CASE("packet hashes are asked in the order of the indexes, without decoding", "[validate]") {
  const Argv argv = packet_hash_args("ffmpeg", "/a.mkv", ProbeDepth::normal, {3, 1});
  CHECK(values(argv, "-map") == Argv{"0:3", "0:1"});
  CHECK(values(argv, "-c") == Argv{"copy"});
  CHECK(place(argv, "-copyinkf") > place(argv, "-i"));
  CHECK(values(argv, "-f") == Argv{"streamhash"});
}

TEST_CASE("decoded hashes hold sound as 64-bit floats and pictures raw", "[validate]") {
  const MediaInfo media =
      test::media_of(Container::matroska, {test::h264_video(), test::audio(), test::audio()});
  const Argv argv = decoded_hash_args("ffmpeg", "/a.mkv", ProbeDepth::normal, media, {2, 0});
  CHECK(values(argv, "-c:0") == Argv{"pcm_f64le"});
  CHECK(values(argv, "-c:1") == Argv{"rawvideo"});
  CHECK(values(argv, "-fps_mode") == Argv{"passthrough"});
}

TEST_CASE("parse_hash_line reads position and hash", "[validate]") {
  const auto hash = parse_hash_line("1,a,MD5=d41d8cd98f00b204e9800998ecf8427e");
  REQUIRE(hash.has_value());
  CHECK(hash->first == 1);
  CHECK(hash->second == "d41d8cd98f00b204e9800998ecf8427e");
  for (const char* line : {"", "MD5=1", ",a,MD5=1", "a,a,MD5=1", "-1,a,MD5=1", "1 ,a,MD5=1", "1,a",
                           "1,a,SHA256=1", "99999999999999999999999,a,MD5=1"}) {
    INFO(line);
    CHECK_FALSE(parse_hash_line(line).has_value());
  }
  CHECK_PROPERTY([](const std::string& line) { (void)parse_hash_line(line); });
}

TEST_CASE("SubtitleText is about texts, not about numbers and times", "[validate]") {
  const std::string hash = hash_of({"1", "00:00:01,000 --> 00:00:02,000", "Hello", "you", ""});
  CHECK(hash == hash_of({"7", "00:00:01,040 --> 00:00:02,080", "Hello", "you", "", ""}));
  CHECK(hash != hash_of({"1", "00:00:01,000 --> 00:00:02,000", "Hello", "them", ""}));
  CHECK(hash != hash_of({"1", "00:00:01,000 --> 00:00:02,000", "you", "Hello", ""}));
  CHECK(hash != hash_of({"1", "00:00:01,000 --> 00:00:02,000", "Hello", ""}));
  CHECK(hash != hash_of({}));
}

// "1984" on a line of its own is a text when it follows the times.
TEST_CASE("SubtitleText sees a number that is a text", "[validate]") {
  CHECK(hash_of({"1", "00:00:01,000 --> 00:00:02,000", "1984", ""}) !=
        hash_of({"1", "00:00:01,000 --> 00:00:02,000", "1985", ""}));
}
