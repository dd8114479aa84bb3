// What a job store keeps in memory, and what on disk alone.
#include <set>
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

TEST_CASE("the sums of a store are those of its jobs, however they came there", "[job_store]") {
  CHECK_PROPERTY([] {
    const TempDir dir;
    const auto store = opened(dir.path());
    for (int step = *rc::gen::inRange(1, 20); step > 0; --step) {
      Job job = job_for("/films/" + std::to_string(*rc::gen::inRange(0, 4)));
      job.status = static_cast<JobStatus>(*rc::gen::inRange(0, 5));
      job.stage = *rc::gen::element(JobStage::none, JobStage::encoding);
      job.original_bytes = *rc::gen::inRange(0U, 1000U);
      job.new_bytes = *rc::gen::inRange(0U, 1000U);
      job.encode_secs = *rc::gen::element(0.1, 0.7, 1e9, -1.0, 1e300);
      if (*rc::gen::arbitrary<bool>()) job.reason = Reason{ReasonCode::validation, "x"};
      if (*rc::gen::arbitrary<bool>()) job.kept_original = ResultStamp{"/a.orig", 5, 6};
      if (*rc::gen::arbitrary<bool>()) job.progress = Progress{1, 2, 50, 12.34, 1, 3, {}};
      if (*rc::gen::inRange(0, 5) == 0) {
        RC_ASSERT(store->erase(job.id).has_value());
      } else {
        RC_ASSERT(store->save(job, kStoreTime).has_value());
      }
    }
    Totals sums;
    store->visit([&](const Job& job) { sums.add(job); });
    RC_ASSERT(store->totals() == sums);
  });
}

TEST_CASE("a store finds jobs by status, and those that a dead daemon left", "[job_store]") {
  const TempDir dir;
  {
    const auto store = opened(dir.path());
    for (const JobStatus status :
         {JobStatus::pending, JobStatus::running, JobStatus::failed, JobStatus::skipped}) {
      Job job = job_for("/films/" + std::string(to_string(status)));
      job.status = status;
      REQUIRE(store->save(job, kStoreTime));
    }
    Job job = job_for("/films/undo");
    job.status = JobStatus::success;
    job.journal = ReplaceJournal{.source = "/films/undo",
                                 .final_path = "/films/undo",
                                 .staged = "/films/t",
                                 .old_name = "/films/o",
                                 .original = {},
                                 .staged_stamp = {}};
    REQUIRE(store->save(job, kStoreTime));
  }
  const auto store = opened(dir.path());
  REQUIRE(store->with_status(JobStatus::failed).size() == 1);
  CHECK(store->with_status(JobStatus::failed)[0].source_path == "/films/failed");
  CHECK(store->with_status(JobStatus::success).size() == 1);
  std::set<std::string> unfinished;
  std::string last_id;
  for (const Job& job : store->unfinished()) {
    unfinished.insert(job.source_path.filename());
    CHECK(last_id < job.id);
    last_id = job.id;
  }
  CHECK(unfinished == std::set<std::string>{"failed", "pending", "running", "undo"});
}
