// The notes beside files that were turned down.
#include "av1d/sidecars.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "av1d/config.h"
#include "av1d/scan.h"
#include "av1d/text.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;
using test::read_file;
using test::TempDir;
using test::write_file;

namespace {

const Reason kTooSmall{ReasonCode::too_small, "1.4 GiB is below min_bytes (2.0 GiB)"};

std::vector<ReasonCode> every_reason_code() {
  std::vector<ReasonCode> codes;
  for (int i = 0; i <= static_cast<int>(ReasonCode::replace_failed); ++i) {
    codes.push_back(static_cast<ReasonCode>(i));
  }
  return codes;
}

std::ptrdiff_t files_in(const fs::path& dir) {
  return std::distance(fs::directory_iterator(dir), fs::directory_iterator());
}

}  // namespace

TEST_CASE("why_text opens with the reason and says which key would change it", "[sidecars]") {
  const std::string text = why_text(kTooSmall, "/films/a.mkv");
  CHECK(text.starts_with("av1d: 1.4 GiB is below min_bytes (2.0 GiB)\n\n"));
  CHECK_THAT(text, ContainsSubstring("Lower min_bytes."));
  CHECK_THAT(text, ContainsSubstring("a.mkv.av1skip"));
  CHECK(text.back() == '\n');
}

TEST_CASE("why_text advises to raise max_size_ratio after the size gate", "[sidecars]") {
  CHECK_THAT(why_text({ReasonCode::size_gate, "95 %"}, "/a.mkv"),
             ContainsSubstring("Raise max_size_ratio"));
}

TEST_CASE("why_text keeps its first line one line and sends no escape sequence", "[sidecars]") {
  const std::string text = why_text({ReasonCode::marker, "a\nb\x1b[31m"}, "/x\n\x1b[31m.mkv");
  CHECK(text.starts_with("av1d: a b [31m\n\n"));
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK_THAT(text, ContainsSubstring("x\\x0a\\x1b[31m.mkv"));
}

TEST_CASE("every reason has a remedy, and its deciding key is a key of the configuration",
          "[sidecars]") {
  const auto keys = config_keys();
  for (const ReasonCode code : every_reason_code()) {
    CHECK(remedy(code).size() > 10);
    CHECK(remedy(code).ends_with('.') == !remedy(code).ends_with(')'));
    const std::string key(deciding_key(code));
    if (!key.empty()) CHECK(std::count(keys.begin(), keys.end(), key) == 1);
  }
  CHECK(deciding_key(ReasonCode::hard_link) == "skip_hardlinked");
  CHECK(deciding_key(ReasonCode::ownership) == "allow_owner_change");
  CHECK(deciding_key(ReasonCode::dolby_vision) == "accept_loss");
  CHECK(deciding_key(ReasonCode::interlaced) == "deinterlace");
  CHECK(deciding_key(ReasonCode::orig_exists) == "keep_original");
  CHECK(deciding_key(ReasonCode::already_av1).empty());
}

TEST_CASE("write_why writes, rewrites and remove_why removes the note", "[sidecars]") {
  const TempDir dir;
  const fs::path film = write_file(dir / "a.mkv", "film");
  const mode_t before = ::umask(0077);
  REQUIRE(write_why(film, kTooSmall));
  ::umask(before);
  CHECK(read_file(dir / "a.mkv.why.txt") == why_text(kTooSmall, film));
  struct stat status {};
  REQUIRE(::stat((dir / "a.mkv.why.txt").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0644);

  const Reason other{ReasonCode::size_gate, "95 % of the original"};
  REQUIRE(write_why(film, other));
  CHECK(read_file(dir / "a.mkv.why.txt") == why_text(other, film));
  CHECK(files_in(dir.path()) == 2);
  REQUIRE(remove_why(film));
  REQUIRE(remove_why(film));
  CHECK(files_in(dir.path()) == 1);
}

TEST_CASE("write_why leaves a note that already says the same as it is", "[sidecars]") {
  const TempDir dir;
  const fs::path film = write_file(dir / "a.mkv", "film");
  REQUIRE(write_why(film, kTooSmall));
  const FileStamp before = stamp_of(why_path(film)).value();
  REQUIRE(write_why(film, kTooSmall));
  CHECK(stamp_of(why_path(film)).value() == before);
}

TEST_CASE("a note of the owner's is never touched", "[sidecars]") {
  const TempDir dir;
  const fs::path film = write_file(dir / "a.mkv", "film");
  for (const std::string text : {"why I keep this", "", "AV1D: no", " av1d: no", "av1d:no"}) {
    write_file(why_path(film), text);
    const auto written = write_why(film, kTooSmall);
    REQUIRE_FALSE(written);
    CHECK(written.error().errno_value == EEXIST);
    CHECK(remove_why(film));
    CHECK(read_file(why_path(film)) == text);
  }
  CHECK(files_in(dir.path()) == 2);
}

TEST_CASE("links, FIFOs and directories under the note's name are the owner's", "[sidecars]") {
  const TempDir dir;
  const fs::path film = write_file(dir / "a.mkv", "film");
  const fs::path victim = write_file(dir / "victim", "av1d: a text that looks like ours");
  fs::create_symlink("victim", why_path(film));
  CHECK_FALSE(write_why(film, kTooSmall));
  CHECK(remove_why(film));
  CHECK(fs::is_symlink(why_path(film)));
  CHECK(read_file(victim) == "av1d: a text that looks like ours");
  fs::remove(why_path(film));

  REQUIRE(::mkfifo(why_path(film).c_str(), 0644) == 0);
  CHECK_FALSE(write_why(film, kTooSmall));
  CHECK(remove_why(film));
  CHECK(fs::is_fifo(why_path(film)));
  fs::remove(why_path(film));

  fs::create_directory(why_path(film));
  CHECK_FALSE(write_why(film, kTooSmall));
  CHECK(remove_why(film));
  CHECK(fs::is_directory(why_path(film)));
}

TEST_CASE("a name that leaves no room for the note is an error and leaves nothing", "[sidecars]") {
  const TempDir dir;
  const fs::path film = write_file(dir / (std::string(244, 'n') + ".mkv"), "film");
  const auto written = write_why(film, kTooSmall);
  REQUIRE_FALSE(written);
  CHECK(written.error().errno_value == ENAMETOOLONG);
  CHECK(remove_why(film));
  CHECK(files_in(dir.path()) == 1);
  const fs::path fits = write_file(dir / (std::string(243, 'n') + ".mkv"), "film");
  CHECK(write_why(fits, kTooSmall));
}

TEST_CASE("the temporary of a crash has a name of ours and is cleared away", "[sidecars]") {
  const TempDir dir;
  const fs::path film = write_file(dir / "a.mkv", "film");
  const std::string name = ".av1d-" + fnv1a_hex("sidecar " + why_path(film).native()) + ".tmp";
  CHECK(is_own_name(name));
  for (const std::string text : {"", "av1", "av1d: half a no"}) {
    write_file(dir / name, text);
    REQUIRE(write_why(film, kTooSmall));
    CHECK(files_in(dir.path()) == 2);
    REQUIRE(remove_why(film));
  }
  write_file(dir / name, "something else");
  CHECK_FALSE(write_why(film, kTooSmall));
  CHECK(read_file(dir / name) == "something else");
}

TEST_CASE("write_why names the directory that it may not write to", "[sidecars]") {
  if (::geteuid() == 0) AV1D_SKIP("root writes everywhere");
  const TempDir dir;
  const fs::path film = write_file(dir / "closed/a.mkv", "film");
  fs::permissions(dir / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  const auto written = write_why(film, kTooSmall);
  fs::permissions(dir / "closed", fs::perms::owner_all);
  REQUIRE_FALSE(written);
  CHECK(written.error().errno_value == EACCES);
  CHECK_THAT(written.error().message, ContainsSubstring("closed"));
}

TEST_CASE("remove_why of a directory that has gone is no error", "[sidecars]") {
  const TempDir dir;
  CHECK(remove_why(dir / "gone/a.mkv"));
  CHECK(write_why(dir / "gone/a.mkv", kTooSmall).error().errno_value == ENOENT);
}
