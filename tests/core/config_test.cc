// The configuration: what is accepted, and how each mistake is told.
#include "av1d/config.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;

namespace {

std::vector<ConfigMistake> mistakes_of(std::string_view toml) {
  auto result = parse_config(toml, "f.toml");
  return result ? std::vector<ConfigMistake>{} : std::move(result.error());
}

// The mistakes as they are printed, one a line.
std::string complaints(std::string_view toml) {
  std::string out;
  for (const auto& mistake : mistakes_of(toml)) out += mistake.to_string() + "\n";
  return out;
}

Config parsed(std::string_view toml) {
  INFO(complaints(toml));
  const auto result = parse_config(toml, "f.toml");
  REQUIRE(result);
  return *result;
}

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("an empty configuration is the defaults", "[config]") {
  CHECK(parsed("") == Config{});
  CHECK(parsed("# only a comment\n") == Config{});
  CHECK(parsed("\xef\xbb\xbfnice = 10\r\n") == Config{});
}

TEST_CASE("config.toml of the repository says every key with its default", "[config]") {
  const fs::path path = fs::path(AV1D_SOURCE_DIR) / "config.toml";
  const auto result = load_config(path);
  REQUIRE(result);
  Config expected;
  expected.library_roots = {"/media/movies", "/media/tv"};
  CHECK(*result == expected);
  // Each key stands there exactly once, in the order of config_keys().
  const std::string text = "\n" + test::read_file(path);
  std::size_t last = 0;
  for (const auto& key : config_keys()) {
    INFO(key);
    const std::size_t at = text.find("\n" + key + " = ");
    REQUIRE(at != std::string::npos);
    CHECK(text.find("\n" + key + " = ", at + 1) == std::string::npos);
    CHECK(at > last);
    last = at;
  }
}

TEST_CASE("each key is read into its place", "[config]") {
  const Config config = parsed(R"(
    library_roots = ["/m/a", '/m/b "c"']
    min_bytes = 0
    scan_interval_secs = 86_400
    stability_secs = 0
    extensions = ["mkv", "MKV", "mkv"]
    prefer_encoder = "rav1e"
    quality_tier = "high"
    max_size_ratio = 1
    min_xpsnr = 38.5
    xpsnr_windows = 12
    max_concurrent_jobs = 64
    order = "newest_first"
    quiet_hours = "22:00-08:00"
    pause_above_load = 2.5
    job_state_dir = "/j"
    temp_output_dir = "/t"
    keep_original = true
    keep_original_days = 30
    min_free_bytes = 1_000_000
    write_why_sidecars = false
    allow_owner_change = true
    skip_hardlinked = false
    drop_audio_languages = ["de", "GER"]
    drop_subtitle_languages = ["fra"]
    accept_loss = ["captions", "damaged_source", "captions"]
    deinterlace = "bwdif"
    film_grain = 50
    stall_timeout_secs = 10
    max_attempts = 100
    job_history_days = 365
    ffmpeg_path = "/opt/ffmpeg"
    ffprobe_path = "ffprobe9"
    nice = 19
    log_level = "trace"
  )");
  CHECK(config.library_roots == std::vector<fs::path>{"/m/a", "/m/b \"c\""});
  CHECK(config.min_bytes == 0);
  CHECK(config.scan_interval_secs == 86400);
  CHECK(config.stability_secs == 0);
  CHECK(config.extensions == std::vector<std::string>{"mkv", "MKV", "mkv"});
  CHECK(config.prefer_encoder == Encoder::rav1e);
  CHECK(config.quality_tier == QualityTier::high);
  CHECK(config.max_size_ratio == 1.0);
  CHECK(config.min_xpsnr == 38.5);
  CHECK(config.xpsnr_windows == 12);
  CHECK(config.max_concurrent_jobs == 64);
  CHECK(config.order == Order::newest_first);
  CHECK(config.quiet_hours == "22:00-08:00");
  CHECK(config.pause_above_load == 2.5);
  CHECK(config.job_history_days == 365);
  CHECK(config.job_state_dir == "/j");
  CHECK(config.temp_output_dir == "/t");
  CHECK(config.keep_original);
  CHECK(config.keep_original_days == 30);
  CHECK(config.min_free_bytes == 1'000'000);
  CHECK_FALSE(config.write_why_sidecars);
  CHECK(config.allow_owner_change);
  CHECK_FALSE(config.skip_hardlinked);
  CHECK(config.drop_audio_languages == std::vector<std::string>{"de", "GER"});
  CHECK(config.drop_subtitle_languages == std::vector<std::string>{"fra"});
  CHECK(config.accept_loss == std::set<Loss>{Loss::captions, Loss::damaged_source});
  CHECK(config.deinterlace == DeinterlaceMode::bwdif);
  CHECK(config.film_grain == 50);
  CHECK(config.stall_timeout_secs == 10);
  CHECK(config.max_attempts == 100);
  CHECK(config.ffmpeg_path == "/opt/ffmpeg");
  CHECK(config.ffprobe_path == "ffprobe9");
  CHECK(config.nice == 19);
  CHECK(config.log_level == LogLevel::trace);
}

TEST_CASE("parse_config refuses each value that is out of bounds, with one mistake", "[config]") {
  struct Case {
    std::string toml, expected;
  };
  const auto row = GENERATE(values<Case>({
      {"library_roots = [\"media\"]", "library_roots: must be an absolute path, is 'media'"},
      {"library_roots = [\"\"]", "library_roots: must be an absolute path, is ''"},
      {"library_roots = [\"~/tv\"]", "library_roots: must be an absolute path, is '~/tv'"},
      {"library_roots = [\"/a\\u0000b\"]", "library_roots: must not contain a NUL byte"},
      {"min_bytes = -1", "min_bytes: must be 0 or more, is -1"},
      {"order = \"biggest\"",
       "order: must be 'biggest_first', 'oldest_first', 'newest_first' or 'path', is 'biggest'"},
      {"quiet_hours = \"22-8\"",
       "quiet_hours: must be two different times such as '22:00-08:00', or empty, is '22-8'"},
      {"quiet_hours = \"08:00-08:00\"",
       "quiet_hours: must be two different times such as '22:00-08:00', or empty, is "
       "'08:00-08:00'"},
      {"pause_above_load = -1", "pause_above_load: must be 0 to 1000, is -1"},
      {"pause_above_load = nan", "pause_above_load: must be 0 to 1000, is nan"},
      {"job_history_days = -1", "job_history_days: must be 0 to 36500, is -1"},
      {"scan_interval_secs = 0", "scan_interval_secs: must be 1 to 86400, is 0"},
      {"scan_interval_secs = 86401", "scan_interval_secs: must be 1 to 86400, is 86401"},
      {"stability_secs = -1", "stability_secs: must be 0 to 86400, is -1"},
      {"stability_secs = 86401", "stability_secs: must be 0 to 86400, is 86401"},
      {"extensions = [\".mkv\"]",
       "extensions: must be written without its leading dot: 'mkv', is '.mkv'"},
      {"extensions = [\"\"]", "extensions: an extension must not be empty"},
      {"extensions = [\".\"]", "extensions: must not contain a dot or a slash, is '.'"},
      {"extensions = [\"a/b\"]", "extensions: must not contain a dot or a slash, is 'a/b'"},
      {"extensions = [\"tar.gz\"]", "extensions: must not contain a dot or a slash, is 'tar.gz'"},
      {"prefer_encoder = \"x264\"", "prefer_encoder: must be 'svt', 'aom' or 'rav1e', is 'x264'"},
      {"prefer_encoder = \"SVT\"", "prefer_encoder: must be 'svt', 'aom' or 'rav1e', is 'SVT'"},
      {"quality_tier = \"low\"", "quality_tier: must be 'high' or 'very_high', is 'low'"},
      {"xpsnr_windows = -1", "xpsnr_windows: must be 0 to 100, is -1"},
      {"xpsnr_windows = 101", "xpsnr_windows: must be 0 to 100, is 101"},
      {"min_xpsnr = -0.1", "min_xpsnr: must be 0 to 100, is -0.1"},
      {"min_xpsnr = 101", "min_xpsnr: must be 0 to 100, is 101"},
      {"min_xpsnr = nan", "min_xpsnr: must be 0 to 100, is nan"},
      {"max_size_ratio = 0", "max_size_ratio: must be above 0 and at most 1, is 0"},
      {"max_size_ratio = 0.0", "max_size_ratio: must be above 0 and at most 1, is 0"},
      {"max_size_ratio = -0.5", "max_size_ratio: must be above 0 and at most 1, is -0.5"},
      {"max_size_ratio = 1.01", "max_size_ratio: must be above 0 and at most 1, is 1.01"},
      {"max_size_ratio = 90", "max_size_ratio: must be above 0 and at most 1, is 90"},
      {"max_size_ratio = nan", "max_size_ratio: must be above 0 and at most 1, is nan"},
      {"max_size_ratio = inf", "max_size_ratio: must be above 0 and at most 1, is inf"},
      {"max_size_ratio = -inf", "max_size_ratio: must be above 0 and at most 1, is -inf"},
      {"max_concurrent_jobs = 0", "max_concurrent_jobs: must be 1 to 64, is 0"},
      {"max_concurrent_jobs = 65", "max_concurrent_jobs: must be 1 to 64, is 65"},
      {"max_concurrent_jobs = 4294967297", "max_concurrent_jobs: must be 1 to 64, is 4294967297"},
      {"job_state_dir = \"jobs\"", "job_state_dir: must be an absolute path, is 'jobs'"},
      {"temp_output_dir = \"./t\"", "temp_output_dir: must be an absolute path, is './t'"},
      {"drop_audio_languages = [\"english\"]",
       "drop_audio_languages: must be a language code of 2 or 3 letters, is 'english'"},
      {"drop_subtitle_languages = [\"e1\"]",
       "drop_subtitle_languages: must be a language code of 2 or 3 letters, is 'e1'"},
      {"drop_subtitle_languages = [\"\"]",
       "drop_subtitle_languages: must be a language code of 2 or 3 letters, is ''"},
      {"accept_loss = [\"all\"]",
       "accept_loss: must be 'dolby_vision', 'hdr10plus', 'captions', 'data_streams', 'chroma', "
       "'alpha', 'chapter_editions', 'subtitles' or 'damaged_source', is 'all'"},
      {"deinterlace = \"yadif\"", "deinterlace: must be 'skip', 'bwdif' or 'keep', is 'yadif'"},
      {"film_grain = -1", "film_grain: must be 0 to 50, is -1"},
      {"film_grain = 51", "film_grain: must be 0 to 50, is 51"},
      {"stall_timeout_secs = 9", "stall_timeout_secs: must be 10 to 86400, is 9"},
      {"stall_timeout_secs = 86401", "stall_timeout_secs: must be 10 to 86400, is 86401"},
      {"max_attempts = 0", "max_attempts: must be 1 to 100, is 0"},
      {"max_attempts = 101", "max_attempts: must be 1 to 100, is 101"},
      {"ffmpeg_path = \"\"", "ffmpeg_path: must not be empty"},
      {"ffprobe_path = \"\"", "ffprobe_path: must not be empty"},
      {"keep_original_days = -1", "keep_original_days: must be 0 to 36500, is -1"},
      {"min_free_bytes = -1", "min_free_bytes: must be 0 or more, is -1"},
      {"on_success = \"/bin/true\"", "on_success: expected a list of strings, got a string"},
      {"on_failure = [\"\"]", "on_failure: must not be empty"},
      {"on_skip = [\"b\\u0000\"]", "on_skip: must not contain a NUL byte"},
      {"hook_timeout_secs = 0", "hook_timeout_secs: must be 1 to 3600, is 0"},
      {"metrics_file = \"av1d.prom\"",
       "metrics_file: must be the absolute path of a file, or empty, is 'av1d.prom'"},
      {"metrics_file = \"/var/lib/\"",
       "metrics_file: must be the absolute path of a file, or empty, is '/var/lib/'"},
      {"nice = -1", "nice: must be 0 to 19, is -1"},
      {"nice = 20", "nice: must be 0 to 19, is 20"},
      {"log_level = \"verbose\"",
       "log_level: must be 'trace', 'debug', 'info', 'warn' or 'error', is 'verbose'"},
  }));
  const auto found = mistakes_of("# first line\n" + row.toml + "\n");
  REQUIRE(found.size() == 1);
  const bool in_list = row.toml.find('[') != std::string::npos;
  const std::size_t column = row.toml.find(in_list ? "[" : "=") + (in_list ? 2 : 3);
  CHECK(found.front().to_string() == "f.toml:2:" + std::to_string(column) + ": " + row.expected);
}

TEST_CASE("parse_config converts no value from another type", "[config]") {
  struct Case {
    std::string toml, expected;
  };
  const auto row = GENERATE(values<Case>({
      {"nice = \"10\"", "nice: expected an integer, got a string"},
      {"nice = 1.0", "nice: expected an integer, got a float"},
      {"nice = true", "nice: expected an integer, got true or false"},
      {"nice = [1]", "nice: expected an integer, got a list"},
      {"nice = {}", "nice: expected an integer, got a table"},
      {"[nice]", "nice: expected an integer, got a table"},
      {"min_bytes = 2026-01-01", "min_bytes: expected an integer, got a date"},
      {"min_bytes = 10:00:00", "min_bytes: expected an integer, got a time"},
      {"min_bytes = 2026-01-01T00:00:00Z", "min_bytes: expected an integer, got a date and time"},
      {"max_size_ratio = \"0.9\"", "max_size_ratio: expected a number, got a string"},
      {"min_xpsnr = \"40\"", "min_xpsnr: expected a number, got a string"},
      {"max_size_ratio = true", "max_size_ratio: expected a number, got true or false"},
      {"keep_original = 1", "keep_original: expected true or false, got an integer"},
      {"keep_original = \"true\"", "keep_original: expected true or false, got a string"},
      {"job_state_dir = 1", "job_state_dir: expected a string, got an integer"},
      {"log_level = 3", "log_level: expected a string, got an integer"},
      {"library_roots = \"/media\"", "library_roots: expected a list of strings, got a string"},
      {"accept_loss = \"alpha\"", "accept_loss: expected a list of strings, got a string"},
      {"accept_loss = [1]", "accept_loss: expected a string, got an integer"},
      {"extensions = [[\"mkv\"]]", "extensions: expected a string, got a list"},
  }));
  const auto found = mistakes_of(row.toml);
  REQUIRE(found.size() == 1);
  CHECK_THAT(found.front().to_string(), ContainsSubstring(": " + row.expected));
  CHECK(found.front().line == 1);
}

TEST_CASE("an unknown key names the nearest known one", "[config]") {
  CHECK(complaints("min_byte = 1\n") ==
        "f.toml:1:1: min_byte: unknown key (did you mean 'min_bytes'?)\n");
  CHECK(complaints("  log-level = 'info'\n") ==
        "f.toml:1:3: log-level: unknown key (did you mean 'log_level'?)\n");
  CHECK(complaints("library_root = []") ==
        "f.toml:1:1: library_root: unknown key (did you mean 'library_roots'?)\n");
  CHECK_THAT(complaints("ffpobe_path = 'x'"), ContainsSubstring("'ffprobe_path'"));
  CHECK_THAT(complaints("\"\" = 1"), ContainsSubstring("unknown key"));
  CHECK_THAT(complaints("\"a\\u001b[31m\" = 1"), ContainsSubstring(": a\\x1b[31m: unknown key"));
}

TEST_CASE("a section is a mistake that says where keys stand", "[config]") {
  const std::string what = "unknown section (all keys stand at the top level, without sections)\n";
  CHECK(complaints("[encoder]\nnice = 1\nfoo = 2\n") == "f.toml:1:2: encoder: " + what);
  CHECK(complaints("video.nice = 1\n") == "f.toml:1:1: video: " + what);
  CHECK(complaints("[[root]]\npath = '/a'\n") == "f.toml:1:3: root: " + what);
}

TEST_CASE("all mistakes come at once, in the order of the file", "[config]") {
  CHECK(complaints("nice = 99\n"
                   "extensions = [\".mkv\", 7, \"avi\"]\n"
                   "min_byte = 1\n"
                   "max_concurrent_jobs = 0\n"
                   "accept_loss = [\n  \"alpha\",\n  \"beta\",\n]\n") ==
        "f.toml:1:8: nice: must be 0 to 19, is 99\n"
        "f.toml:2:15: extensions: must be written without its leading dot: 'mkv', is '.mkv'\n"
        "f.toml:2:23: extensions: expected a string, got an integer\n"
        "f.toml:3:1: min_byte: unknown key (did you mean 'min_bytes'?)\n"
        "f.toml:4:23: max_concurrent_jobs: must be 1 to 64, is 0\n"
        "f.toml:7:3: accept_loss: must be 'dolby_vision', 'hdr10plus', 'captions', "
        "'data_streams', 'chroma', 'alpha', 'chapter_editions', 'subtitles' or "
        "'damaged_source', is 'beta'\n");
}

TEST_CASE("a limit for the quality needs a measurement", "[config]") {
  const std::string needs = "must be 1 or more where min_xpsnr asks for a figure, is 0\n";
  CHECK(complaints("min_xpsnr = 40\nxpsnr_windows = 0\n") ==
        "f.toml:2:17: xpsnr_windows: " + needs);
  CHECK(complaints("min_xpsnr = 0\nxpsnr_windows = 0\n").empty());
  CHECK(complaints("min_xpsnr = 40\n").empty());
}

TEST_CASE("the daemon's directories must differ and hold no library root", "[config]") {
  const std::string equal = "job_state_dir and temp_output_dir must be two different directories\n";
  CHECK(complaints("temp_output_dir = '/a/t'\njob_state_dir = '/a/./t/'\n") ==
        "f.toml:1:19: temp_output_dir: " + equal);
  CHECK(complaints("job_state_dir = '/var/lib/av1d/temp'\n") ==
        "f.toml:1:17: job_state_dir: " + equal);
  CHECK(complaints("library_roots = ['/m', '/var/lib/av1d/jobs/tv']\n") ==
        "f.toml:1:24: library_roots: '/var/lib/av1d/jobs/tv' lies in job_state_dir, which is "
        "never scanned\n");
  CHECK(complaints("library_roots = ['/m']\ntemp_output_dir = '/m'\n") ==
        "f.toml:1:18: library_roots: '/m' lies in temp_output_dir, which is never scanned\n");
  CHECK(complaints("job_state_dir = 1\ntemp_output_dir = '/var/lib/av1d/jobs'\n") ==
        "f.toml:1:17: job_state_dir: expected a string, got an integer\n");
  // The daemon's directories below a root are fine, and so are alike beginnings of names.
  CHECK(complaints("library_roots = ['/m', '/m/tem']\ntemp_output_dir = '/m/temp'\n").empty());
}

TEST_CASE("a syntax error is one mistake at its place", "[config]") {
  struct Case {
    std::string toml, beginning;
  };
  const auto row = GENERATE(values<Case>({
      {"nice = \n", "f.toml:1:8: "},
      {"nice = 1\nnice = 2\n", "f.toml:2:"},
      {"nice = 1\nlog_level = \"in", "f.toml:2:1"},
      {"nice 1\n", "f.toml:1:6: "},
      {"nice = 99999999999999999999\n", "f.toml:1:"},
      {"\x7f"
       "ELF\x02\x01",
       "f.toml:1:1: "},
      {"nice = 1\nlog_level = \"\xff\"\n", "f.toml:2:13: Encountered invalid utf-8 sequence"},
      {std::string("nice = 1\n\0nice = 2", 18), "f.toml:2:1: a NUL byte: not a text file"},
      {std::string("\0\0\0\x20"
                   "ftypisom",
                   12),
       "f.toml:1:1: a NUL byte: not a text file"},
      {"a" + repeat(".a", 100'000) + " = 1", "f.toml:1:2002: more than 1000 dots in one line"},
      {"a = " + repeat("[", 100'000), "f.toml:1:"},
  }));
  const auto found = mistakes_of(row.toml);
  REQUIRE(found.size() == 1);
  CHECK(found.front().key.empty());
  CHECK_FALSE(found.front().what.empty());
  const std::string line = found.front().to_string();
  INFO(line);
  CHECK(line.starts_with(row.beginning));
  CHECK(std::ranges::none_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
}

TEST_CASE("a syntax error says what owners forget", "[config]") {
  for (const char* text : {"quality_tier = very_high\n", "library_roots = /srv/films\n"}) {
    const auto found = mistakes_of(text);
    REQUIRE(found.size() == 1);
    INFO(found.front().what);
    CHECK(found.front().what.ends_with(R"((text stands in "quotes", a list in [brackets]))"));
  }
}

TEST_CASE("load_config reads a file and puts its name before each mistake", "[config]") {
  const test::TempDir dir;
  const auto good = test::write_file(dir / "good.toml", "nice = 5\n");
  const auto config = load_config(good);
  REQUIRE(config);
  CHECK(config->nice == 5);
  const auto bad = test::write_file(dir / "bad.toml", "nice = 50\n");
  const auto result = load_config(bad);
  REQUIRE_FALSE(result);
  CHECK(result.error().front().to_string() == bad.string() + ":1:8: nice: must be 0 to 19, is 50");
}

TEST_CASE("load_config tells a file that cannot be read in one mistake", "[config]") {
  const test::TempDir dir;
  const auto message = [](const fs::path& path) {
    const auto result = load_config(path);
    REQUIRE_FALSE(result);
    REQUIRE(result.error().size() == 1);
    CHECK(result.error().front().line == 0);
    return result.error().front().to_string();
  };
  CHECK(message(dir / "none") ==
        (dir / "none").string() + ": cannot open: No such file or directory");
  CHECK(message(dir.path()) == dir.path().string() + ": cannot read: Is a directory");
  const auto large = test::write_file(dir / "film.mkv", std::string(2 * 1024 * 1024, '#'));
  CHECK_THAT(message(large), ContainsSubstring("larger than 1.0 MiB"));
}

TEST_CASE("load_config tells a file that it may not read", "[config]") {
  if (::geteuid() == 0) AV1D_SKIP("root may read every file");
  const test::TempDir dir;
  const auto path = test::write_file(dir / "secret.toml", "");
  fs::permissions(path, fs::perms::none);
  const auto result = load_config(path);
  REQUIRE_FALSE(result);
  CHECK(result.error().front().to_string() == path.string() + ": cannot open: Permission denied");
}

TEST_CASE("parse_config refuses to scan the whole machine", "[config]") {
  for (const std::string root : {"/", "//", "/usr", "/usr/", "/proc", "/var/../etc"}) {
    const auto config = parse_config("library_roots = [\"" + root + "\"]\n", "c.toml");
    INFO(root);
    REQUIRE_FALSE(config);
    CHECK(config.error().front().to_string().find("is a system directory") != std::string::npos);
  }
  CHECK(parse_config("library_roots = [\"/var/media\", \"/run/media/me/disk\"]\n", "c.toml"));
}

TEST_CASE("a mistake's file name cannot harm the terminal", "[config]") {
  const ConfigMistake mistake{"/a\x1b[2J\n\xff.toml", 3, 4, "key", "what"};
  CHECK(mistake.to_string() == "/a\\x1b[2J\\x0a\\xff.toml:3:4: key: what");
}
