// Which job files may go: time is an argument, the library is a temporary directory.
#include "daemon/history.h"

#include "av1d/scan.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;
using namespace std::chrono_literals;

namespace {

constexpr Time kNow = Time(std::chrono::days(20'000));

// A library with one film that stays, and the jobs of it and of others.
struct Past {
  test::TempDir dir;
  Config config;
  std::unique_ptr<JobStore> store;

  Past() {
    config.library_roots = {dir / "lib"};
    config.job_history_days = 30;
    test::write_file(dir / "lib" / "other.mkv", "a film that stays");
    std::vector<JobStore::LoadWarning> warnings;
    store = *JobStore::open(dir / "jobs", warnings);
  }
  // A job about a file that need not be there, ended `days` ago.
  Job add(const fs::path& path, int days, JobStatus status = JobStatus::skipped) const {
    Job job;
    job.source_path = path;
    if (const auto stamp = stamp_of(path)) job.source = *stamp;
    job.id = job_id(path, job.source);
    job.status = status;
    if (status == JobStatus::skipped) job.reason = Reason{ReasonCode::already_av1, "it is"};
    job.finished_at = kNow - std::chrono::days(days);
    REQUIRE(store->save(job, kNow));
    return job;
  }
  std::size_t tidy(const std::vector<fs::path>& absent = {}) const {
    return remove_history(*store, config, absent, kNow);
  }
};

}  // namespace

TEST_CASE("the job file of a film that is gone goes after job_history_days", "[history]") {
  const Past past;
  past.add(past.dir / "lib/old.mkv", 30);
  past.add(past.dir / "lib/young.mkv", 29);
  past.add(past.dir / "lib/was a directory/old.mkv", 99);
  CHECK(past.tidy() == 2);
  CHECK(past.store->size() == 1);
  CHECK(past.tidy() == 0);
}

TEST_CASE("the job file of a film that is there stays for ever", "[history]") {
  const Past past;
  past.add(past.dir / "lib/other.mkv", 9999);
  Job success = past.add(past.dir / "lib/gone.avi", 9999, JobStatus::success);
  const auto result = stamp_of(test::write_file(past.dir / "lib/gone.mkv", "the result"));
  REQUIRE(result);
  success.result = ResultStamp{past.dir / "lib/gone.mkv", result->size_bytes, result->mtime_ns};
  REQUIRE(past.store->save(success, kNow));
  CHECK(past.tidy() == 0);
  // And another film of that name is another film.
  test::write_file(past.dir / "lib/gone.mkv", "not the result");
  CHECK(past.tidy() == 1);
}

TEST_CASE("a job that is not over is no history", "[history]") {
  const Past past;
  past.add(past.dir / "lib/a.mkv", 99, JobStatus::pending);
  past.add(past.dir / "lib/b.mkv", 99, JobStatus::running);
  Job journal = past.add(past.dir / "lib/c.mkv", 99, JobStatus::failed);
  journal.journal.emplace();
  journal.journal->source = journal.journal->final_path = journal.source_path;
  REQUIRE(past.store->save(journal, kNow));
  CHECK(past.tidy() == 0);
}

TEST_CASE("nothing is forgotten where a mount may be away", "[history]") {
  Past past;
  past.add(past.dir / "lib/a.mkv", 99);
  past.add(past.dir / "lib/nas/film.mkv", 99);
  past.add(past.dir / "lib/nas/deep/er/film.mkv", 99);
  past.add("/elsewhere/film.mkv", 99);
  fs::create_directories(past.dir / "lib/nas");  // a mount point without its mount
  SECTION("below a root that is empty or missing") {
    CHECK(past.tidy({past.dir / "lib"}) == 0);
  }
  SECTION("below an empty directory, and outside the roots") {
    CHECK(past.tidy() == 1);
    CHECK(past.store->size() == 3);
  }
  SECTION("and never without the key") {
    past.config.job_history_days = 0;
    CHECK(past.tidy() == 0);
  }
}

TEST_CASE("a job that waits for a version that is gone is answered", "[history]") {
  const Past past;
  Claims claims;
  const auto pending = [&](const fs::path& path) {
    return past.add(path, 1, JobStatus::pending).id;
  };
  const auto close = [&](const std::vector<fs::path>& absent = {}) {
    return close_abandoned(*past.store, claims, past.config, absent, kNow);
  };
  const std::string gone = pending(past.dir / "lib/gone.mkv");
  const std::string there = pending(past.dir / "lib/other.mkv");
  pending(past.dir / "elsewhere/gone.mkv");
  CHECK(close({past.dir / "lib"}) == 0);
  {
    const auto claim = claims.take(past.dir / "lib/gone.mkv");
    CHECK(close() == 0);  // somebody is at work on it
  }
  CHECK(close() == 1);
  const auto closed = past.store->find(gone);
  REQUIRE(closed);
  CHECK(closed->status == JobStatus::skipped);
  CHECK(closed->reason.value().code == ReasonCode::source_changed);
  CHECK(past.store->find(there)->status == JobStatus::pending);
  test::write_file(past.dir / "lib/other.mkv", "a film that has grown meanwhile");
  CHECK(close() == 1);
  CHECK(past.store->find(there)->status == JobStatus::skipped);
  CHECK(close() == 0);
}
