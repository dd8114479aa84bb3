// Files that are left as they are, and the note beside each that says why.
#include "e2e/library.h"

namespace av1d::test {

namespace {

fs::path av1_clip() {
  return clip("mkv", picture("0.5") + Words{"-c:v", "libsvtav1", "-preset", "13"});
}
fs::path audio_clip() {
  return clip("mkv", tone() + Words{"-c:a", "aac"});
}
// Without the second half of its bytes; its header promises three seconds.
std::string cut_clip() {
  const std::string whole =
      read_file(clip("mkv", picture("3", "12") + tone("440", "3") + kH264 + Words{"-c:a", "aac"}));
  return whole.substr(0, whole.size() * 2 / 5);
}

}  // namespace

TEST_CASE("what is turned down stays as it is, with a note that says why", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.min_bytes = 1000;
  const fs::path marked = library.add("marked.mkv", plain_clip());
  const fs::path below = library.add("kept/deep/below.mkv", plain_clip());
  const fs::path small = write_file(library / "small.mkv", std::string(999, 'x'));
  const fs::path av1 = library.add("av1.mkv", av1_clip());
  const fs::path linked = library.add("linked.mkv", plain_clip());
  const fs::path sound = library.add("sound.mkv", audio_clip());
  const fs::path cut = write_file(library / "cut.mkv", cut_clip());
  const fs::path junk = write_file(library / "junk.mkv", std::string(4000, 'j'));
  write_file(marked.native() + ".av1skip", "");
  write_file(library / "kept/.av1skip", "");
  fs::create_hard_link(linked, library.home() / "other name.mkv");
  const Snapshot before = snapshot(library.root());

  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  const Snapshot after = snapshot(library.root());
  for (const auto& [name, text] : before) {
    INFO(name);
    if (name.starts_with("kept") && !name.ends_with(".mkv")) continue;  // directories have notes
    REQUIRE(after.contains(name));
    CHECK(after.at(name) == text);
  }
  CHECK(library.leftovers() == Words{});

  // The cheap gates need no job; the others have one.
  for (const auto& path : {marked, below, small, linked}) {
    INFO(path);
    CHECK(library.verdict(path) == "no job");
  }
  CHECK(library.verdict(av1) == "skipped already_av1");
  CHECK(library.verdict(sound) == "skipped no_video");
  CHECK(library.verdict(cut) == "skipped damaged_source");
  CHECK(library.verdict(junk) == "skipped probe_failed");

  CHECK_THAT(library.why(marked), ContainsSubstring("marked.mkv.av1skip"));
  CHECK_THAT(library.why(below), ContainsSubstring("kept/.av1skip"));
  CHECK_THAT(library.why(small), ContainsSubstring("999 B is less than min_bytes = 1000 B"));
  CHECK_THAT(library.why(small), ContainsSubstring("Lower min_bytes"));
  CHECK_THAT(library.why(linked), ContainsSubstring("2 hard links"));
  CHECK_THAT(library.why(av1), ContainsSubstring("AV1 already"));
  CHECK_THAT(library.why(sound), ContainsSubstring("no video"));
  CHECK_THAT(library.why(cut), ContainsSubstring("damaged_source"));
  for (const auto& path : {marked, below, small, linked, av1, sound, cut, junk}) {
    INFO(path);
    CHECK(library.why(path).starts_with("av1d: "));
  }
}

TEST_CASE("a file whose marker is gone is encoded and its note removed", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path film = library.add("film.mkv", plain_clip());
  const fs::path other = library.add("dir/other.mkv", short_clip());
  write_file(film.native() + ".av1skip", "");
  write_file(library / "dir/.av1skip", "");
  CHECK(library.once().status == 0);
  CHECK(read_file(film) == read_file(plain_clip()));
  CHECK(fs::exists(film.native() + ".why.txt"));
  CHECK(fs::exists(other.native() + ".why.txt"));

  fs::remove(film.native() + ".av1skip");
  fs::remove(library / "dir/.av1skip");
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  CHECK(is_av1(film));
  CHECK(is_av1(other));
  CHECK_FALSE(fs::exists(film.native() + ".why.txt"));
  CHECK_FALSE(fs::exists(other.native() + ".why.txt"));
}

TEST_CASE("a film that av1d made small is done, not too small", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path film = library.add("film.mkv", plain_clip());
  library.config.min_bytes = fs::file_size(film);
  CHECK(library.once().status == 0);
  REQUIRE(is_av1(film));
  REQUIRE(fs::file_size(film) < library.config.min_bytes);
  const Finished again = library.once();
  CHECK_THAT(again.err, ContainsSubstring("0 to do, 1 done"));
  CHECK_FALSE(fs::exists(film.native() + ".why.txt"));
}

TEST_CASE("the note goes with its film, and says what holds now", "[e2e]") {
  Library library;
  library.config.min_bytes = 1000;
  const fs::path small = write_file(library / "small.mkv", std::string(999, 'x'));
  const fs::path moved = write_file(library / "moved.mkv", std::string(999, 'x'));
  write_file(library / "mine.mkv.why.txt", "my own words\n");
  CHECK(library.once().status == 0);
  REQUIRE_THAT(library.why(small), ContainsSubstring("min_bytes"));
  REQUIRE(fs::exists(moved.native() + ".why.txt"));

  write_file(small.native() + ".av1skip", "");
  fs::rename(moved, library / "elsewhere.mkv");
  CHECK(library.once().status == 0);
  CHECK_THAT(library.why(small), ContainsSubstring("small.mkv.av1skip"));
  CHECK_FALSE(fs::exists(moved.native() + ".why.txt"));
  CHECK(fs::exists(library / "elsewhere.mkv.why.txt"));
  CHECK(read_file(library / "mine.mkv.why.txt") == "my own words\n");
}

TEST_CASE("a note that is the owner's is never overwritten or removed", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path skipped = library.add("a.mkv", av1_clip());
  const fs::path encoded = library.add("b.mkv", short_clip());
  write_file(skipped.native() + ".why.txt", "my own words\n");
  write_file(encoded.native() + ".why.txt", "why I love it\n");
  CHECK(library.once().status == 0);
  CHECK(library.why(skipped) == "my own words\n");
  CHECK(library.why(encoded) == "why I love it\n");
  CHECK(is_av1(encoded));
}

TEST_CASE("a file that may not be read is skipped until it may", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  if (::geteuid() == 0) AV1D_SKIP("root reads everything");
  const Library library;
  const fs::path film = library.add("film.mkv", short_clip());
  REQUIRE(::chmod(film.c_str(), 0) == 0);
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  CHECK(library.verdict(film) == "skipped unreadable");
  CHECK(library.why(film).starts_with("av1d: "));
  REQUIRE(::chmod(film.c_str(), 0644) == 0);
  CHECK(read_file(film) == read_file(short_clip()));
  CHECK(library.once().status == 0);
  CHECK(is_av1(film));
  CHECK_FALSE(fs::exists(film.native() + ".why.txt"));
}

TEST_CASE("a directory that may not be written keeps its film", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  if (::geteuid() == 0) AV1D_SKIP("root writes everywhere");
  const Library library;
  const fs::path film = library.add("dir/film.mkv", short_clip());
  fs::permissions(library / "dir", fs::perms::owner_read | fs::perms::owner_exec);
  const Finished pass = library.once();
  fs::permissions(library / "dir", fs::perms::owner_all);
  INFO(pass.err);
  CHECK(pass.status == 0);
  CHECK(library.verdict(film) == "skipped not_replaceable");
  CHECK(read_file(film) == read_file(short_clip()));
}

TEST_CASE("links, pipes and directories with a film's name hold nothing up", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path film = library.add("film.mkv", short_clip());
  REQUIRE(::mkfifo((library / "pipe.mkv").c_str(), 0600) == 0);
  fs::create_symlink("/nowhere/at/all.mkv", library / "dangling.mkv");
  fs::create_symlink("loop.mkv", library / "loop.mkv");
  fs::create_symlink("film.mkv", library / "alias.mkv");
  fs::create_directory_symlink(".", library / "again");
  fs::create_directory(library / "directory.mkv");
  const Finished pass =
      run(library.command({"--once"}), library.surroundings(), std::chrono::seconds(60));
  INFO(pass.err);
  CHECK(pass.status == 0);
  CHECK(is_av1(film));
  CHECK(library.jobs().size() == 1);
  CHECK(fs::is_symlink(library / "alias.mkv"));
}

}  // namespace av1d::test
