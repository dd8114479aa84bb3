// The table follows the directory: told by inotify, or by looking.
#include "monitor/job_feed.h"

#include "jobs.h"
#include "support/catch.h"
#include "support/process.h"
#include "support/temp_dir.h"

using namespace av1d;
using namespace av1d::test;

namespace {

constexpr std::chrono::seconds kPatience{60};

// As the daemon does it: a new file and a rename.
void save(const fs::path& directory, const Job& job) {
  const fs::path draft = directory / ".draft";
  write_file(draft, to_json(job));
  fs::rename(draft, directory / (job.id + ".json"));
}

JobFeed open_feed(const fs::path& directory, FeedMethod method) {
  auto feed = JobFeed::open(directory, method);
  REQUIRE(feed.has_value());
  return *std::move(feed);
}

bool comes_to(JobFeed& feed, const std::function<bool()>& question) {
  return eventually(
      [&] {
        feed.update(JobFeed::Clock::time_point::max());
        return question();
      },
      kPatience);
}

const JobRow* row_in(const JobFeed& feed, const Job& job) {
  return feed.jobs().find(job_id_of(job.id));
}

}  // namespace

TEST_CASE("the table follows the job files", "[job_feed]") {
  const FeedMethod method = GENERATE(FeedMethod::automatic, FeedMethod::polling);
  const TempDir dir;
  save(dir.path(), job_of("/f/a.mkv", JobStatus::pending));
  JobFeed feed = open_feed(dir.path(), method);
  CHECK((feed.watch_fd() >= 0) == (method == FeedMethod::automatic));
  CHECK(feed.update(JobFeed::Clock::time_point::max()));
  CHECK(feed.jobs().rows().size() == 1);
  CHECK(feed.problem().empty());

  save(dir.path(), encoding_job("/f/b.mkv"));
  CHECK(comes_to(feed, [&] { return feed.jobs().rows().size() == 2; }));
  save(dir.path(), encoding_job("/f/b.mkv", 99.0));
  CHECK(comes_to(
      feed, [&] { return row_in(feed, encoding_job("/f/b.mkv"))->progress->percent == 99.0; }));
  fs::remove(dir / (job_of("/f/a.mkv", JobStatus::pending).id + ".json"));
  CHECK(comes_to(feed, [&] { return feed.jobs().rows().size() == 1; }));
}

TEST_CASE("nothing is read while nothing changes", "[job_feed]") {
  const TempDir dir;
  save(dir.path(), job_of("/f/a.mkv", JobStatus::pending));
  JobFeed feed = open_feed(dir.path(), FeedMethod::automatic);
  feed.update(JobFeed::Clock::time_point::max());
  for (int i = 0; i < 10; ++i) CHECK_FALSE(feed.update(JobFeed::Clock::time_point::max()));
}

TEST_CASE("reading stops at its deadline and goes on later", "[job_feed]") {
  const TempDir dir;
  for (int i = 0; i < 20; ++i) {
    save(dir.path(), job_of("/f/" + std::to_string(i), JobStatus::pending));
  }
  JobFeed feed = open_feed(dir.path(), FeedMethod::automatic);
  feed.update({});
  CHECK(feed.unread() == 20);
  CHECK(feed.jobs().rows().empty());
  feed.update(JobFeed::Clock::time_point::max());
  CHECK(feed.unread() == 0);
  CHECK(feed.jobs().rows().size() == 20);
}

TEST_CASE("files that are no jobs cost one sentence, and none when they are gone", "[job_feed]") {
  const TempDir dir;
  const Job job = job_of("/f/a.mkv", JobStatus::pending);
  std::string newer = to_json(job_of("/f/b.mkv", JobStatus::pending));
  newer.replace(newer.find("\"schema\": 1"), 11, "\"schema\": 9");
  write_file(dir / "b.json", newer);
  write_file(dir / (job.id + ".json"), to_json(job).substr(0, 50));
  fs::create_directory(dir / "directory.json");
  fs::create_symlink("nowhere", dir / "link.json");
  JobFeed feed = open_feed(dir.path(), FeedMethod::automatic);
  feed.update(JobFeed::Clock::time_point::max());
  CHECK(feed.jobs().rows().empty());
  CHECK_THAT(feed.problem(), ContainsSubstring("4 job files cannot be read: "));
  fs::remove(dir / "directory.json");
  fs::remove(dir / "link.json");
  fs::remove(dir / "b.json");
  CHECK(comes_to(feed, [&] { return feed.problem().starts_with(job.id); }));
  save(dir.path(), job);
  CHECK(comes_to(feed, [&] { return feed.problem().empty(); }));
  CHECK(feed.jobs().rows().size() == 1);
}

TEST_CASE("a directory that is removed and made again is followed", "[job_feed]") {
  const TempDir dir;
  fs::create_directory(dir / "jobs");
  save(dir / "jobs", job_of("/f/a.mkv", JobStatus::pending));
  JobFeed feed = open_feed(dir / "jobs", FeedMethod::automatic);
  feed.update(JobFeed::Clock::time_point::max());
  fs::rename(dir / "jobs", dir / "old");
  CHECK(comes_to(feed, [&] { return !feed.problem().empty(); }));
  CHECK(feed.jobs().rows().size() == 1);  // what was known stays on the screen
  fs::create_directory(dir / "jobs");
  save(dir / "jobs", job_of("/f/b.mkv", JobStatus::pending));
  save(dir / "jobs", job_of("/f/c.mkv", JobStatus::pending));
  CHECK(comes_to(feed, [&] { return feed.jobs().rows().size() == 2; }));
  CHECK(feed.problem().empty());
}

TEST_CASE("a flood of changes ends in what is there", "[job_feed]") {
  const TempDir dir;
  JobFeed feed = open_feed(dir.path(), FeedMethod::automatic);
  for (int i = 0; i < 2000; ++i) {
    save(dir.path(), encoding_job("/f/" + std::to_string(i % 7), i % 100 + 0.5));
    if (i % 500 == 0) feed.update({});
  }
  CHECK(comes_to(feed, [&] { return feed.jobs().rows().size() == 7 && feed.unread() == 0; }));
  for (const auto& row : feed.jobs().rows()) {
    const auto job = feed.directory().read(std::string(text_of(row.id)));
    REQUIRE(job.has_value());
    CHECK(row.progress->percent == job->progress->percent);
  }
}
