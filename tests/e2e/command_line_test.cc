// The command line and the exit statuses that a script relies on.
#include <regex>

#include "e2e/library.h"

namespace av1d::test {

namespace {

Finished plain(const Words& words) {
  return run(Words{program()} + words, {{}, {{"AV1D_LOG", ""}}});
}

// A version answer of some other FFmpeg; everything else is the real one's.
std::string of_version(const std::string& version) {
  return "case \"$*\" in -version) echo '" + version + "'; exit 0;; esac\nexec @ffmpeg@ \"$@\"\n";
}

}  // namespace

TEST_CASE("av1d --version and --help answer on standard output", "[e2e]") {
  const Finished version = plain({"--version"});
  CHECK(version.status == 0);
  CHECK(std::regex_match(version.out, std::regex("av1d \\d+\\.\\d+\\.\\d+\n")));
  const Finished help = plain({"--help"});
  CHECK(help.status == 0);
  for (const auto* option :
       {"--config", "--once", "--dry-run", "--explain", "--check-config", "--version", "--help"}) {
    CHECK_THAT(help.out, ContainsSubstring(option));
  }
  CHECK(help.err.empty());
}

TEST_CASE("a wrong command line is refused with status 64", "[e2e]") {
  const Words words = GENERATE(Words{"--onse"}, Words{"--once", "--check-config"},
                               Words{"film.mkv"}, Words{"--config"}, Words{"--explain"});
  CAPTURE(words);
  const Finished refused = plain(words);
  CHECK(refused.status == 64);
  CHECK(refused.out.empty());
  CHECK(refused.err.starts_with("av1d: "));
}

TEST_CASE("a configuration file that is named must be there", "[e2e]") {
  const TempDir directory;
  const std::string file = directory / "none.toml";
  for (const auto* mode : {"--once", "--check-config", "--dry-run"}) {
    const Finished refused = plain({"--config", file, mode});
    CHECK(refused.status == 78);
    CHECK_THAT(refused.err, ContainsSubstring(file));
    CHECK_THAT(refused.err, ContainsSubstring("No such file or directory"));
    CHECK(lines_of(refused.err).size() == 1);
  }
}

TEST_CASE("every mistake of a configuration is one line with its place", "[e2e]") {
  const TempDir directory;
  const fs::path file = write_file(directory / "config.toml",
                                   "library_roots = [\"relative\"]\n"
                                   "min_bytes = -1\n"
                                   "max_size_ratio = 1.5\n"
                                   "  nice = 20\n"
                                   "prefer_encoder = \"x265\"\n"
                                   "max_conccurrent_jobs = 2\n"
                                   "accept_loss = [\"captions\", \"sound\"]\n");
  const Finished refused = plain({"--config", file, "--once"});
  CHECK(refused.status == 78);
  const Words lines = lines_of(refused.err);
  const Words starts = {
      ":1:18: library_roots: ", ":2:13: min_bytes: ",      ":3:18: max_size_ratio: ",
      ":4:10: nice: ",          ":5:18: prefer_encoder: ", ":6:1: max_conccurrent_jobs: ",
      ":7:28: accept_loss: "};
  CAPTURE(refused.err);
  REQUIRE(lines.size() == starts.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    INFO(lines[i]);
    CHECK(lines[i].starts_with(file.string() + starts[i]));
  }
  CHECK_THAT(lines[5], ContainsSubstring("max_concurrent_jobs"));
}

TEST_CASE("a configuration that is no TOML is refused with the place", "[e2e]") {
  const TempDir directory;
  const fs::path file = write_file(directory / "config.toml", "min_bytes = 1\nnice = = 3\n");
  const Finished refused = plain({"--config", file, "--check-config"});
  CHECK(refused.status == 78);
  CHECK(refused.err.starts_with(file.string() + ":2:"));
}

TEST_CASE("av1d --check-config prints a configuration that reads back the same", "[e2e]") {
  const Library library;
  const Finished first = library.av1d({"--check-config"});
  CHECK(first.status == 0);
  CHECK(first.err.empty());
  const fs::path copy = write_file(library.home() / "copy.toml", first.out);
  const Finished second = plain({"--config", copy, "--check-config"});
  CHECK(second.status == 0);
  CHECK(second.out == first.out);
  const ConfigResult read_back = parse_config(first.out, "copy");
  REQUIRE(read_back.has_value());
  CHECK(*read_back == library.config);
  CHECK_FALSE(fs::exists(library.state()));
}

TEST_CASE("no library at all is a mistake of the configuration", "[e2e]") {
  Library library;
  library.config.library_roots.clear();
  for (const auto* mode : {"--once", "--dry-run", "--check-config"}) {
    const Finished refused = library.av1d({mode});
    CHECK(refused.status == 78);
    CHECK_THAT(refused.err, ContainsSubstring("library_roots: is empty"));
  }
  CHECK_THAT(library.av1d({"--check-config"}).out, ContainsSubstring("library_roots = []\n"));
}

TEST_CASE("a pass over libraries of which none is there says so by its status", "[e2e]") {
  Library library;
  library.config.library_roots = {library.home() / "unplugged", library.home() / "unmounted"};
  for (const auto* mode : {"--once", "--dry-run"}) {
    const Finished refused = library.av1d({mode});
    CHECK(refused.status == 66);
    CHECK_THAT(refused.err, ContainsSubstring("unplugged' is not there, nor is any other"));
    CHECK_FALSE(fs::exists(library.state()));
  }
  CHECK(library.av1d({"--check-config"}).status == 0);
}

TEST_CASE("a library that is not there is a warning and is never made", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path film = library.add("film.mkv", short_clip());
  library.config.library_roots.push_back(library.home() / "unplugged");
  const Finished look = library.av1d({"--dry-run"});
  CHECK(look.status == 0);
  CHECK_THAT(look.err, ContainsSubstring("unplugged"));
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  CHECK_THAT(pass.err, ContainsSubstring("unplugged"));
  CHECK_FALSE(fs::exists(library.home() / "unplugged"));
  CHECK(is_av1(film));
}

TEST_CASE("an FFmpeg that is of no use is refused with status 69 in one line", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  std::string found;
  SECTION("missing") {
    library.config.ffmpeg_path = found = "/nowhere/ffmpeg";
  }
  SECTION("ffprobe missing") {
    library.config.ffprobe_path = found = "/nowhere/ffprobe";
  }
  SECTION("too old") {
    library.config.ffmpeg_path = library.script(
        "ffmpeg", of_version("ffmpeg version 7.1.1-1+b1 Copyright (c) 2000-2025 the FFmpeg"));
    found = "7.1.1";
  }
  SECTION("not FFmpeg") {
    library.config.ffmpeg_path = found = "/bin/true";
  }
  SECTION("without an AV1 encoder") {
    library.config.ffmpeg_path =
        library.script("ffmpeg",
                       "case \"$*\" in *-encoders*) @ffmpeg@ \"$@\" | grep -v AV1; exit 0;; esac\n"
                       "exec @ffmpeg@ \"$@\"\n");
    found = "libsvtav1";
  }
  library.add("film.mkv", short_clip());
  const Finished refused = library.once();
  CAPTURE(refused.err);
  CHECK(refused.status == 69);
  CHECK(lines_of(refused.err).size() == 1);
  CHECK_THAT(refused.err, ContainsSubstring(found));
  CHECK_THAT(refused.err, ContainsSubstring("install"));
  CHECK(read_file(library / "film.mkv") == read_file(short_clip()));
}

TEST_CASE("a git build and a distribution's FFmpeg 8 are welcome", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const std::string version =
      GENERATE("ffmpeg version 8.0.1-3ubuntu2 Copyright",
               "ffmpeg version N-120512-gabcdef1234 Copyright\nlibavcodec     62. 11.100");
  Library library;
  library.config.ffmpeg_path = library.script("ffmpeg", of_version(version));
  CHECK(library.once().status == 0);
}

TEST_CASE("a directory that cannot be made is status 73", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path film = library.add("film.mkv", short_clip());
  write_file(library.home() / "file", "");
  auto& directory =
      GENERATE(true, false) ? library.config.job_state_dir : library.config.temp_output_dir;
  directory = library.home() / "file/below";
  const Finished refused = library.once();
  CAPTURE(refused.err);
  CHECK(refused.status == 73);
  CHECK_THAT(refused.err, ContainsSubstring("cannot create '" + directory.string() + "'"));
  CHECK(read_file(film) == read_file(short_clip()));
}

TEST_CASE("a second av1d on one job_state_dir is refused with status 75", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.scan_interval_secs = 86400;
  Child first(library.command({}), library.surroundings());
  REQUIRE(eventually([&] { return first.err().find("scan: ") != std::string::npos; },
                     std::chrono::seconds(20)));
  const Finished second = library.once();
  CAPTURE(second.err);
  CHECK(second.status == 75);
  CHECK(lines_of(second.err).size() == 1);
  // Those that only look take no lock.
  CHECK(library.av1d({"--dry-run"}).status == 0);
  first.kill(SIGTERM);
  const Finished ended = first.finish(std::chrono::seconds(5));
  CHECK_FALSE(ended.timed_out);
  CHECK(library.once().status == 0);
}

TEST_CASE("av1d --dry-run says what a pass would do and writes nothing anywhere", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.min_bytes = 1000;
  library.add("film one.mkv", plain_clip());
  library.add("WEB-DL/two.mp4", plain_clip("mp4"));
  library.add("sound.mkv", clip("mkv", tone() + Words{"-c:a", "aac"}));
  write_file(library / "small.mkv", "x");
  const Words words = library.command({"--dry-run"});  // writes the configuration
  const Snapshot before = snapshot(library.home());
  const Finished shown = run(words, library.surroundings());
  CAPTURE(shown.out, shown.err);
  CHECK(shown.status == 0);
  CHECK(changes(before, snapshot(library.home())) == Words{});
  CHECK_FALSE(fs::exists(library.state()));
  std::map<std::string, std::string> rows;
  for (const auto& line : lines_of(shown.out)) {
    for (const auto* name : {"film one.mkv", "two.mp4", "sound.mkv", "small.mkv"}) {
      if (line.ends_with(name)) rows[name] = line;
    }
  }
  CHECK(std::regex_search(rows["film one.mkv"], std::regex("^encode +web_like +svt +25 +5 +")));
  CHECK(std::regex_search(rows["two.mp4"], std::regex("^encode +web_like +svt +25 +5 +")));
  CHECK(std::regex_search(rows["sound.mkv"], std::regex("^skip +no_video ")));
  CHECK(std::regex_search(rows["small.mkv"], std::regex("^skip +too_small ")));
  CHECK_THAT(shown.out, ContainsSubstring("2 to encode"));
  CHECK(library.av1d({"--once", "--dry-run"}).out == shown.out);
}

TEST_CASE("av1d --explain of a file that is not there is status 66", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const std::string missing = library / "missing.mkv";
  const Finished refused = library.av1d({"--explain", missing});
  CHECK(refused.status == 66);
  CHECK_THAT(refused.err, ContainsSubstring(missing));
  CHECK_THAT(refused.err, ContainsSubstring("No such file or directory"));
}

TEST_CASE("av1d --explain tells why a file would be skipped", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path sound = library.add("sound.mkv", clip("mkv", tone() + Words{"-c:a", "aac"}));
  const Finished told = library.av1d({"--explain", sound});
  CHECK(told.status == 0);
  CHECK_THAT(told.out, ContainsSubstring("no_video"));
  CHECK_THAT(told.out, !ContainsSubstring("libsvtav1"));
}

TEST_CASE("av1d --explain prints a command that runs when it is pasted into a shell", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path original =
      GENERATE(false, true)
          ? clip("mkv", picture() + kH264 +
                            Words{"-attach", cover_picture(), "-metadata:s:t:0",
                                  "mimetype=image/png", "-metadata:s:t:0", "filename=cover.png"})
          : plain_clip();
  const fs::path film = library.add("it's a \"film\" & $HOME; `x` (1).mkv", original);
  const Finished told = library.av1d({"--explain", film});
  CHECK(told.status == 0);
  CHECK_FALSE(fs::exists(library.state()));
  fs::create_directories(library.config.temp_output_dir);
  std::string script;
  for (const auto& line : lines_of(told.out)) {
    std::smatch found;
    const bool command = std::regex_match(line, found, std::regex(" *command +(.*)"));
    const bool prepare = !command && std::regex_match(line, found, std::regex(" *first +(.*)"));
    if (command || prepare) script += found[1].str() + "\n";
  }
  CAPTURE(script);
  REQUIRE_THAT(script, ContainsSubstring("libsvtav1"));
  const Finished pasted = run({"sh", "-e", "-c", script}, library.surroundings());
  CAPTURE(pasted.err);
  CHECK(pasted.status == 0);
  CHECK(read_file(film) == read_file(original));
  int made = 0;
  for (const auto& entry : fs::directory_iterator(library.config.temp_output_dir)) {
    made += entry.path().extension() == ".mkv" && is_av1(entry.path()) ? 1 : 0;
  }
  CHECK(made == 1);
}

}  // namespace av1d::test
