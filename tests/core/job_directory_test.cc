// The readers' side of job_state_dir.
#include "av1d/job_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;
using namespace av1d::test;

namespace {

Job saved_job(JobStore& store, const fs::path& path) {
  Job job;
  job.source_path = path;
  job.id = job_id(path, job.source);
  REQUIRE(store.save(job, Time(std::chrono::seconds(1'700'000'000))).has_value());
  return job;
}

std::unique_ptr<JobStore> open_store(const fs::path& path) {
  std::vector<JobStore::LoadWarning> warnings;
  auto store = JobStore::open(path, warnings);
  REQUIRE(store.has_value());
  return *std::move(store);
}

}  // namespace

TEST_CASE("a job directory lists and reads what the store wrote", "[job_directory]") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  const Job job = saved_job(*store, "/films/a.mkv");
  write_file(dir / ".pause", "");
  write_file(dir / "notes.txt", "");
  const auto directory = JobDirectory::open(dir.path());
  REQUIRE(directory.has_value());
  CHECK(directory->list() == std::vector<std::string>{job.id + ".json"});
  const auto head = directory->read_head(job.id + ".json");
  REQUIRE(head.has_value());
  CHECK(head->job.source_path == "/films/a.mkv");
  CHECK(head->stamp == directory->stamp(job.id + ".json"));
  CHECK(directory->read(job.id)->source_path == "/films/a.mkv");
}

TEST_CASE("a job that is saved again has another stamp", "[job_directory]") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  const auto directory = JobDirectory::open(dir.path());
  const std::string name = saved_job(*store, "/films/a.mkv").id + ".json";
  const auto before = directory->stamp(name);
  saved_job(*store, "/films/a.mkv");
  CHECK(before != directory->stamp(name));
}

TEST_CASE("what has vanished is told from what is no job", "[job_directory]") {
  const TempDir dir;
  const auto directory = JobDirectory::open(dir.path());
  const std::string name = std::string(32, 'a') + ".json";
  CHECK(directory->read_head(name).error().errno_value == ENOENT);
  CHECK(directory->stamp(name).error().errno_value == ENOENT);
  write_file(dir / name, "{\"schema\": 1, ");
  CHECK(directory->read_head(name).error().errno_value == 0);
  CHECK_FALSE(directory->read("../../etc/passwd").has_value());
}

TEST_CASE("the lock tells whether a daemon is there", "[job_directory]") {
  const TempDir dir;
  const auto directory = JobDirectory::open(dir.path());
  CHECK(directory->lock_state() == LockState::none);
  auto store = open_store(dir.path());
  CHECK(directory->lock_state() == LockState::held);
  store.reset();
  CHECK(directory->lock_state() == LockState::free);
  CHECK(open_store(dir.path()) != nullptr);  // asking has left nothing behind
}

TEST_CASE("a directory that is missing, no directory or replaced is an error", "[job_directory]") {
  const TempDir dir;
  CHECK(JobDirectory::open(dir / "none").error().errno_value == ENOENT);
  write_file(dir / "file", "");
  CHECK(JobDirectory::open(dir / "file").error().errno_value == ENOTDIR);
  fs::create_directory(dir / "jobs");
  const auto directory = JobDirectory::open(dir / "jobs");
  CHECK(directory->changed_at().has_value());
  fs::rename(dir / "jobs", dir / "old");
  CHECK_FALSE(directory->changed_at().has_value());
  fs::create_directory(dir / "jobs");
  CHECK(directory->changed_at().error().errno_value == ESTALE);
}

TEST_CASE("a directory that may be listed but not entered is an error", "[job_directory]") {
  if (::geteuid() == 0) AV1D_SKIP("root enters every directory");
  const TempDir dir;
  fs::create_directory(dir / "jobs");
  fs::permissions(dir / "jobs", fs::perms::owner_read);
  CHECK(JobDirectory::open(dir / "jobs").error().errno_value == EACCES);
  fs::permissions(dir / "jobs", fs::perms::owner_all);
}
