// Files at rest: literal times, no clock.
#include "av1d/stability.h"

#include <string>

#include "support/catch.h"

using namespace av1d;
using namespace std::chrono_literals;
using StabilityTime = StabilityTracker::Clock::time_point;

namespace {

constexpr StabilityTime kStart{1000s};

FileStamp stamp_of_size(std::uint64_t bytes) {
  FileStamp stamp;
  stamp.size_bytes = bytes;
  return stamp;
}

}  // namespace

TEST_CASE("a file is stable when it has kept its stamp for the whole wait", "[stability]") {
  StabilityTracker tracker(10s);
  CHECK_FALSE(tracker.observe("/a.mkv", stamp_of_size(1), kStart));
  CHECK_FALSE(tracker.observe("/a.mkv", stamp_of_size(1), kStart + 9999ms));
  CHECK(tracker.observe("/a.mkv", stamp_of_size(1), kStart + 10s));
  CHECK(tracker.observe("/a.mkv", stamp_of_size(1), kStart + 11s));
}

TEST_CASE("any change of the stamp starts the wait anew", "[stability]") {
  FileStamp changed[5] = {};
  changed[0].size_bytes = 1;
  changed[1].mtime_ns = 1;
  changed[2].ctime_ns = 1;
  changed[3].inode = 1;
  changed[4].device = 1;
  for (const FileStamp& stamp : changed) {
    StabilityTracker tracker(10s);
    CHECK_FALSE(tracker.observe("/a.mkv", FileStamp{}, kStart));
    CHECK_FALSE(tracker.observe("/a.mkv", stamp, kStart + 9s));
    CHECK_FALSE(tracker.observe("/a.mkv", stamp, kStart + 18s));
    CHECK(tracker.observe("/a.mkv", stamp, kStart + 19s));
  }
}

TEST_CASE("a file that was called stable and changes again has to wait again", "[stability]") {
  StabilityTracker tracker(10s);
  tracker.observe("/a.mkv", stamp_of_size(1), kStart);
  REQUIRE(tracker.observe("/a.mkv", stamp_of_size(1), kStart + 10s));
  CHECK_FALSE(tracker.next_ready());
  CHECK_FALSE(tracker.observe("/a.mkv", stamp_of_size(2), kStart + 11s));
  CHECK(tracker.next_ready() == kStart + 21s);
}

TEST_CASE("ten thousand new files are ready together after one wait", "[stability]") {
  StabilityTracker tracker(10s);
  const auto path = [](int i) { return fs::path("/library/film " + std::to_string(i) + ".mkv"); };
  int ready = 0;
  for (int i = 0; i < 10'000; ++i)
    ready += tracker.observe(path(i), stamp_of_size(7), kStart) ? 1 : 0;
  CHECK(ready == 0);
  CHECK(tracker.waiting() == 10'000);
  CHECK(tracker.next_ready() == kStart + 10s);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t bytes = i == 5000 ? 8 : 7;  // one is still being copied
    ready += tracker.observe(path(i), stamp_of_size(bytes), kStart + 10s) ? 1 : 0;
  }
  CHECK(ready == 9'999);
  CHECK(tracker.next_ready() == kStart + 20s);
}

TEST_CASE("a wait of nothing is over at once", "[stability]") {
  StabilityTracker tracker(0s);
  CHECK(tracker.observe("/a.mkv", stamp_of_size(1), kStart));
}

TEST_CASE("a forgotten file starts anew", "[stability]") {
  StabilityTracker tracker(10s);
  tracker.observe("/a.mkv", stamp_of_size(1), kStart);
  tracker.forget("/a.mkv");
  tracker.forget("/never-seen.mkv");
  CHECK(tracker.waiting() == 0);
  CHECK_FALSE(tracker.next_ready());
  CHECK_FALSE(tracker.observe("/a.mkv", stamp_of_size(1), kStart + 10s));
}

TEST_CASE("next_ready is the earliest of those that wait", "[stability]") {
  StabilityTracker tracker(10s);
  tracker.observe("/b.mkv", stamp_of_size(1), kStart + 3s);
  tracker.observe("/a.mkv", stamp_of_size(1), kStart + 5s);
  CHECK(tracker.next_ready() == kStart + 13s);
  tracker.forget("/b.mkv");
  CHECK(tracker.next_ready() == kStart + 15s);
}
