// Every reason for which a film could not be replaced is known before an hour is spent on it.
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <cerrno>

#include "replace_fixture.h"

using namespace av1d;
using namespace av1d::test;

namespace {

void check_preflights(const Library& library, ReasonCode code) {
  check_refused(preflight(library.request), code);
  check_refused(preflight_read_only(library.request), code);
}

// Runs `question` in a child without privileges; its answer is the child's exit status.
int as_nobody(const std::function<int()>& question) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const bool dropped = ::setgroups(0, nullptr) == 0 && ::setresgid(65534, 65534, 65534) == 0 &&
                         ::setresuid(65534, 65534, 65534) == 0;
    ::_exit(dropped ? question() : 254);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("preflight refuses names that are taken", "[replace]") {
  Library library(Naming::new_name, Keep::orig);
  write_file(library.request.final_path, "another film");
  check_preflights(library, ReasonCode::name_taken);
  fs::remove(library.request.final_path);
  fs::create_symlink("nowhere", library.request.final_path);
  check_preflights(library, ReasonCode::name_taken);
  fs::remove(library.request.final_path);
  fs::create_hard_link(library.request.source, library.request.final_path);
  check_preflights(library, ReasonCode::name_taken);
  fs::remove(library.request.final_path);
  write_file(library.orig(), "an older film");
  check_preflights(library, ReasonCode::orig_exists);
}

TEST_CASE("preflight measures names against NAME_MAX and PATH_MAX", "[replace]") {
  Library library;
  const auto rename_source = [&](const fs::path& name) {
    fs::rename(library.request.source, library.request.root / name);
    library.request.source = library.request.final_path = library.request.root / name;
    library.probe_again();
  };
  rename_source(std::string(251, 'n') + ".mkv");
  CHECK(preflight(library.request) == std::nullopt);
  library.request.keep_original = true;
  check_preflights(library, ReasonCode::name_too_long);
  library.request.keep_original = false;
  CHECK(library.replace());
  library.request.final_path = library.request.root / (std::string(252, 'n') + ".mkv");
  check_preflights(library, ReasonCode::name_too_long);
}

TEST_CASE("preflight refuses a directory too deep for the staged name", "[replace]") {
  Library library;
  fs::path deep = library.request.root;
  while (deep.native().size() + 202 < 4080) deep /= std::string(200, 'd');
  deep /= std::string(4080 - deep.native().size() - 1, 'd');
  fs::create_directories(deep);
  fs::rename(library.request.source, deep / "f.mkv");
  library.request.source = library.request.final_path = deep / "f.mkv";
  check_preflights(library, ReasonCode::name_too_long);
}

TEST_CASE("preflight refuses a source that it may not read", "[replace]") {
  if (is_root()) AV1D_SKIP("root reads everything");
  Library library;
  REQUIRE(::chmod(library.request.source.c_str(), 0) == 0);
  check_preflights(library, ReasonCode::unreadable);
}

TEST_CASE("preflight refuses a directory that it may not write", "[replace]") {
  if (is_root()) AV1D_SKIP("root writes everywhere");
  Library library;
  fs::permissions(library.request.root, fs::perms(0555));
  check_preflights(library, ReasonCode::not_replaceable);
  check_refused(library.replace(), ReasonCode::replace_failed);
  fs::permissions(library.request.root, fs::perms(0755));
  CHECK(library.is_untouched());
}

TEST_CASE("preflight tells an ordinary user what it may not do with another's file", "[replace]") {
  if (!is_root()) AV1D_SKIP("only root becomes somebody else");
  struct Case {
    mode_t directory, file;
    ReasonCode code;
  };
  const Case cases[] = {{0777, 0644, ReasonCode::ownership},
                        {01777, 0644, ReasonCode::not_replaceable},
                        {0755, 0644, ReasonCode::not_replaceable},
                        {0777, 0600, ReasonCode::unreadable}};
  for (const auto& [directory, file, code] : cases) {
    INFO("directory " << std::oct << directory << ", file " << file);
    Library library;
    REQUIRE(::chmod(library.top().c_str(), 0755) == 0);
    REQUIRE(::chmod(library.request.root.c_str(), directory) == 0);
    REQUIRE(::chmod(library.request.source.c_str(), file) == 0);
    library.probe_again();
    const int answer = as_nobody([&] {
      const auto by_doing = preflight(library.request);
      const auto by_looking = preflight_read_only(library.request);
      const bool both = by_doing && by_looking && by_doing->code == by_looking->code;
      return both ? static_cast<int>(by_doing->code) : 255;
    });
    CHECK(answer == static_cast<int>(code));
    CHECK(library.is_untouched());
  }
}

TEST_CASE("preflight refuses an immutable file", "[replace]") {
  Library library;
  const int fd = ::open(library.request.source.c_str(), O_RDONLY | O_CLOEXEC);
  int flags = 0;
  if (::ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0) {
    ::close(fd);
    AV1D_SKIP("no file flags here");
  }
  int immutable = flags | FS_IMMUTABLE_FL;
  if (::ioctl(fd, FS_IOC_SETFLAGS, &immutable) < 0) {
    ::close(fd);
    AV1D_SKIP("flags cannot be set");
  }
  check_preflights(library, ReasonCode::not_replaceable);
  CHECK(::ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0);
  ::close(fd);
  CHECK(preflight(library.request) == std::nullopt);
}

TEST_CASE("preflight refuses what is not a regular file", "[replace]") {
  Library library;
  fs::remove(library.request.source);
  check_preflights(library, ReasonCode::source_changed);
  fs::create_symlink(library.output, library.request.source);
  check_preflights(library, ReasonCode::not_replaceable);
  fs::remove(library.request.source);
  REQUIRE(::mkfifo(library.request.source.c_str(), 0600) == 0);
  check_preflights(library, ReasonCode::not_replaceable);
}

TEST_CASE("preflight_read_only writes nothing", "[replace]") {
  Library library;
  media_fs::set_hook([](std::string_view call) {
    FAIL("a changing call: " << call);
    return EIO;
  });
  CHECK(preflight_read_only(library.request) == std::nullopt);
}

TEST_CASE("free_bytes answers for a directory and fails for none", "[replace]") {
  const TempDir directory;
  CHECK(free_bytes(directory.path()).value() > 0);
  CHECK(free_bytes(directory / "missing").error().errno_value == ENOENT);
}
