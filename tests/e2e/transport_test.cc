// Transport and program streams pasted from recordings, each with a clock of its own: what a
// recorder leaves when it was restarted, and `cat` of the parts of a DVD.
#include "e2e/library.h"

namespace av1d::test {

namespace {

// One recording; its clock begins at `offset` seconds.
fs::path recording(const std::string& extension, const std::string& seconds,
                   const std::string& offset, const Words& more = {}) {
  const Words video = extension == "ts" ? kH264 + Words{"-bf", "2", "-g", "12"}
                                        : Words{"-c:v", "mpeg2video", "-q:v", "1"};
  return clip(extension, picture(seconds, "25") + tone("440", seconds) + video +
                             Words{"-c:a", "mp2", "-output_ts_offset", offset} + more);
}

fs::path pasted(const Library& library, const std::string& name,
                const std::vector<fs::path>& parts) {
  std::string bytes;
  for (const auto& part : parts) bytes += read_file(part);
  return write_file(library / name, bytes);
}

// Frames of the first video as they decode, and how long the sound goes on beside them.
std::size_t frames_of(const fs::path& path) {
  return ask(path, "frame=media_type", {"-select_streams", "v:0"}).size();
}
double sound_seconds(const fs::path& path) {
  const Words packets = ask(path, "packet=duration_time", {"-select_streams", "a:0"});
  double seconds = 0;
  for (const auto& line : packets)
    seconds += std::strtod(line.c_str() + line.find('=') + 1, nullptr);
  return seconds;
}

}  // namespace

TEST_CASE("recordings pasted together become one film without a frame lost", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path first = recording("ts", "0.8", "0");
  const fs::path second = recording("ts", "0.6", "500");
  const std::map<std::string, std::vector<fs::path>> films = {
      {"three.ts", {first, second, first}},
      {"wrapped.ts", {recording("ts", "0.8", "95442.5"), first}},
      {"parts.mpg", {recording("mpg", "0.8", "0"), recording("mpg", "0.6", "0")}},
  };
  std::map<std::string, std::pair<std::size_t, double>> before;
  for (const auto& [name, parts] : films) {
    const fs::path film = pasted(library, name, parts);
    before[name] = {frames_of(film), sound_seconds(film)};
  }
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  for (const auto& [name, had] : before) {
    INFO(name);
    const Job job = library.job(library / name);
    INFO((job.reason ? job.reason->text : ""));
    CHECK(library.verdict(library / name) == "success");
    if (!job.result) continue;
    CHECK(frames_of(job.result->path) == had.first);
    CHECK(std::abs(sound_seconds(job.result->path) - had.second) < 0.06);
    CHECK(decode_errors(job.result->path) == "");
    // One clock: no frame and no gap of hundreds of seconds.
    const auto times = frame_times(job.result->path);
    CHECK(times.back() < 4);
  }
  CHECK(library.leftovers() == Words{});
}

TEST_CASE("an encoder that drops the second recording is found out", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.encode_with("exec @ffmpeg@ -t 0.8 \"$@\"\n");
  const fs::path film =
      pasted(library, "film.ts", {recording("ts", "0.8", "0"), recording("ts", "0.6", "500")});
  const std::string original = read_file(film);
  CHECK(library.once().status == 1);
  CHECK(library.verdict(film) == "failed validation");
  CHECK(read_file(film) == original);
}

// ffmpeg alone would scale what follows to the first size, with exit status 0.
TEST_CASE("a recording that goes on in another size is left as it is, wherever that begins",
          "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  struct Paste {
    std::string seconds, offset, told;
  };
  const Paste paste = GENERATE(
      Paste{"0.8", "1", "is 320x180 first and 160x90 later"},  // among the frames looked at before
      Paste{"13", "13.4", "goes on in another size"});         // seen by the encode alone
  const Library library;
  const fs::path film = pasted(library, "film.ts",
                               {recording("ts", paste.seconds, "0"),
                                recording("ts", "0.6", paste.offset, {"-s", "160x90"})});
  const std::string original = read_file(film);
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  CHECK(library.verdict(film) == "skipped changing_film");
  CHECK_THAT(library.job(film).reason->text, ContainsSubstring(paste.told));
  CHECK(read_file(film) == original);
  CHECK(library.leftovers() == Words{});
}

}  // namespace av1d::test
