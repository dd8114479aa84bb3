// What is said of a scan, and when a failure is tried again.
#include "daemon/look.h"

#include "daemon/pipeline.h"
#include "support/catch.h"

using namespace av1d;
using namespace std::chrono_literals;

TEST_CASE("the scan's line has each reason with its count, bytes and key", "[look]") {
  ScanReport report;
  report.files = 120;
  report.work = {3, 9'000'000'000};
  report.done = {80, 1'000'000'000'000};
  report.skipped[ReasonCode::too_small] = {17, 1'200'000'000};
  report.skipped[ReasonCode::no_video] = {1, 1024};
  report.failed[ReasonCode::validation] = {2, 2048};
  CHECK(report_line(report) ==
        "scan: 120 files, 3 to do (8.4 GiB), 80 done (931.3 GiB); skipped: 17 too_small (1.1 GiB, "
        "min_bytes), 1 no_video (1.0 KiB); failed: 2 validation (2.0 KiB)");
  CHECK(report_line({}) == "scan: 0 files, 0 to do");
}

TEST_CASE("failures that may pass are tried again later and later", "[look]") {
  CHECK(next_retry_delay({}, 60s) == 60s);
  CHECK(next_retry_delay(60s, 60s) == 120s);
  CHECK(next_retry_delay(1000s, 60s) == kMaxRetryDelay);
  CHECK(next_retry_delay({}, 24h) == kMaxRetryDelay);
  CHECK(next_retry_delay(-5s, 60s) == 1s);  // a clock that was set back
}

TEST_CASE("a retry that lies years ahead is one of half an hour", "[look]") {
  const Work work = work_of({}, Time::clock::now() + std::chrono::hours(100'000));
  REQUIRE(work.not_before);
  CHECK(*work.not_before <= Backlog::Clock::now() + kMaxRetryDelay);
  CHECK_FALSE(work_of({}, {}).not_before);
}
