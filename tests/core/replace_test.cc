// What the owner of a library notices of a replace: the film, its name, who may read it, and every
// reason to leave it alone.
#include <fcntl.h>
#include <sys/xattr.h>

#include <cerrno>

#include "replace_fixture.h"
#include "support/attributes.h"

using namespace av1d;
using namespace av1d::test;

namespace {

std::string attribute(const fs::path& path, const char* name) {
  std::string value(4096, '\0');
  const ssize_t size = ::getxattr(path.c_str(), name, value.data(), value.size());
  return size < 0 ? "" : value.substr(0, static_cast<std::size_t>(size));
}

// A replace whose hook acts once, when `call` is made for the first time.
template <class Act>
void act_before(std::string_view call, Act act) {
  media_fs::set_hook([=, done = false](std::string_view now) mutable {
    if (now == call && !std::exchange(done, true)) act();
    return 0;
  });
}

}  // namespace

TEST_CASE("replace_original puts the encode in the place of the original", "[replace]") {
  for (const Naming naming : {Naming::in_place, Naming::new_name}) {
    for (const Keep keep : {Keep::no, Keep::orig}) {
      Library library(naming, keep);
      CHECK(preflight_read_only(library.request) == std::nullopt);
      CHECK(preflight(library.request) == std::nullopt);
      CHECK(library.is_untouched());
      const auto replaced = library.replace();
      REQUIRE(replaced);
      CHECK(library.is_replaced());
      CHECK(replaced->warnings.empty());
      CHECK(replaced->original_bytes == kOriginalBytes.size());
      const FileStamp stamp = stamp_of(library.request.final_path).value();
      CHECK(replaced->result == ResultStamp{library.request.final_path, stamp.size_bytes,
                                            library.request.probed.mtime_ns});
    }
  }
}

TEST_CASE("replace_original writes a journal that names both files before it swaps", "[replace]") {
  Library library;
  const auto replaced =
      replace_original(library.request, library.output, [&](const ReplaceJournal& j) -> Status {
        CHECK(j.source == library.request.source);
        CHECK(j.staged == library.own(".tmp"));
        CHECK(j.old_name == library.own(".old"));
        CHECK(j.original == library.request.probed);
        CHECK(j.staged_stamp.inode == stamp_of(j.staged).value().inode);
        CHECK(read_file(j.source) == kOriginalBytes);
        CHECK(read_file(j.staged) == kEncodedBytes);
        return {};
      });
  CHECK(replaced);
}

TEST_CASE("replace_original gives up when the journal cannot be written", "[replace]") {
  Library library;
  const auto replaced = replace_original(
      library.request, library.output,
      [](const ReplaceJournal&) -> Status { return fail_errno("write", "/jobs/1.json", ENOSPC); });
  check_refused(replaced, ReasonCode::no_space);
  CHECK(library.is_untouched());
}

TEST_CASE("replace_original keeps the mode, set-id bits and all", "[replace]") {
  for (const mode_t mode : {0640U, 0444U, 06777U, 0600U, 0606U}) {
    Library library;
    REQUIRE(::chmod(library.request.source.c_str(), mode) == 0);
    library.probe_again();
    INFO("mode " << std::oct << mode);
    REQUIRE(library.replace());
    CHECK((status_of(library.request.source).st_mode & 07777) == mode);
  }
}

TEST_CASE("replace_original never opens the new file to more people than the original",
          "[replace]") {
  Library library;
  REQUIRE(::chmod(library.request.source.c_str(), 0640) == 0);
  library.probe_again();
  media_fs::set_hook([&](std::string_view) {
    if (fs::exists(library.own(".tmp"))) {
      CHECK((status_of(library.own(".tmp")).st_mode & 07777 & ~0640U) == 0);
    }
    return 0;
  });
  CHECK(library.replace());
}

TEST_CASE("replace_original keeps the times to the nanosecond", "[replace]") {
  Library library;
  const timespec times[2] = {{1'100'000'000, 123'456'789}, {1'000'000'000, 987'654'321}};
  REQUIRE(::utimensat(AT_FDCWD, library.request.source.c_str(), times, 0) == 0);
  library.probe_again();
  REQUIRE(library.replace());
  const auto status = status_of(library.request.source);
  CHECK(status.st_mtim.tv_sec == 1'000'000'000);
  CHECK(status.st_mtim.tv_nsec == 987'654'321);
  CHECK(status.st_atim.tv_sec == 1'100'000'000);
}

TEST_CASE("replace_original keeps user attributes and warns when it cannot", "[replace]") {
  Library library;
  if (!set_attribute(library.request.source, "user.note", "seen twice")) {
    AV1D_SKIP("no user attributes here");
  }
  REQUIRE(::chmod(library.request.source.c_str(), 0444) == 0);
  library.probe_again();
  SECTION("kept") {
    REQUIRE(library.replace());
    CHECK(attribute(library.request.source, "user.note") == "seen twice");
  }
  SECTION("warned about") {
    media_fs::set_hook([](std::string_view call) { return call == "fsetxattr" ? ENOSPC : 0; });
    const auto replaced = library.replace();
    REQUIRE(replaced);
    REQUIRE(replaced->warnings.size() == 1);
    CHECK_THAT(replaced->warnings.front(), ContainsSubstring("user.note"));
  }
}

TEST_CASE("replace_original keeps the ACL", "[replace]") {
  Library library;
  const char* name = "system.posix_acl_access";
  if (!set_attribute(library.request.source, name, acl_for_one_user())) AV1D_SKIP("no ACLs here");
  library.probe_again();
  // Between mode and ACL the owning group must not have what the mask allows others.
  media_fs::set_hook([&](std::string_view) {
    const auto staged = library.own(".tmp");
    if (fs::exists(staged) && attribute(staged, name).empty()) {
      CHECK((status_of(staged).st_mode & 0070) == 0);
    }
    return 0;
  });
  CHECK(preflight(library.request) == std::nullopt);
  REQUIRE(library.replace());
  CHECK((attribute(library.request.source, name) == acl_for_one_user()));
}

TEST_CASE("replace_original drops an ACL inherited from the directory", "[replace]") {
  Library library;
  REQUIRE(::chmod(library.request.source.c_str(), 0640) == 0);
  if (!set_attribute(library.request.root, "system.posix_acl_default", acl_for_one_user())) {
    AV1D_SKIP("no ACLs here");
  }
  library.probe_again();
  fs::create_hard_link(library.output, library.top() / "second");  // staged by copy: born there
  REQUIRE(library.replace());
  CHECK(attribute(library.request.source, "system.posix_acl_access").empty());
  CHECK((status_of(library.request.source).st_mode & 07777) == 0640);
}

TEST_CASE("replace_original gives the new file to the original's owner", "[replace]") {
  if (!is_root()) AV1D_SKIP("only root gives files away");
  Library library;
  REQUIRE(::chown(library.request.source.c_str(), 4711, 4712) == 0);
  REQUIRE(::chmod(library.request.source.c_str(), 06755) == 0);
  library.probe_again();
  SECTION("kept") {
    REQUIRE(library.replace());
    const auto status = status_of(library.request.source);
    CHECK(status.st_uid == 4711);
    CHECK(status.st_gid == 4712);
    CHECK((status.st_mode & 07777) == 06755);
  }
  media_fs::set_hook([](std::string_view call) { return call == "fchown" ? EPERM : 0; });
  SECTION("refused where it cannot be given") {
    check_refused(preflight(library.request), ReasonCode::ownership);
    check_refused(library.replace(), ReasonCode::ownership);
    CHECK(library.is_untouched());
  }
  SECTION("accepted by allow_owner_change, without set-id bits") {
    library.request.allow_owner_change = true;
    CHECK(preflight(library.request) == std::nullopt);
    const auto replaced = library.replace();
    REQUIRE(replaced);
    CHECK(replaced->warnings.size() == 1);
    CHECK((status_of(library.request.source).st_mode & 07777) == 0755);
  }
}

TEST_CASE("replace_original takes over metadata that changes while it works", "[replace]") {
  Library library;
  act_before("futimens", [&] { ::chmod(library.request.source.c_str(), 0604); });
  REQUIRE(library.replace());
  CHECK((status_of(library.request.source).st_mode & 07777) == 0604);
}

TEST_CASE("replace_original leaves a source that is not the probed version", "[replace]") {
  Library library;
  std::ofstream(library.request.source, std::ios::app) << "more";
  check_refused(library.replace(), ReasonCode::source_changed);
  CHECK(library.leftovers().empty());
  CHECK(fs::exists(library.output));
  fs::remove(library.request.source);
  check_refused(library.replace(), ReasonCode::source_changed);
  CHECK(library.leftovers().empty());
}

TEST_CASE("replace_original looks once more before it swaps", "[replace]") {
  Library library(Naming::new_name, Keep::orig);
  const auto source = library.request.source;
  SECTION("appended to") {
    act_before("futimens", [&] { std::ofstream(source, std::ios::app) << "more"; });
    check_refused(library.replace(), ReasonCode::source_changed);
  }
  SECTION("a marker appeared") {
    act_before("futimens", [&] { write_file(source.native() + ".av1skip", ""); });
    check_refused(library.replace(), ReasonCode::marker);
  }
  SECTION("a hard link appeared") {
    act_before("futimens", [&] { fs::create_hard_link(source, library.top() / "link"); });
    check_refused(library.replace(), ReasonCode::hard_link);
  }
  SECTION("the new name was taken") {
    act_before("futimens", [&] { write_file(library.request.final_path, "another film"); });
    check_refused(library.replace(), ReasonCode::name_taken);
    CHECK(read_file(library.request.final_path) == "another film");
  }
  SECTION("the new name was taken at the very last") {
    media_fs::set_hook([&, count = 0](std::string_view call) mutable {
      if (call == "rename_noreplace" && ++count == 2) {
        write_file(library.request.final_path, "another film");
      }
      return 0;
    });
    check_refused(library.replace(), ReasonCode::name_taken);
    CHECK(read_file(library.request.final_path) == "another film");
  }
  SECTION(".orig appeared") {
    act_before("futimens", [&] { write_file(library.orig(), "an older film"); });
    check_refused(library.replace(), ReasonCode::orig_exists);
  }
  CHECK(fs::exists(source));
  CHECK(library.leftovers().empty());
}

TEST_CASE("replace_original replaces one of several links when that is wanted", "[replace]") {
  Library library;
  fs::create_hard_link(library.request.source, library.top() / "link");
  library.request.skip_hardlinked = false;
  library.probe_again();
  REQUIRE(library.replace());
  CHECK((read_file(library.top() / "link") == kOriginalBytes));
}

TEST_CASE("replace_original stops before the journal, not after", "[replace]") {
  Library library;
  std::stop_source stop;
  const auto never = [](const ReplaceJournal&) -> Status {
    FAIL("the journal was written");
    return {};
  };
  SECTION("before it begins") {
    stop.request_stop();
  }
  SECTION("while it copies") {
    fs::create_hard_link(library.output, library.top() / "second");
    act_before("write", [&] { stop.request_stop(); });
  }
  SECTION("while it dresses") {
    act_before("futimens", [&] { stop.request_stop(); });
  }
  const auto replaced = replace_original(library.request, library.output, never, stop.get_token());
  check_refused(replaced, ReasonCode::interrupted);
  CHECK(library.is_untouched());
}

TEST_CASE("replace_original finishes what the journal announced in spite of a stop", "[replace]") {
  Library library;
  std::stop_source stop;
  const auto replaced = replace_original(
      library.request, library.output,
      [&](const ReplaceJournal&) -> Status {
        stop.request_stop();
        return {};
      },
      stop.get_token());
  CHECK(replaced);
  CHECK(library.is_replaced());
}

TEST_CASE("replace_original copies from another filesystem", "[replace]") {
  Library library;
  const fs::path other = "/dev/shm";
  if (!fs::exists(other) || status_of(other).st_dev == status_of(library.top()).st_dev) {
    AV1D_SKIP("no second filesystem");
  }
  std::string name = (other / "av1d-test-XXXXXX").string();
  const int fd = ::mkstemp(name.data());
  REQUIRE(fd >= 0);
  ::close(fd);
  std::string bytes(3 * 1024 * 1024 + 17, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 % 251);
  write_file(name, bytes);
  const auto replaced =
      replace_original(library.request, name, [](const ReplaceJournal&) { return Status{}; });
  CHECK(replaced);
  CHECK((read_file(library.request.source) == bytes));
  CHECK(library.leftovers().empty());
  CHECK(fs::remove(name));
}

TEST_CASE("replace_original takes names that are not text", "[replace]") {
  for (const char* name : {"a b'\".mkv", "-n\n.mkv", "%s$(x).mkv", "\xff\xfe.mkv", ".mkv"}) {
    Library library;
    fs::rename(library.request.source, library.request.root / name);
    library.request.source = library.request.final_path = library.request.root / name;
    library.probe_again();
    CHECK(preflight(library.request) == std::nullopt);
    CHECK(library.replace());
    CHECK(library.is_replaced());
  }
}
