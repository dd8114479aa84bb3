// Two encodes must not both count on the same gigabytes.
#include "daemon/space.h"

#include <cerrno>
#include <limits>
#include <stop_token>
#include <thread>
#include <utility>

#include "av1d/replace.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;
using test::TempDir;

namespace {

// Others use the disk at the same time: shares of what is free are chosen with room for that.
std::uint64_t share(const fs::path& dir, unsigned percent) {
  const auto free = free_bytes(dir);
  REQUIRE(free.has_value());
  return *free / 100 * percent;
}

// Those who must not have to wait.
Result<SpaceLedger::Reservation> at_once(SpaceLedger& ledger, const fs::path& dir,
                                         std::uint64_t bytes) {
  std::stop_source stop;
  return ledger.reserve({dir}, bytes, stop.get_token(),
                        [&](const std::string&) { stop.request_stop(); });
}

}  // namespace

TEST_CASE("who needs what others were promised waits for them", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  auto first = at_once(ledger, dir.path(), share(dir.path(), 60));
  REQUIRE(first.has_value());
  CHECK(at_once(ledger, dir.path(), share(dir.path(), 20)).has_value());
  std::string said;
  const auto second =
      ledger.reserve({dir.path()}, share(dir.path(), 60), {}, [&](const std::string& shortage) {
        said += shortage;
        CHECK(ledger.waiting() == 1);
        *first = SpaceLedger::Reservation();
      });
  CHECK(second.has_value());
  CHECK(ledger.waiting() == 0);
  CHECK_THAT(said, ContainsSubstring(dir.path().native()));
  CHECK_THAT(said, ContainsSubstring("of running jobs"));
}

TEST_CASE("who waits for space is told about it once and wakes at each return", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  auto large = at_once(ledger, dir.path(), share(dir.path(), 40));
  auto small = at_once(ledger, dir.path(), share(dir.path(), 10));
  REQUIRE((large.has_value() && small.has_value()));
  int told = 0;
  std::jthread others;
  const auto wanted =
      ledger.reserve({dir.path()}, share(dir.path(), 70), {}, [&](const std::string&) {
        ++told;
        others = std::jthread([&] {
          *small = SpaceLedger::Reservation();
          *large = SpaceLedger::Reservation();
        });
      });
  CHECK(wanted.has_value());
  CHECK(told == 1);
}

TEST_CASE("a job that is stopped waits for space no longer", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  const auto first = at_once(ledger, dir.path(), share(dir.path(), 60));
  const auto second = at_once(ledger, dir.path(), share(dir.path(), 60));
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().errno_value == ECANCELED);
}

TEST_CASE("two directories of one filesystem need their space once", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  fs::create_directory(dir / "a");
  fs::create_directory(dir / "b");
  std::stop_source stop;
  CHECK(ledger
            .reserve({dir / "a", dir / "b"}, share(dir.path(), 60), stop.get_token(),
                     [&](const std::string&) { stop.request_stop(); })
            .has_value());
}

TEST_CASE("a reservation gives its bytes back when it goes", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  for (int round = 0; round < 5; ++round) {
    CHECK(at_once(ledger, dir.path(), share(dir.path(), 60)).has_value());
  }
}

TEST_CASE("a moved reservation counts once", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  SpaceLedger::Reservation kept;
  {
    auto made = at_once(ledger, dir.path(), share(dir.path(), 60));
    REQUIRE(made.has_value());
    kept = *std::move(made);
  }
  CHECK_FALSE(at_once(ledger, dir.path(), share(dir.path(), 60)).has_value());
  {
    const SpaceLedger::Reservation moved(std::move(kept));
    CHECK_FALSE(at_once(ledger, dir.path(), share(dir.path(), 60)).has_value());
  }
  CHECK(at_once(ledger, dir.path(), share(dir.path(), 60)).has_value());
}

TEST_CASE("assigning over a reservation gives the old one back", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  auto first = at_once(ledger, dir.path(), share(dir.path(), 60));
  REQUIRE(first.has_value());
  *first = SpaceLedger::Reservation();
  CHECK(at_once(ledger, dir.path(), share(dir.path(), 60)).has_value());
}

TEST_CASE("more than there is names the figures", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  const auto all = at_once(ledger, dir.path(), std::numeric_limits<std::uint64_t>::max());
  REQUIRE_FALSE(all.has_value());
  CHECK(all.error().errno_value == ENOSPC);
  CHECK_THAT(all.error().message, ContainsSubstring("16.0 EiB are needed"));
  CHECK(all.error().message.find("running jobs") == std::string::npos);
}

// promised + bytes wraps around.
TEST_CASE("an absurd amount is refused beside a reservation too", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  const auto first = at_once(ledger, dir.path(), 2);
  REQUIRE(first.has_value());
  CHECK_FALSE(at_once(ledger, dir.path(), std::numeric_limits<std::uint64_t>::max()).has_value());
}

TEST_CASE("a directory that is not there is an error, not a full disk", "[space]") {
  SpaceLedger ledger;
  const TempDir dir;
  const auto none = at_once(ledger, dir / "gone", 1);
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().errno_value == ENOENT);
  CHECK_THAT(none.error().message, ContainsSubstring("gone': No such file or directory"));
  CHECK_FALSE(device_of(dir / "gone").has_value());
  CHECK(device_of(dir.path()).value() == device_of(dir.path() / ".").value());
}
