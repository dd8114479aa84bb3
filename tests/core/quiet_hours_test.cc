// The quiet part of the day, by literal times.
#include "av1d/quiet_hours.h"

#include "support/catch.h"

using namespace av1d;
using namespace std::chrono_literals;

TEST_CASE("quiet hours over midnight are quiet on both sides of it", "[quiet]") {
  const auto quiet = parse_quiet_hours("22:00-08:00");
  REQUIRE(quiet);
  CHECK_FALSE(quiet->contains(21h + 59min + 59s));
  CHECK(quiet->contains(22h));
  CHECK(quiet->contains(0h));
  CHECK(quiet->contains(7h + 59min + 59s));
  CHECK_FALSE(quiet->contains(8h));
  CHECK(quiet->until_change(21h) == 1h);
  CHECK(quiet->until_change(22h) == 10h);
  CHECK(quiet->until_change(1h) == 7h);
  CHECK(quiet->until_change(8h) == 14h);
}

TEST_CASE("quiet hours within a day end in it", "[quiet]") {
  const auto quiet = parse_quiet_hours("09:30-17:05");
  REQUIRE(quiet);
  CHECK_FALSE(quiet->contains(9h));
  CHECK(quiet->contains(9h + 30min));
  CHECK_FALSE(quiet->contains(17h + 5min));
  CHECK_FALSE(quiet->contains(23h));
}

TEST_CASE("parse_quiet_hours takes nothing but two different times", "[quiet]") {
  for (const char* text : {"", "22-08", "22:00", "22:00-8:00", "24:00-08:00", "22:60-08:00",
                           "22:00-22:00", "22:00 -08:00", "22:00-08:00 ", "-1:00-08:00"}) {
    INFO(text);
    CHECK_FALSE(parse_quiet_hours(text));
  }
}

TEST_CASE("what is quiet now is so until it changes, and not right after", "[quiet]") {
  CHECK_PROPERTY([] {
    using namespace std::chrono;
    const auto minute = [] { return minutes(*rc::gen::inRange(0, 24 * 60)); };
    const QuietHours quiet{minute(), minute()};
    RC_PRE(quiet.start != quiet.end);
    const seconds now(*rc::gen::inRange(0, 86400));
    const seconds wait = quiet.until_change(now);
    RC_ASSERT(wait > 0s);
    RC_ASSERT(wait <= 24h);
    RC_ASSERT(quiet.contains((now + wait - 1s) % 86400s) == quiet.contains(now));
    RC_ASSERT(quiet.contains((now + wait) % 86400s) != quiet.contains(now));
  });
}
