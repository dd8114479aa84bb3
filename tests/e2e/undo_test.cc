// --undo and --retry as an owner uses them: after a pass, with nothing running, and beside a
// running daemon.
#include "e2e/library.h"

namespace av1d::test {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

fs::path orig_of(const fs::path& film) {
  return film.native() + ".orig";
}

// A daemon that is at rest: its lock is held, and it has nothing to do.
class Daemon {
 public:
  explicit Daemon(const Library& library)
      : library_(library), child_(library.command({}), library.surroundings()) {}

  Child& child() { return child_; }
  bool has(const fs::path& film, const std::string& verdict) const {
    return eventually([&] { return library_.verdict(film) == verdict; }, minutes(10));
  }
  // Its end must be clean.
  void stop() {
    child_.kill(SIGTERM);
    const Finished ended = child_.finish(seconds(30));
    INFO(ended.err);
    CHECK_FALSE(ended.timed_out);
    CHECK(ended.status == 0);
  }

 private:
  const Library& library_;
  Child child_;
};

}  // namespace

TEST_CASE("undo takes a film back and the next pass leaves it alone until retry", "[e2e][undo]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.nice = 0;
  library.config.keep_original = true;
  const std::string extension = GENERATE("mkv", "mov");  // in place, and to another name
  const fs::path clip = plain_clip(extension);
  const fs::path film = library.add("a film." + extension, clip);
  REQUIRE(library.once().status == 0);
  const fs::path encode = library.job(film).output_path;
  REQUIRE(library.verdict(film) == "success");
  REQUIRE(fs::exists(orig_of(film)));
  REQUIRE(read_file(encode) != read_file(clip));

  const Finished undone = library.av1d({"--undo", encode});
  INFO(undone.err);
  CHECK(undone.status == 0);
  CHECK_THAT(undone.out, ContainsSubstring("is the original again"));
  CHECK(read_file(film) == read_file(clip));
  CHECK(fs::exists(encode) == (encode == film));
  CHECK_FALSE(fs::exists(orig_of(film)));
  CHECK(library.verdict(film) == "skipped undone");
  CHECK(library.leftovers() == Words{});

  const Snapshot before = snapshot(library.root());
  const Finished second = library.once();
  CHECK(second.status == 0);
  CHECK(changes(before, snapshot(library.root())) == Words{});
  CHECK(library.verdict(film) == "skipped undone");

  CHECK(library.av1d({"--retry", film}).status == 0);
  CHECK(library.verdict(film) == "pending");
  CHECK(library.once().status == 0);
  CHECK(library.verdict(film) == "success");
  CHECK(read_file(orig_of(film)) == read_file(clip));
}

TEST_CASE("undo and retry say what they can't do, and change nothing", "[e2e][undo]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.nice = 0;
  const fs::path film = library.add("film.mkv", plain_clip());
  REQUIRE(library.once().status == 0);
  const Snapshot before = snapshot(library.root());
  const Finished undone = library.av1d({"--undo", film});
  CHECK(undone.status == 1);
  CHECK_THAT(undone.err, ContainsSubstring("film.mkv.orig', is not there"));
  CHECK(library.av1d({"--retry", film}).status == 1);
  const Finished unknown = library.av1d({"--undo", library / "other.mkv"});
  CHECK(unknown.status == 66);
  CHECK_THAT(unknown.err, ContainsSubstring("no job knows"));
  CHECK(library.av1d({"--retry-failed"}).out == "no job has failed\n");
  CHECK(changes(before, snapshot(library.root())) == Words{});
}

TEST_CASE("retry-failed has a film tried again that had failed for good", "[e2e][undo]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.nice = 0;
  library.config.max_attempts = 1;
  const std::string real = library.config.ffmpeg_path;
  library.encode_with("echo broken >&2; exit 1");
  const fs::path film = library.add("film.mkv", plain_clip());
  CHECK(library.once().status == 1);
  CHECK(library.verdict(film) == "failed encoder_failed");
  CHECK_THAT(library.once().err, ContainsSubstring("answered before"));
  library.config.ffmpeg_path = real;
  const Finished retried = library.av1d({"--retry-failed"});
  CHECK(retried.status == 0);
  CHECK_THAT(retried.out, ContainsSubstring("film.mkv' will be tried again"));
  CHECK_FALSE(fs::exists(film.native() + ".why.txt"));
  CHECK(library.once().status == 0);
  CHECK(library.verdict(film) == "success");
}

TEST_CASE("undo and retry work beside a running daemon", "[e2e][undo][daemon]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.nice = 0;
  library.config.keep_original = true;
  library.config.scan_interval_secs = 1;
  const fs::path film = library.add("film.mkv", plain_clip());
  Daemon daemon(library);
  REQUIRE(daemon.has(film, "success"));

  const Finished undone = library.av1d({"--undo", film});
  INFO(undone.err << daemon.child().err());
  CHECK(undone.status == 0);
  CHECK_THAT(undone.out, ContainsSubstring("is the original again"));
  CHECK(read_file(film) == read_file(plain_clip()));
  CHECK(library.verdict(film) == "skipped undone");

  CHECK(library.av1d({"--undo", library / "none.mkv"}).status == 66);
  CHECK(library.av1d({"--retry", library.job(film).id}).status == 0);
  CHECK(daemon.has(film, "success"));  // at once, or at the next scan
  CHECK(read_file(orig_of(film)) == read_file(plain_clip()));
  daemon.stop();
  CHECK(library.leftovers() == Words{});
}

TEST_CASE("the daemon removes kept originals where space is short, and strangers' never",
          "[e2e][undo][daemon]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.nice = 0;
  library.config.keep_original = true;
  library.config.scan_interval_secs = 1;
  const fs::path film = library.add("film.mkv", plain_clip());
  const fs::path stranger = write_file(library / "other.mkv.orig", "mine");
  REQUIRE(library.once().status == 0);
  REQUIRE(fs::exists(orig_of(film)));
  library.config.min_free_bytes = std::uint64_t{1} << 62U;
  Daemon daemon(library);
  CHECK(eventually([&] { return !fs::exists(orig_of(film)); }, minutes(5)));
  CHECK(eventually([&] { return !library.job(film).kept_original; }, minutes(5)));
  CHECK(library.verdict(film) == "success");
  CHECK(read_file(stranger) == "mine");
  daemon.stop();
}

}  // namespace av1d::test
