// A pass over a library that was answered before: the version checks, one stat a file, and nothing
// else; and what makes a file be looked at anew.
#include "e2e/library.h"

namespace av1d::test {

namespace {

// Every call of ffmpeg and ffprobe as one line in a file.
class CallLog {
 public:
  explicit CallLog(Library& library) : file_(library.home() / "calls.txt") {
    const std::string log = "echo \"${0##*/} $*\" >> '" + file_.string() + "'\n";
    library.config.ffmpeg_path = library.script("ffmpeg", log + "exec @ffmpeg@ \"$@\"\n");
    library.config.ffprobe_path = library.script("ffprobe", log + "exec @ffprobe@ \"$@\"\n");
  }
  Words calls() const { return lines_of(read_file(file_)); }
  void clear() const { fs::remove(file_); }

 private:
  fs::path file_;
};

// All of it but the lock, which holds the number of the process that took it, and the time of the
// directory in which a heartbeat comes and goes with that process.
Snapshot state_of(const Library& library) {
  Snapshot state = snapshot(library.state());
  state.erase("jobs/.lock");
  state.erase("jobs");
  return state;
}

}  // namespace

TEST_CASE("a second --once starts only the version checks and changes nothing", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const CallLog log(library);
  library.add("film.mkv", short_clip());
  library.add("film.mov", clip("mov", {"-i", plain_clip(), "-c", "copy"}));
  library.add("skipped.mkv", clip("mkv", tone() + Words{"-c:a", "aac"}));
  write_file(library / "junk.mkv", std::string(4000, 'j'));
  const Finished first = library.once();
  INFO(first.err);
  CHECK(first.status == 0);
  CHECK(log.calls().size() > 10);
  log.clear();

  const Snapshot before = snapshot(library.root());
  const Snapshot state_before = state_of(library);
  const Finished second = library.once();
  INFO(second.err);
  CHECK(second.status == 0);
  CHECK(log.calls() ==
        Words{"ffmpeg -version", "ffprobe -version", "ffmpeg -hide_banner -v quiet -encoders"});
  CHECK(changes(before, snapshot(library.root())) == Words{});
  CHECK(changes(state_before, state_of(library)) == Words{});
}

TEST_CASE("a deciding key, a new version or a deleted job makes a file be looked at anew",
          "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path film = library.add("film.mkv", short_clip());
  library.config.max_size_ratio = 0.01;
  CHECK(library.once().status == 0);
  REQUIRE(library.verdict(film) == "skipped size_gate");

  SECTION("the key") {
    library.config.max_size_ratio = 0.9;
    CHECK(library.once().status == 0);
    CHECK(library.verdict(film) == "success");
  }
  SECTION("a new version of the file") {
    library.add("film.mkv", plain_clip());
    CHECK(library.once().status == 0);
    CHECK(library.jobs().size() == 2);
    CHECK(read_file(film) == read_file(plain_clip()));
  }
  SECTION("the job's file") {
    for (const auto& job : library.jobs()) {
      fs::remove(library.config.job_state_dir / (job.id + ".json"));
    }
    CHECK(library.once().status == 0);
    CHECK(library.verdict(film) == "skipped size_gate");
  }
}

// The names of two outputs meet: film.mkv is there, film.mov becomes film.mkv or film.mp4.
TEST_CASE("no output is ever written over another film", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path mov = library.add("film.mov", clip("mov", {"-i", plain_clip(), "-c", "copy"}));
  const std::string others = "not a film";
  for (const auto* name : {"film.mkv", "film.mp4"}) write_file(library / name, others);
  CHECK(library.once().status == 0);
  CHECK(library.verdict(mov) == "skipped name_taken");
  CHECK(fs::exists(mov));
  CHECK(read_file(library / "film.mkv") == others);
  CHECK(read_file(library / "film.mp4") == others);
}

}  // namespace av1d::test
