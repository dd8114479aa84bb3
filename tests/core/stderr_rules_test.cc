// Lines as FFmpeg 9 and SVT-AV1 printed them, with their addresses shortened.
#include "av1d/stderr_rules.h"

#include "support/catch.h"

namespace av1d {

namespace {

constexpr StderrContext kTransport{.transport_stream = true};

}  // namespace

TEST_CASE("judge_line takes an error or fatal line as damage", "[stderr]") {
  const auto line = GENERATE(
      as<std::string>{}, "[h264 @ 0x55] [error] error while decoding MB 12 3, bytestream -7",
      "[in#0/matroska,webm @ 0x55] [error] File ended prematurely",
      "[in#0/matroska,webm @ 0x55] [error] 0x00 at pos 160089 (0x27159) invalid as first byte of "
      "an "
      "EBML number",
      "[mpeg1video @ 0x55] [error] ac-tex damaged at 7 3", "[mpeg4 @ 0x55] [error] Error at MB: 97",
      "[hevc @ 0x55] [error] The cu_qp_delta 31 is outside the valid range [-26, 25].",
      "[hevc @ 0x55] [error] Invalid value for log2_min_tb_size",
      "[vist#0:0/h264 @ 0x55] [dec:h264 @ 0x56] [error] Error submitting packet to decoder: "
      "Invalid "
      "data found when processing input",
      "[in#0 @ 0x55] [error] moov atom not found",
      "[fatal] Error opening input files: Invalid data found when processing input",
      "[panic] something", "[error]", "[error] Error while filtering: Cannot allocate memory",
      "Svt[error]: Instance 1: The width must be at least 4");
  CAPTURE(line);
  CHECK(judge_line(line) == LineKind::damage);
  CHECK(judge_line(line) == judge_line(line, {}));
}

TEST_CASE("judge_line takes warnings and lines without a level as noise", "[stderr]") {
  const auto line =
      GENERATE(as<std::string>{}, "", "[", "[]", "[h264 @ 0x55]", "[h264 @ 0x55] ", "plain text",
               "[in#0/mpegts @ 0x55] [warning] Packet corrupt (stream = 0, dts = 410400).",
               "To ignore this, add a trailing '?' to the map.", "[info] [error] in a title",
               "[warning] title: [error] told by a tag", " [error] not at the front",
               "Svt[info]: SVT [version]: SVT-AV1 Encoder Lib 4.2.0", "Svt[", "Svt[error",
               "Svt[warn]: Non-RTC M10+ are meant for automation tooling usage.",
               "Svt[warn]: Failed to set thread priority: Invalid argument");
  CAPTURE(line);
  CHECK(judge_line(line) == LineKind::noise);
}

TEST_CASE("judge_line knows the errors that mean nothing", "[stderr]") {
  const auto line = GENERATE(
      as<std::string>{}, "[h264 @ 0x55556d453d00] [error] mmco: unref short failure",
      "[mp4 @ 0x55] [error] Valid timecode frame rate must be specified. Minimum value is 1",
      "[null @ 0x55] [error] Application provided invalid, non monotonically increasing dts to "
      "muxer "
      "in stream 0: 9 >= 9",
      "Svt[error]: Failed to set thread priority: Invalid argument");
  CAPTURE(line);
  CHECK(judge_line(line) == LineKind::harmless);
}

TEST_CASE("judge_line does not let a file's name or another component excuse an error",
          "[stderr]") {
  const auto line = GENERATE(
      as<std::string>{}, "[error] Error opening input file file:/m/mmco: unref short failure.mkv.",
      "[error] mmco: unref short failure",
      "[matroska @ 0x55] [error] Application provided invalid, non monotonically increasing dts to "
      "muxer in stream 0: 9 >= 9",
      "[error] file:/m/Error parsing option.mkv: Input/output error");
  CAPTURE(line);
  CHECK(judge_line(line) == LineKind::damage);
}

TEST_CASE("judge_line names a command that was not obeyed, whatever the level", "[stderr]") {
  const auto line = GENERATE(
      as<std::string>{}, "[libsvtav1 @ 0x55] [warning] Error parsing option foo: 1.",
      "[error] Error parsing options for output file -.",
      "[out#0/null @ 0x55] [warning] Codec AVOption crf (Select the quality) has not been used for "
      "any stream. The most likely reason is either wrong type",
      "[librav1e @ 0x55] [warning] Invalid value for foo: 1.",
      "[warning] Multiple -codec/-c/-acodec options specified for stream 0, only the last option "
      "'-codec:v libsvtav1' will be used.");
  CAPTURE(line);
  CHECK(judge_line(line) == LineKind::misuse);
  CHECK(judge_line(line, kTransport) == LineKind::misuse);
}

TEST_CASE("judge_line names a film that changes in its middle", "[stderr]") {
  const auto stream = GENERATE(
      as<std::string>{},
      "[in#0/mpeg @ 0x55] [warning] New subtitle stream with index 3 at pos:24836110 and DTS:30.1s",
      "[in#0/mpegts @ 0x55] [info] New data stream with index 4 at pos:5 and DTS:1s");
  CHECK(judge_line(stream) == LineKind::late_stream);
  const std::string frame =
      "[vf#0:0 @ 0x55] [warning] Avoiding reinit; dropping frame pts: 172800 bound for svt:default";
  CHECK(judge_line(frame) == LineKind::other_frame);
  StderrJudge judge;
  judge.add(stream);
  judge.add(frame);
  CHECK(judge.misuse_lines() == 2);
  CHECK(judge.first_misuse() == stream);
}

TEST_CASE("judge_line excuses missing references at the start of a transport stream alone",
          "[stderr]") {
  const auto line = GENERATE(
      as<std::string>{}, "[h264 @ 0x55] [error] non-existing PPS 0 referenced",
      "[h264 @ 0x55] [error] sps_id 3 out of range", "[h264 @ 0x55] [error] no frame!",
      "[h264 @ 0x55] [error] decode_slice_header error",
      "[h264 @ 0x55] [error] Missing reference picture, default is 0",
      "[h264 @ 0x55] [error] co located POCs unavailable",
      "[hevc @ 0x55] [error] PPS id out of range: 0",
      "[hevc @ 0x55] [error] Could not find ref with POC 12",
      "[hevc @ 0x55] [error] Error constructing the frame RPS.",
      "[hevc @ 0x55] [error] First slice in a frame missing.",
      "[mpeg2video @ 0x55] [error] Invalid frame dimensions 0x0.",
      "[mp2 @ 0x55] [error] Header missing",
      "[aist#0:1/mp2 @ 0x55] [dec:mp2 @ 0x56] [error] Error submitting packet to decoder: Invalid "
      "data found when processing input");
  CAPTURE(line);
  CHECK(judge_line(line) == LineKind::damage);
  CHECK(judge_line(line, kTransport) == LineKind::harmless);

  StderrJudge judge(kTransport);
  CHECK(judge.add(line) == LineKind::harmless);
  judge.first_frame_decoded();
  CHECK(judge.add(line) == LineKind::damage);
  CHECK(judge.first_damage() == line);
}

TEST_CASE("StderrJudge excuses no more lines than undecodable packets can give", "[stderr]") {
  const std::string line = "[h264 @ 0x55] [error] co located POCs unavailable";
  MediaInfo media;
  media.container = Container::mpegts;
  media.packets.resize(2);
  media.packets[0].leading = 2;
  StderrJudge judge(stderr_context(media));
  for (int i = 0; i < 2 * 8 + 16; ++i) CHECK(judge.add(line) == LineKind::harmless);
  CHECK(judge.add(line) == LineKind::damage);
  media.container = Container::matroska;
  CHECK(StderrJudge(stderr_context(media)).add(line) == LineKind::damage);
}

TEST_CASE("judge_line does not excuse damaged pictures at the start of a transport stream",
          "[stderr]") {
  const auto line = GENERATE(as<std::string>{},
                             "[h264 @ 0x55] [error] error while decoding MB 12 3, bytestream -7",
                             "[mpeg2video @ 0x55] [error] ac-tex damaged at 7 3",
                             "[mpeg2video @ 0x55] [error] Warning MVs not available",
                             "[in#0/mpegts @ 0x55] [error] max resync size reached, could not find "
                             "sync byte");
  CAPTURE(line);
  CHECK(judge_line(line, kTransport) == LineKind::damage);
}

TEST_CASE("StderrJudge counts damage and misuse and keeps the first line of each", "[stderr]") {
  StderrJudge judge;
  CHECK(judge.add("[warning] a") == LineKind::noise);
  CHECK(judge.add("[h264 @ 0x55] [error] mmco: unref short failure") == LineKind::harmless);
  CHECK(judge.damage_lines() == 0);
  CHECK(judge.first_damage().empty());
  judge.add("[error] first");
  judge.add("[error] second");
  judge.add("[libsvtav1 @ 0x55] [warning] Error parsing option foo: 1.");
  judge.add("[libsvtav1 @ 0x55] [warning] Error parsing option bar: 1.");
  CHECK(judge.damage_lines() == 2);
  CHECK(judge.first_damage() == "[error] first");
  CHECK(judge.misuse_lines() == 2);
  CHECK(judge.first_misuse() == "[libsvtav1 @ 0x55] [warning] Error parsing option foo: 1.");
  CHECK_FALSE(judge.disk_full());
}

TEST_CASE("StderrJudge tells a full disk from a damaged source", "[stderr]") {
  StderrJudge judge;
  judge.add("[warning] title: No space left on device");
  CHECK_FALSE(judge.disk_full());
  judge.add(
      "[vost#0:0/libsvtav1 @ 0x55] [error] Error submitting a packet to the muxer: No space left "
      "on device");
  CHECK(judge.disk_full());
}

TEST_CASE("StderrJudge keeps no more than a KiB of a line", "[stderr]") {
  StderrJudge judge;
  judge.add("[error] " + std::string(65536, 'x'));
  CHECK(judge.first_damage().size() == 1024);
}

// One bit of a film was flipped (make-hostile.sh, flip-1.mkv): no error line, only this warning.
TEST_CASE("judge_line takes a frame that its decoder calls corrupt for damage", "[stderr]") {
  const std::string line =
      "[vist#0:0/h264 @ 0x5555778de340] [dec:h264 @ 0x55557794da40] [warning] corrupt decoded "
      "frame";
  CHECK(judge_line(line) == LineKind::damage);
  CHECK(judge_line(line, {.transport_stream = true}) == LineKind::harmless);
}

TEST_CASE("refused_format names the demuxer that the whitelist kept from a file", "[stderr]") {
  const std::string refusal =
      "[rm @ 0x55558bc25c00] [error] Format not on whitelist 'matroska,webm,mov,mp4'";
  CHECK(refused_format({refusal, "[error] file:/films/a.mp4: Invalid argument"}) == "rm");
  CHECK(refused_format({"[error] file:/films/a.mp4: Invalid argument"}).empty());
  CHECK(refused_format({}).empty());
}

TEST_CASE("judge_line takes any bytes", "[stderr]") {
  CHECK_PROPERTY([](const std::string& text) {
    RC_ASSERT(judge_line("[error] " + text, kTransport) != LineKind::noise);
    RC_ASSERT(judge_line("[info] [error] " + text) == LineKind::noise);
    judge_line(text);
    judge_line("[" + text);
    judge_line("Svt[" + text);
  });
}

}  // namespace av1d
