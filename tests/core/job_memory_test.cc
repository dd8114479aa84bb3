// What a job store keeps in memory, and what on disk alone.
#include <string>

#include "av1d/job_store.h"
#include "support/catch.h"
#include "support/jobs.h"
#include "support/temp_dir.h"

using namespace av1d;
using test::job_for;
using test::kStoreTime;
using test::read_file;
using test::TempDir;

namespace {

std::unique_ptr<JobStore> opened(const fs::path& dir) {
  std::vector<JobStore::LoadWarning> warnings;
  auto store = JobStore::open(dir, warnings);
  REQUIRE(store.has_value());
  CHECK(warnings.empty());
  return std::move(*store);
}

fs::path file_of(const fs::path& dir, const Job& job) {
  return dir / (job.id + ".json");
}

}  // namespace

TEST_CASE("the details of a job at rest stay on disk, whatever is saved later", "[job_store]") {
  const TempDir dir;
  const auto store = opened(dir.path());
  Job job = job_for("/films/a.mkv");
  job.status = JobStatus::running;
  job.argv = {"ffmpeg", "-i", "a"};
  job.streams = {"0 video h264"};
  job.plan_reasons = {"tier 1080"};
  job.log_tail = {"frame 1"};
  REQUIRE(store->save(job, kStoreTime));
  CHECK(store->find(job.id)->argv == job.argv);  // it runs: all of it is at hand
  job.status = JobStatus::failed;
  REQUIRE(store->save(job, kStoreTime));
  Job found = *store->find(job.id);
  CHECK(found.argv.empty());
  found.attempts = 7;
  REQUIRE(store->save(found, kStoreTime));
  const auto on_disk = parse_job(read_file(file_of(dir.path(), job)));
  REQUIRE(on_disk);
  CHECK(on_disk->attempts == 7);
  CHECK(on_disk->argv == job.argv);
  CHECK(on_disk->streams == job.streams);
  CHECK(on_disk->plan_reasons == job.plan_reasons);
  CHECK(on_disk->log_tail == job.log_tail);
  // A new attempt begins with a clean sheet.
  found.status = JobStatus::running;
  REQUIRE(store->save(found, kStoreTime));
  found.status = JobStatus::failed;
  found.argv.clear();
  found.streams.clear();
  found.plan_reasons.clear();
  found.log_tail.clear();
  REQUIRE(store->save(found, kStoreTime));
  CHECK(parse_job(read_file(file_of(dir.path(), job)))->log_tail.empty());
}

TEST_CASE("the totals of a store follow every change", "[job_store]") {
  const TempDir dir;
  {
    const auto store = opened(dir.path());
    Job job = job_for("/films/a.mkv", 100);
    job.original_bytes = 100;
    job.new_bytes = 40;
    REQUIRE(store->save(job, kStoreTime));
    CHECK(store->totals().count(JobStatus::pending) == 1);
    CHECK(store->totals().saved_bytes() == 0);
    job.status = JobStatus::success;
    REQUIRE(store->save(job, kStoreTime));
    Job other = job_for("/films/b.mkv");
    other.status = JobStatus::failed;
    REQUIRE(store->save(other, kStoreTime));
    REQUIRE(store->erase(other.id));
    CHECK(store->totals().count(JobStatus::pending) == 0);
    CHECK(store->totals().count(JobStatus::failed) == 0);
  }
  const auto again = opened(dir.path());
  CHECK(again->totals().count(JobStatus::success) == 1);
  CHECK(again->totals().bytes_before == 100);
  CHECK(again->totals().saved_bytes() == 60);
}
