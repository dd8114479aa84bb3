// Encoders that fail, lie, hang or meet a changing world: the original stays, and the job says why.
#include "e2e/library.h"
#include "e2e/mount.h"

namespace av1d::test {

namespace {

// One film, one pass, and after it the film as it was and nothing left over.
struct Aftermath {
  Finished pass;
  Job job;
  std::string verdict;
};

Aftermath one_pass(const Library& library, const fs::path& film) {
  Aftermath after{library.once(), library.job(film), library.verdict(film)};
  CHECK_FALSE(after.pass.timed_out);
  CHECK(library.leftovers() == Words{});
  CHECK(processes_naming(library.home().string()) == std::vector<pid_t>{});
  return after;
}

}  // namespace

TEST_CASE("what AV1 does not make smaller is left as it is", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path original =
      clip("mkv", picture("1") + Words{"-c:v", "libx264", "-crf", "51", "-pix_fmt", "yuv420p"});
  const fs::path film = library.add("film.mkv", original);
  const Aftermath after = one_pass(library, film);
  INFO(after.pass.err);
  CHECK(after.pass.status == 0);
  CHECK(after.verdict == "skipped size_gate");
  CHECK(read_file(film) == read_file(original));
  CHECK(library.why(film).starts_with("av1d: "));
  CHECK_THAT(library.why(film), ContainsSubstring("max_size_ratio"));
}

TEST_CASE("an encoder that is killed fails the job and leaves the original", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.encode_with("kill -9 $$");
  const fs::path film = library.add("film.mkv", plain_clip());
  const Aftermath after = one_pass(library, film);
  INFO(after.pass.err);
  CHECK(after.pass.status == 1);
  CHECK(after.verdict == "failed encoder_failed");
  CHECK_THAT(after.job.reason.value_or(Reason{}).text, ContainsSubstring("signal 9"));
  CHECK(after.job.attempts == 1);
  CHECK(read_file(film) == read_file(plain_clip()));
}

TEST_CASE("an encoder that fails is tried max_attempts times and then no more", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.max_attempts = 2;
  const fs::path film = library.add("film.mkv", plain_clip());
  library.encode_with("echo 'no luck' >&2; exit 3");
  CHECK(library.once().status == 1);
  const Aftermath second = one_pass(library, film);
  CHECK(second.pass.status == 1);
  CHECK(second.job.attempts == 2);
  CHECK(second.verdict == "failed encoder_failed");
  const Aftermath third = one_pass(library, film);
  CHECK(third.pass.status == 0);
  CHECK(third.job.attempts == 2);
  CHECK(read_file(film) == read_file(plain_clip()));
}

TEST_CASE("an output that lacks the end is turned down by validation", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.encode_with("exec @ffmpeg@ -t 0.5 \"$@\"");
  const fs::path film = library.add("film.mkv", plain_clip());
  const Aftermath after = one_pass(library, film);
  INFO(after.pass.err);
  CHECK(after.pass.status == 1);
  CHECK(after.verdict == "failed validation");
  CHECK(read_file(film) == read_file(plain_clip()));
  CHECK(library.why(film).starts_with("av1d: "));
}

// The container is whole; bytes in the middle of a frame are not. Only missing frames are a reason
// to try a second plan (the one without -copyts).
TEST_CASE("an output with a hole is turned down by validation", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path encodes = library.home() / "encodes";
  library.encode_with(
      "echo once >> '" + encodes.string() +
      "'\nfor last; do :; done\n"
      "@ffmpeg@ \"$@\" || exit $?\n"
      "dd if=/dev/zero of=\"${last#file:}\" bs=1 seek=9000 count=3000 conv=notrunc 2>/dev/null\n"
      "exit 0");
  const fs::path film = library.add("film.mkv", plain_clip());
  const Aftermath after = one_pass(library, film);
  INFO(after.pass.err);
  CHECK(after.pass.status == 1);
  CHECK(after.verdict == "failed validation");
  CHECK(read_file(encodes) == "once\n");
  CHECK(read_file(film) == read_file(plain_clip()));
}

TEST_CASE("an encoder that says it is done without an output is found out", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.encode_with("exit 0");
  const fs::path film = library.add("film.mkv", plain_clip());
  const Aftermath after = one_pass(library, film);
  CHECK(after.pass.status == 1);
  CHECK(after.verdict == "failed validation");
  CHECK(read_file(film) == read_file(plain_clip()));
}

TEST_CASE("an output that was unlinked while it was written is missed", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.encode_with(
      "for last; do :; done\n@ffmpeg@ \"$@\" || exit $?\nrm \"${last#file:}\"; exit 0");
  const fs::path film = library.add("film.mkv", short_clip());
  const Aftermath after = one_pass(library, film);
  INFO(after.pass.err);
  CHECK(after.pass.status == 1);
  CHECK(after.verdict == "failed validation");
  CHECK_THAT(after.job.reason.value_or(Reason{}).text, ContainsSubstring("not there"));
  CHECK(read_file(film) == read_file(short_clip()));
}

TEST_CASE("an encoder that hangs is ended", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.stall_timeout_secs = 10;
  const std::string mark = library.home() / "pid";
  library.encode_with("echo $$ > '" + mark + "'; exec sleep 1000");
  const fs::path film = library.add("film.mkv", plain_clip());
  const Aftermath after = one_pass(library, film);
  INFO(after.pass.err);
  CHECK(after.pass.status == 1);
  CHECK(after.verdict == "failed stalled");
  CHECK(read_file(film) == read_file(plain_clip()));
  const pid_t sleeper = static_cast<pid_t>(std::stol(read_file(mark)));
  CHECK(::kill(sleeper, 0) != 0);
}

TEST_CASE("a source that grows during the encode is not replaced", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path film = library.add("film.mkv", plain_clip());
  SECTION("while it is encoded") {
    library.encode_with("printf appended >> '" + film.string() + "'; sleep 2");
  }
  SECTION("just before the encode ends") {
    library.encode_with("@ffmpeg@ \"$@\" || exit $?\nprintf appended >> '" + film.string() +
                        "'; exit 0");
  }
  const Aftermath after = one_pass(library, film);
  INFO(after.pass.err);
  CHECK(after.verdict == "skipped source_changed");
  CHECK(read_file(film) == read_file(plain_clip()) + "appended");
}

// A downloader that writes into the final name: same file, same size, other bytes.
TEST_CASE("a source that is overwritten in place during the encode is not replaced", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path film = library.add("film.mkv", plain_clip());
  const std::string overwrite = "dd if=/dev/zero of='" + film.string() +
                                "' bs=1000 seek=50 count=20 conv=notrunc 2>/dev/null";
  const std::string cut = "truncate -s 90000 '" + film.string() + "'";
  std::string change;
  SECTION("before ffmpeg reads it") {
    change = overwrite + "; exec @ffmpeg@ \"$@\"";
  }
  SECTION("after ffmpeg has read it") {
    change = "@ffmpeg@ \"$@\" || exit $?\n" + overwrite + "; exit 0";
  }
  SECTION("cut short before ffmpeg reads it") {
    change = cut + "; exec @ffmpeg@ \"$@\"";
  }
  library.encode_with(change);
  const Aftermath after = one_pass(library, film);
  INFO(after.pass.err);
  CHECK(after.verdict == "skipped source_changed");
  CHECK_FALSE(is_av1(film));
  CHECK(read_file(film) != read_file(plain_clip()));
}

TEST_CASE("a source that is deleted during the encode does not come back", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path film = library.add("film.mkv", plain_clip());
  library.encode_with("@ffmpeg@ \"$@\" || exit $?\nrm '" + film.string() + "'; exit 0");
  const Aftermath after = one_pass(library, film);
  INFO(after.pass.err);
  CHECK(after.verdict == "skipped source_changed");
  CHECK(snapshot(library.root()).empty());
}

TEST_CASE("a source that gets a second link during the encode is not replaced", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path film = library.add("film.mkv", plain_clip());
  const fs::path seed = library.home() / "seed.bin";
  library.encode_with("ln '" + film.string() + "' '" + seed.string() + "'");
  const Aftermath after = one_pass(library, film);
  INFO(after.pass.err);
  CHECK(after.verdict.starts_with("skipped"));
  CHECK(read_file(film) == read_file(plain_clip()));
  CHECK(fs::equivalent(film, seed));
  // And when the other name is gone, the film's turn comes.
  fs::remove(seed);
  library.config.ffmpeg_path = tools().ffmpeg;
  CHECK(library.once().status == 0);
  CHECK(is_av1(film));
}

TEST_CASE("a marker that appears during the encode ends it", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path film = library.add("film.mkv", plain_clip());
  const std::string marker = "touch '" + film.string() + ".av1skip'";
  SECTION("while it is encoded") {
    library.encode_with(marker + "; exec sleep 1000");
  }
  SECTION("just before the encode ends") {
    library.encode_with("@ffmpeg@ \"$@\" || exit $?\n" + marker + "; exit 0");
  }
  const Aftermath after = one_pass(library, film);
  INFO(after.pass.err);
  CHECK(after.pass.status == 0);
  CHECK(after.verdict == "skipped marker");
  CHECK(read_file(film) == read_file(plain_clip()));
  CHECK_THAT(library.why(film), ContainsSubstring("film.mkv.av1skip"));
  // And when the owner takes it away again, the film's turn comes.
  fs::remove(film.string() + ".av1skip");
  library.config.ffmpeg_path = tools().ffmpeg;
  CHECK(library.once().status == 0);
  CHECK(is_av1(film));
}

TEST_CASE("a film waits while there is no room for its encode", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  fs::create_directories(library.state());
  const Mount disk = Mount::small_disk(library.config.temp_output_dir, "size=1m");
  if (!disk.mounted()) AV1D_SKIP("only root can mount a small filesystem");
  const fs::path film = library.add("film.mkv", plain_clip());
  const Aftermath after = one_pass(library, film);
  INFO(after.pass.err);
  CHECK(after.pass.status == 75);
  CHECK(after.verdict == "pending no_space");
  CHECK(after.job.attempts == 0);
  CHECK(read_file(film) == read_file(plain_clip()));
}

TEST_CASE("a film whose space another one holds waits for that one", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  fs::create_directories(library.state());
  const Mount disk =
      Mount::small_disk(library.config.temp_output_dir, "size=90m");  // for one, with the reserve
  if (!disk.mounted()) AV1D_SKIP("only root can mount a small filesystem");
  library.config.max_concurrent_jobs = 2;
  const fs::path one = library.add("one.mkv", plain_clip());
  const fs::path other = library.add("other.mkv", plain_clip());
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  CHECK(library.verdict(one) == "success");
  CHECK(library.verdict(other) == "success");
  CHECK_THAT(pass.err, ContainsSubstring("waits for space"));
}

TEST_CASE("a film waits when the disk fills up during its encode", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  fs::create_directories(library.state());
  const Mount disk = Mount::small_disk(library.config.temp_output_dir, "size=80m");
  if (!disk.mounted()) AV1D_SKIP("only root can mount a small filesystem");
  const fs::path full = library.config.temp_output_dir / "filler";
  library.encode_with(
      "dd if=/dev/zero of='" + full.string() +
      "' bs=1M count=200 2>/dev/null; sleep 2; @ffmpeg@ \"$@\"; status=$?; rm -f '" +
      full.string() + "'; exit $status");
  const fs::path film = library.add("film.mkv", plain_clip());
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 75);
  CHECK(library.verdict(film) == "pending no_space");
  CHECK(library.job(film).attempts == 0);
  CHECK(read_file(film) == read_file(plain_clip()));
  fs::remove(full);  // where the encoder was ended before it could
  CHECK(library.leftovers() == Words{});
}

TEST_CASE("a film is moved whole from another filesystem", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  fs::create_directories(library.state());
  const Mount disk = Mount::small_disk(library.config.temp_output_dir, "size=200m");
  if (!disk.mounted()) AV1D_SKIP("only root can mount a small filesystem");
  const fs::path film = library.add("film.mkv", plain_clip());
  const Aftermath after = one_pass(library, film);
  INFO(after.pass.err);
  CHECK(after.pass.status == 0);
  CHECK(after.verdict == "success");
  CHECK(is_av1(film));
  CHECK(decode_errors(film) == "");
}

}  // namespace av1d::test
