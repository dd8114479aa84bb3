// Files that wait: literal times, no clock.
#include "av1d/backlog.h"

#include <map>

#include "support/catch.h"

using namespace av1d;
using namespace std::chrono_literals;

namespace {

constexpr Backlog::Clock::time_point kStart{1000s};

Work file(const std::string& path, std::uint64_t bytes, std::int64_t mtime_ns = 0) {
  Work work;
  work.candidate.path = path;
  work.candidate.stamp.size_bytes = bytes;
  work.candidate.stamp.mtime_ns = mtime_ns;
  return work;
}

std::vector<std::string> drain(Backlog& backlog, Backlog::Clock::time_point now) {
  std::vector<std::string> paths;
  while (const auto next = backlog.take(now)) paths.push_back(next->path.native());
  return paths;
}

using Paths = std::vector<std::string>;

std::vector<Work> files_of(const std::map<std::string, std::uint64_t>& sizes) {
  std::vector<Work> files;
  for (const auto& [path, bytes] : sizes) files.push_back(file(path, bytes));
  return files;
}

}  // namespace

TEST_CASE("a file is ready when it has kept its stamp for the whole rest", "[backlog]") {
  Backlog backlog(Order::path, 10s);
  backlog.put(file("/a.mkv", 1), kStart);
  backlog.put(file("/a.mkv", 1), kStart + 5s);
  CHECK_FALSE(backlog.take(kStart + 9999ms));
  CHECK(backlog.next_ready() == kStart + 10s);
  REQUIRE(backlog.take(kStart + 10s));
  CHECK(backlog.size() == 0);
  CHECK_FALSE(backlog.next_ready());
}

TEST_CASE("any change of the stamp starts the rest anew", "[backlog]") {
  FileStamp changed[5] = {};
  changed[0].size_bytes = 1;
  changed[1].mtime_ns = 1;
  changed[2].ctime_ns = 1;
  changed[3].inode = 1;
  changed[4].device = 1;
  for (const FileStamp& stamp : changed) {
    Backlog backlog(Order::path, 10s);
    Work work = file("/a.mkv", 0);
    backlog.put(work, kStart);
    work.candidate.stamp = stamp;
    backlog.put(work, kStart + 9s);
    CHECK_FALSE(backlog.take(kStart + 18s));
    const auto taken = backlog.take(kStart + 19s);
    REQUIRE(taken);
    CHECK(taken->stamp == stamp);
  }
}

TEST_CASE("a file that was ready and changes has to rest again", "[backlog]") {
  Backlog backlog(Order::path, 10s);
  backlog.put(file("/a.mkv", 1), kStart);
  backlog.put(file("/b.mkv", 1), kStart);
  REQUIRE(backlog.take(kStart + 10s)->path == "/a.mkv");
  backlog.put(file("/b.mkv", 2), kStart + 11s);
  CHECK_FALSE(backlog.take(kStart + 20s));
  CHECK(backlog.take(kStart + 21s));
}

TEST_CASE("ten thousand new files are ready together after one rest", "[backlog]") {
  Backlog backlog(Order::biggest_first, 10s);
  std::vector<Work> found;
  for (int i = 0; i < 10'000; ++i) found.push_back(file("/film " + std::to_string(i), 7));
  backlog.replace(found, kStart);
  CHECK(backlog.size() == 10'000);
  CHECK(backlog.bytes() == 70'000);
  found[5000] = file("/film 5000", 8);  // one is still being copied
  backlog.replace(found, kStart + 9s);
  CHECK_FALSE(backlog.take(kStart + 9s));
  CHECK(drain(backlog, kStart + 10s).size() == 9'999);
  CHECK(backlog.next_ready() == kStart + 19s);
  CHECK(backlog.bytes() == 8);
}

TEST_CASE("the order says whose turn it is", "[backlog]") {
  const std::vector<Work> found = {file("/b", 5, 300), file("/a", 5, 200), file("/c", 9, 100)};
  const auto order = [&](Order wanted) {
    Backlog backlog(wanted, 0s);
    backlog.replace(found, kStart);
    return drain(backlog, kStart);
  };
  CHECK(order(Order::biggest_first) == Paths{"/c", "/a", "/b"});
  CHECK(order(Order::oldest_first) == Paths{"/c", "/a", "/b"});
  CHECK(order(Order::newest_first) == Paths{"/b", "/a", "/c"});
  CHECK(order(Order::path) == Paths{"/a", "/b", "/c"});
}

TEST_CASE("a file that a scan no longer finds leaves the queue", "[backlog]") {
  Backlog backlog(Order::path, 0s);
  backlog.replace({file("/a", 1), file("/b", 1)}, kStart);
  CHECK(backlog.next_ready() <= kStart);
  backlog.replace({file("/b", 1)}, kStart);
  CHECK(drain(backlog, kStart) == Paths{"/b"});
  backlog.put(file("/c", 1), kStart);
  backlog.replace({}, kStart);
  CHECK(backlog.size() == 0);
  CHECK(backlog.bytes() == 0);
}

TEST_CASE("a file that is to be tried again later waits for that too", "[backlog]") {
  Backlog backlog(Order::path, 10s);
  Work later = file("/a", 1);
  later.not_before = kStart + 60s;
  backlog.put(later, kStart);
  CHECK(backlog.next_ready() == kStart + 60s);
  CHECK_FALSE(backlog.take(kStart + 59s));
  CHECK(backlog.take(kStart + 60s));
}

TEST_CASE("new rules count for those that wait", "[backlog]") {
  Backlog backlog(Order::path, 1h);
  backlog.replace({file("/a", 1), file("/b", 2)}, kStart);
  backlog.set_rules(Order::biggest_first, 10s);
  CHECK(backlog.bytes() == 3);
  CHECK(drain(backlog, kStart + 10s) == Paths{"/b", "/a"});
}

TEST_CASE("whatever comes and goes, the backlog's figures are those of its files", "[backlog]") {
  CHECK_PROPERTY([] {
    Backlog backlog(Order::biggest_first, 5s);
    std::map<std::string, std::uint64_t> model;
    auto now = kStart;
    for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1000))) {
      const std::string path = "/" + std::to_string(step % 7);
      now += 1s;
      if (step % 3 == 0) {
        model.erase(path);
        backlog.replace(files_of(model), now);
      } else if (step % 3 == 1) {
        const auto bytes = static_cast<std::uint64_t>(step);
        backlog.put(file(path, bytes), now);
        model[path] = bytes;
      } else if (const auto taken = backlog.take(now)) {
        RC_ASSERT(model.at(taken->path.native()) == taken->stamp.size_bytes);
        model.erase(taken->path.native());
      }
      std::uint64_t bytes = 0;
      for (const auto& [name, size] : model) bytes += size;
      RC_ASSERT(backlog.size() == model.size());
      RC_ASSERT(backlog.bytes() == bytes);
      RC_ASSERT(backlog.next_ready().has_value() == !model.empty());
    }
  });
}
