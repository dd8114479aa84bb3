// Two encodes must not both count on the same gigabytes.
#include "daemon/space.h"

#include <cerrno>
#include <limits>
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

}  // namespace

TEST_CASE("reserve counts what others were promised", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  const auto first = ledger.reserve(dir.path(), share(dir.path(), 60));
  REQUIRE(first.has_value());
  const auto second = ledger.reserve(dir.path(), share(dir.path(), 60));
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().errno_value == ENOSPC);
  CHECK_THAT(second.error().message, ContainsSubstring(dir.path().native()));
  CHECK_THAT(second.error().message, ContainsSubstring("of running jobs"));
  CHECK(ledger.reserve(dir.path(), share(dir.path(), 20)).has_value());
}

TEST_CASE("a reservation gives its bytes back when it goes", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  for (int round = 0; round < 5; ++round) {
    CHECK(ledger.reserve(dir.path(), share(dir.path(), 60)).has_value());
  }
}

TEST_CASE("a moved reservation counts once", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  SpaceLedger::Reservation kept;
  {
    auto made = ledger.reserve(dir.path(), share(dir.path(), 60));
    REQUIRE(made.has_value());
    kept = *std::move(made);
  }
  CHECK_FALSE(ledger.reserve(dir.path(), share(dir.path(), 60)).has_value());
  {
    const SpaceLedger::Reservation moved(std::move(kept));
    CHECK_FALSE(ledger.reserve(dir.path(), share(dir.path(), 60)).has_value());
  }
  CHECK(ledger.reserve(dir.path(), share(dir.path(), 60)).has_value());
}

TEST_CASE("assigning over a reservation gives the old one back", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  auto first = ledger.reserve(dir.path(), share(dir.path(), 60));
  REQUIRE(first.has_value());
  *first = SpaceLedger::Reservation();
  CHECK(ledger.reserve(dir.path(), share(dir.path(), 60)).has_value());
}

TEST_CASE("more than there is names the figures", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  const auto all = ledger.reserve(dir.path(), std::numeric_limits<std::uint64_t>::max());
  REQUIRE_FALSE(all.has_value());
  CHECK(all.error().errno_value == ENOSPC);
  CHECK_THAT(all.error().message, ContainsSubstring("16.0 EiB are needed"));
  CHECK(all.error().message.find("running jobs") == std::string::npos);
}

// promised + bytes wraps around.
TEST_CASE("an absurd amount is refused beside a reservation too", "[space]") {
  const TempDir dir;
  SpaceLedger ledger;
  const auto first = ledger.reserve(dir.path(), 2);
  REQUIRE(first.has_value());
  CHECK_FALSE(ledger.reserve(dir.path(), std::numeric_limits<std::uint64_t>::max()).has_value());
}

TEST_CASE("a directory that is not there is an error, not a full disk", "[space]") {
  SpaceLedger ledger;
  const TempDir dir;
  const auto none = ledger.reserve(dir / "gone", 1);
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().errno_value == ENOENT);
  CHECK_THAT(none.error().message, ContainsSubstring("gone': No such file or directory"));
  CHECK_FALSE(device_of(dir / "gone").has_value());
  CHECK(device_of(dir.path()).value() == device_of(dir.path() / ".").value());
}
