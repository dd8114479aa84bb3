// The startup checks, against a fake ffmpeg of every age.
#include "av1d/startup.h"

#include <cerrno>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/fake_runner.h"

using namespace av1d;
using test::exit_status;
using test::FakeRunner;

namespace {

std::string version_output(const std::string& program, const std::string& version,
                           const std::string& libavcodec) {
  return program + " version " + version +
         " Copyright (c) 2000-2026 the FFmpeg developers\n"
         "built with gcc 14 (Debian 14.2.0-19)\n"
         "configuration: --prefix=/usr --enable-libaom\n"
         "libavutil      61.  1.102 / 61.  1.102\n"
         "libavcodec     " +
         libavcodec + ".  1.102 / " + libavcodec +
         ".  1.102\n"
         "libavformat    63.  1.102 / 63.  1.102\n"
         "\n"
         "Exiting with exit code 0\n";
}

const std::string kLegend =
    "Encoders:\n"
    " V..... = Video\n"
    " A..... = Audio\n"
    " .....D = Supports direct rendering method 1\n"
    " ------\n";

const std::string kAllEncoders =
    kLegend +
    " V..... a64multi             Multicolor charset for Commodore 64 (codec a64_multi)\n"
    " V....D libaom-av1           libaom AV1 (codec av1)\n"
    " V....D librav1e             librav1e AV1 (codec av1)\n"
    " V..... libsvtav1            SVT-AV1(Scalable Video Technology for AV1) encoder (codec av1)\n"
    " V....D av1_nvenc            NVIDIA NVENC av1 encoder (codec av1)\n"
    " A....D aac                  AAC (Advanced Audio Coding)\n";

const std::string kHardwareOnly =
    kLegend +
    " V....D av1_nvenc            NVIDIA NVENC av1 encoder (codec av1)\n"
    " V....D libx264              not libsvtav1 (codec h264)\n";

const fs::path kPrivate = "/private/bin";

// A pair of programs whose names begin with `prefix`, of one version.
void install(FakeRunner& runner, const std::string& prefix, const std::string& version,
             const std::string& libavcodec = "63", const std::string& encoders = kAllEncoders) {
  for (const std::string program : {"ffmpeg", "ffprobe"}) {
    runner.when(prefix + program + " -version",
                {.out = version_output(program, version, libavcodec)});
  }
  runner.when(prefix + "ffmpeg -hide_banner", {.out = encoders});
}

void make_missing(FakeRunner& runner, const std::string& prefix) {
  runner.when(prefix,
              {.error = Error{"cannot run '" + prefix + "': No such file or directory", ENOENT}});
}

std::string error_of(FakeRunner& runner, const Config& config = {}) {
  const auto found = find_toolchain(config, runner, kPrivate);
  REQUIRE_FALSE(found);
  CHECK(found.error().message.find('\n') == std::string::npos);
  return found.error().message;
}

}  // namespace

TEST_CASE("parse_version reads releases, distributions and git builds", "[startup]") {
  struct Case {
    std::string text, libavcodec;
    int major, minor;
    bool new_enough;
  };
  const auto row = GENERATE(values<Case>({
      {"8.0", "62", 8, 0, true},
      {"8.0.1", "62", 8, 0, true},
      {"8.0.1-3", "62", 8, 0, true},
      {"9.0.2-4", "63", 9, 0, true},
      {"10.1", "64", 10, 1, true},
      {"8.1-0+deb14u1", "62", 8, 1, true},
      {"8.0~rc1", "62", 8, 0, true},
      {"8.0.1+dfsg-2", "62", 8, 0, true},
      {"n8.0", "62", 8, 0, true},
      {"n8.0-16-gabcdef0123", "62", 8, 0, true},
      {"n7.1.1", "61", 7, 1, false},
      {"7.1", "61", 7, 1, false},
      {"7.1.2-0+deb13u1", "61", 7, 1, false},
      {"5.1.6-0+deb12u1", "59", 5, 1, false},
      {"4.4.2-0ubuntu0.22.04.1", "58", 4, 4, false},
      {"N-120000-gabcdef0123", "62", 0, 0, true},
      {"N-110000-gabcdef0123", "60", 0, 0, false},
      {"git-2025-09-01-abcdef", "62", 0, 0, true},
      {"2025-08-25-git-1b62f9d3ae-full_build-www.gyan.dev", "62", 0, 0, true},
      {"2024-08-25-git-1b62f9d3ae", "61", 0, 0, false},
      {"8.0.git", "63", 0, 0, true},
      {"99999999999999999999.0", "61", 0, 0, false},
  }));
  INFO(row.text);
  const std::string program = GENERATE("ffmpeg", "ffprobe");
  const auto version = parse_version(version_output(program, row.text, row.libavcodec));
  REQUIRE(version);
  CHECK(version->text == row.text);
  CHECK(version->major == row.major);
  CHECK(version->minor == row.minor);
  CHECK(version->libavcodec == std::stoi(row.libavcodec));
  CHECK(version->new_enough() == row.new_enough);
}

TEST_CASE("parse_version refuses what is not FFmpeg's answer", "[startup]") {
  const std::string output = GENERATE("", "\n", "ffmpeg", "ffmpeg version", "ffmpeg version \nx",
                                      "avconv version 8.0\n", "usage: ffmpeg version 9.0\n");
  INFO(output);
  CHECK_FALSE(parse_version(output));
}

TEST_CASE("a git build that does not tell its libavcodec is not new enough", "[startup]") {
  const auto version = parse_version("ffmpeg version N-1-gabc Copyright\n");
  REQUIRE(version);
  CHECK(version->libavcodec == 0);
  CHECK_FALSE(version->new_enough());
}

TEST_CASE("parse_version takes any text without harm", "[startup]") {
  CHECK_PROPERTY([](const std::string& text) {
    const auto version = parse_version("ffmpeg version " + text);
    RC_ASSERT((!version || !version->text.empty()));
    (void)parse_version(text);
    (void)parse_encoders(" ------\n" + text);
  });
}

TEST_CASE("parse_encoders finds the three software encoders in its own order", "[startup]") {
  CHECK(parse_encoders(kAllEncoders) ==
        std::vector<Encoder>{Encoder::svt, Encoder::aom, Encoder::rav1e});
  CHECK(parse_encoders(kLegend + " V....D librav1e             librav1e AV1 (codec av1)\n") ==
        std::vector<Encoder>{Encoder::rav1e});
  CHECK(parse_encoders(kHardwareOnly).empty());
  CHECK(parse_encoders("").empty());
}

TEST_CASE("choose_encoder falls back in the order svt, aom, rav1e", "[startup]") {
  using enum Encoder;
  CHECK(choose_encoder(rav1e, {svt, aom, rav1e}) == rav1e);
  CHECK(choose_encoder(svt, {aom, rav1e}) == aom);
  CHECK(choose_encoder(aom, {svt, rav1e}) == svt);
  CHECK(choose_encoder(aom, {rav1e}) == rav1e);
  CHECK(choose_encoder(rav1e, {aom, svt}) == svt);
}

TEST_CASE("find_toolchain takes PATH's programs where they are new enough", "[startup]") {
  struct Case {
    std::string version, libavcodec;
  };
  const auto row = GENERATE(
      values<Case>({{"8.0", "62"}, {"9.0.2-4", "63"}, {"n8.0", "62"}, {"N-120000-gabcdef", "62"}}));
  INFO(row.version);
  FakeRunner runner;
  make_missing(runner, "/private/");
  install(runner, "", row.version, row.libavcodec);
  const auto found = find_toolchain({}, runner, kPrivate);
  REQUIRE(found);
  CHECK(found->ffmpeg == "ffmpeg");
  CHECK(found->ffprobe == "ffprobe");
  CHECK(found->version.text == row.version);
  CHECK(found->encoders.size() == 3);
  CHECK(runner.count("/private/") == 0);
  CHECK(runner.commands().front() == std::vector<std::string>{"ffmpeg", "-version"});
}

TEST_CASE("find_toolchain takes the private FFmpeg where PATH's is old, missing or broken",
          "[startup]") {
  const std::string path = GENERATE("old", "missing", "crashes", "foreign");
  INFO(path);
  FakeRunner runner;
  install(runner, "/private/bin/", "9.0.2-4");
  if (path == "old") install(runner, "", "7.1.2-0+deb13u1", "61");
  if (path == "crashes") runner.when("-version", {.exit = exit_status(127)});
  if (path == "foreign") runner.when("-version", {.out = "hello\n"});
  const auto found = find_toolchain({}, runner, kPrivate);
  REQUIRE(found);
  CHECK(found->ffmpeg == "/private/bin/ffmpeg");
  CHECK(found->ffprobe == "/private/bin/ffprobe");
  CHECK(found->version.major == 9);
  CHECK(runner.count("/private/bin/ffmpeg -hide_banner -v quiet -encoders") == 1);
}

TEST_CASE("find_toolchain judges each program by itself", "[startup]") {
  FakeRunner runner;
  install(runner, "/private/bin/", "9.0.2-4");
  runner.when("ffmpeg -version", {.out = version_output("ffmpeg", "7.1", "61")});
  runner.when("ffprobe -version", {.out = version_output("ffprobe", "8.0", "62")});
  const auto found = find_toolchain({}, runner, kPrivate);
  REQUIRE(found);
  CHECK(found->ffmpeg == "/private/bin/ffmpeg");
  CHECK(found->ffprobe == "ffprobe");
}

TEST_CASE("find_toolchain says what is too old, what is needed and how to get it", "[startup]") {
  FakeRunner runner;
  make_missing(runner, "/private/bin/ffmpeg");
  install(runner, "", "7.1", "61");
  CHECK(error_of(runner) ==
        "'ffmpeg' is version 7.1, and cannot run '/private/bin/ffmpeg': No such file or "
        "directory; FFmpeg >= 8.0 is needed: install Debian testing's ffmpeg package, or run "
        "av1d-install-ffmpeg (in the source tree: packaging/ffmpeg/install.sh)");
}

TEST_CASE("find_toolchain names a git build's libavcodec where it is too old", "[startup]") {
  FakeRunner runner;
  make_missing(runner, "/private/");
  install(runner, "", "N-110000-gabc", "60");
  CHECK_THAT(error_of(runner),
             ContainsSubstring("'ffmpeg' is version N-110000-gabc (libavcodec 60)"));
}

TEST_CASE("find_toolchain says that nothing is there", "[startup]") {
  FakeRunner runner;
  const std::string message = error_of(runner);
  CHECK_THAT(message, ContainsSubstring("cannot run 'ffmpeg': No such file or directory"));
  CHECK_THAT(message, ContainsSubstring("cannot run '/private/bin/ffmpeg'"));
  CHECK_THAT(message, ContainsSubstring(">= 8.0 is needed"));
  CHECK_THAT(message, ContainsSubstring("Debian testing"));
  CHECK_THAT(message, ContainsSubstring("packaging/ffmpeg/install.sh"));
}

TEST_CASE("find_toolchain notices an ffprobe that is missing or old", "[startup]") {
  FakeRunner runner;
  runner.when("ffmpeg -version", {.out = version_output("ffmpeg", "8.0", "62")});
  SECTION("missing") {
    CHECK_THAT(error_of(runner), ContainsSubstring("cannot run 'ffprobe'"));
  }
  SECTION("old") {
    runner.once("ffprobe -version", {.out = version_output("ffprobe", "5.1.6", "59")});
    CHECK_THAT(error_of(runner), ContainsSubstring("'ffprobe' is version 5.1.6"));
  }
}

TEST_CASE("find_toolchain takes a path at its word and tries nothing else", "[startup]") {
  const std::string path = GENERATE("/opt/ff/ffmpeg", "ff/ffmpeg");
  Config config;
  config.ffmpeg_path = path;
  FakeRunner runner;
  install(runner, "/private/bin/", "9.0.2-4");
  runner.when(path + " -version", {.out = version_output("ffmpeg", "7.1", "61")});
  CHECK(error_of(runner, config).starts_with("ffmpeg_path: '" + path + "' is version 7.1; "));
  CHECK(runner.count("/private/") == 0);
}

TEST_CASE("find_toolchain uses absolute paths that are good", "[startup]") {
  Config config;
  config.ffmpeg_path = "/opt/ff/ffmpeg";
  config.ffprobe_path = "/opt/ff/ffprobe";
  FakeRunner runner;
  install(runner, "/opt/ff/", "8.1");
  const auto found = find_toolchain(config, runner, kPrivate);
  REQUIRE(found);
  CHECK(found->ffmpeg == "/opt/ff/ffmpeg");
  CHECK(found->ffprobe == "/opt/ff/ffprobe");
}

TEST_CASE("find_toolchain names the three encoders where ffmpeg has none", "[startup]") {
  FakeRunner runner;
  install(runner, "", "8.0.1-3", "62", kHardwareOnly);
  const std::string message = error_of(runner);
  CHECK_THAT(message, ContainsSubstring("'ffmpeg' (version 8.0.1-3) has no AV1 encoder"));
  for (const std::string name : {"libsvtav1", "libaom-av1", "librav1e", "Debian testing",
                                 "packaging/ffmpeg/install.sh", "/private/bin/ffmpeg"}) {
    CHECK_THAT(message, ContainsSubstring(name));
  }
}

TEST_CASE("find_toolchain says how a program failed", "[startup]") {
  FakeRunner runner;
  Config config;
  config.ffmpeg_path = "/opt/ffmpeg";
  RunExit exit = exit_status(-1);
  SECTION("by its status and its last words") {
    exit.status = 127;
    runner.when("-version", {.err = "hm\nlibx.so: cannot open shared object file\n", .exit = exit});
    CHECK_THAT(error_of(runner, config),
               ContainsSubstring("ffmpeg_path: cannot use '/opt/ffmpeg': exit status 127 (libx.so: "
                                 "cannot open shared object file); FFmpeg >= 8.0 is needed"));
  }
  SECTION("by a signal") {
    exit.signal = 11;
    runner.when("-version", {.exit = exit});
    CHECK_THAT(error_of(runner, config), ContainsSubstring("killed by signal 11"));
  }
  SECTION("by silence") {
    exit.timed_out = true;
    runner.when("-version", {.exit = exit});
    const std::string message = error_of(runner, config);
    CHECK_THAT(message, ContainsSubstring("ffmpeg_path: cannot use '/opt/ffmpeg': timed out"));
    CHECK_THAT(message, ContainsSubstring("overloaded"));
    CHECK(message.find("8.0") == std::string::npos);  // no other FFmpeg would be quicker
  }
  SECTION("by an answer of another program, escape sequences and all") {
    runner.when("-version", {.out = "ffmpeg version \x1b[31m7 Copyright\n"});
    const std::string message = error_of(runner, config);
    CHECK_THAT(message, ContainsSubstring("is version \\x1b[31m7 (libavcodec unknown)"));
    CHECK(message.find('\x1b') == std::string::npos);
  }
}
