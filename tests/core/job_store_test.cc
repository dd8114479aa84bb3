// The job directory: one writer, nothing lost, nothing foreign overwritten.
#include "av1d/job_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <thread>

#include "support/catch.h"
#include "support/jobs.h"
#include "support/temp_dir.h"

using namespace av1d;
using test::job_for;
using test::kStoreTime;
using test::read_file;
using test::TempDir;
using test::write_file;
using Warnings = std::vector<JobStore::LoadWarning>;

namespace {

std::unique_ptr<JobStore> opened(const fs::path& dir, Warnings& warnings) {
  auto store = JobStore::open(dir, warnings);
  INFO((store ? "" : store.error().message));
  REQUIRE(store.has_value());
  return std::move(*store);
}

std::unique_ptr<JobStore> opened(const fs::path& dir) {
  Warnings warnings;
  auto store = opened(dir, warnings);
  CHECK(warnings.empty());
  return store;
}

fs::path file_of(const fs::path& dir, const Job& job) {
  return dir / (job.id + ".json");
}

std::set<std::string> store_names(const fs::path& dir) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(dir)) names.insert(entry.path().filename());
  return names;
}

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a saved job is found again, also by the next daemon", "[job_store]") {
  const TempDir dir;
  Job job = job_for("/films/a.mkv");
  job.attempts = 2;
  {
    const auto store = opened(dir.path());
    REQUIRE(store->save(job, kStoreTime + std::chrono::milliseconds(999)));
    CHECK(job.updated_at == kStoreTime);
    CHECK(store->find(job.id)->attempts == 2);
    CHECK_FALSE(store->find("nothing"));
  }
  const auto next = opened(dir.path());
  REQUIRE(next->size() == 1);
  CHECK(to_json(*next->find(job.id)) == to_json(job));
  CHECK(to_json(next->with_status(job.status).at(0)) == to_json(job));
  CHECK(store_names(dir.path()) == std::set<std::string>{".lock", job.id + ".json"});
}

TEST_CASE("job files and directory are readable for all whatever the umask", "[job_store]") {
  const TempDir dir;
  const mode_t before = ::umask(0077);
  const fs::path jobs = dir / "state/av1d/jobs/";
  {
    const auto store = opened(jobs);
    Job job = job_for("/a.mkv");
    CHECK(store->save(job, kStoreTime, JobStore::Durability::durable));
    CHECK(mode_of(file_of(jobs, job)) == 0644);
  }
  ::umask(before);
  CHECK(mode_of(dir / "state/av1d/jobs") == 0755);
  CHECK(mode_of(dir / "state") == 0755);
}

TEST_CASE("a second daemon on one job directory is refused with the first one's pid",
          "[job_store]") {
  const TempDir dir;
  Warnings warnings;
  {
    const auto first = opened(dir.path());
    const auto second = JobStore::open(dir.path(), warnings);
    REQUIRE_FALSE(second);
    CHECK(second.error().errno_value == EWOULDBLOCK);
    CHECK_THAT(second.error().message, ContainsSubstring("pid " + std::to_string(::getpid())));
    CHECK(JobStore::open_read_only(dir.path(), warnings)->size() == 0);
  }
  CHECK(JobStore::open(dir.path(), warnings).has_value());
  CHECK(warnings.empty());
}

TEST_CASE("the lock is not followed through a link and does not pass to children", "[job_store]") {
  const TempDir dir;
  write_file(dir / "victim", "precious");
  fs::create_directory(dir / "jobs");
  fs::create_symlink(dir / "victim", dir / "jobs/.lock");
  Warnings warnings;
  const auto store = JobStore::open(dir / "jobs", warnings);
  REQUIRE_FALSE(store);
  CHECK(store.error().errno_value == ELOOP);
  CHECK(read_file(dir / "victim") == "precious");
}

TEST_CASE("files that are not jobs are kept, warned about and never overwritten", "[job_store]") {
  const TempDir dir;
  Job job = job_for("/a.mkv");
  Job newer = job_for("/newer.mkv");
  Job renamed = job_for("/renamed.mkv");
  std::string of_tomorrow = to_json(newer);
  of_tomorrow.replace(of_tomorrow.find("\"schema\": 1"), 11, "\"schema\": 2");
  write_file(file_of(dir.path(), job), to_json(job).substr(0, 100));
  write_file(file_of(dir.path(), newer), of_tomorrow);
  write_file(dir / (std::string(32, 'b') + ".json"), to_json(renamed));
  write_file(dir / "readme.json", "{}");
  write_file(dir / "notes.txt", "not looked at");
  fs::create_directory(dir / "directory.json");
  REQUIRE(::mkfifo((dir / "fifo.json").c_str(), 0644) == 0);
  Warnings warnings;
  const auto store = opened(dir.path(), warnings);
  CHECK(store->size() == 0);
  CHECK(warnings.size() == 6);

  for (Job* blocked : {&job, &newer}) {
    const std::string before = read_file(file_of(dir.path(), *blocked));
    const auto saved = store->save(*blocked, kStoreTime);
    REQUIRE_FALSE(saved);
    CHECK(saved.error().errno_value == EEXIST);
    CHECK(blocked->updated_at == Time{});
    CHECK(store->erase(blocked->id));
    CHECK(read_file(file_of(dir.path(), *blocked)) == before);
  }
  CHECK(store->save(renamed, kStoreTime));
}

TEST_CASE("a file without permission to read is warned about and never overwritten",
          "[job_store]") {
  if (::geteuid() == 0) AV1D_SKIP("root reads every file");
  const TempDir dir;
  Job job = job_for("/a.mkv");
  write_file(file_of(dir.path(), job), to_json(job));
  fs::permissions(file_of(dir.path(), job), fs::perms::none);
  Warnings warnings;
  const auto store = opened(dir.path(), warnings);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0].what, ContainsSubstring("Permission denied"));
  CHECK_FALSE(store->save(job, kStoreTime));
}

TEST_CASE("opening clears our temporaries away and nothing else", "[job_store]") {
  const TempDir dir;
  const Job job = job_for("/a.mkv");
  write_file(dir / ("." + job.id + ".tmp"), "half");
  write_file(dir / ".daemon", "heartbeat");
  write_file(dir / ".pause", "");
  write_file(dir / ".other.tmp", "");
  const auto store = opened(dir.path());
  CHECK(store_names(dir.path()) ==
        std::set<std::string>{".lock", ".daemon", ".pause", ".other.tmp"});
}

TEST_CASE("find_result knows what a success left behind by path, size and mtime", "[job_store]") {
  const TempDir dir;
  Job job = job_for("/a.avi");
  job.status = JobStatus::success;
  job.result = ResultStamp{"/a.mkv", 500, 42};
  FileStamp stamp;
  stamp.size_bytes = 500;
  stamp.mtime_ns = 42;
  stamp.inode = 99;
  {
    const auto store = opened(dir.path());
    REQUIRE(store->save(job, kStoreTime));
    CHECK(store->find_result("/a.mkv", stamp)->id == job.id);
    CHECK_FALSE(store->find_result("/a.avi", stamp));
  }
  const auto store = opened(dir.path());
  REQUIRE(store->find_result("/a.mkv", stamp));
  stamp.mtime_ns = 43;
  CHECK_FALSE(store->find_result("/a.mkv", stamp));
  job.result->mtime_ns = 43;
  REQUIRE(store->save(job, kStoreTime));
  CHECK(store->find_result("/a.mkv", stamp));
  stamp.mtime_ns = 42;
  CHECK_FALSE(store->find_result("/a.mkv", stamp));
  stamp.mtime_ns = 43;
  REQUIRE(store->erase(job.id));
  CHECK_FALSE(store->find_result("/a.mkv", stamp));
  CHECK_FALSE(fs::exists(file_of(dir.path(), job)));
}

TEST_CASE("a job whose file the owner deletes is forgotten unless it runs", "[job_store]") {
  const TempDir dir;
  const auto store = opened(dir.path());
  Job kept = job_for("/kept.mkv");
  Job deleted = job_for("/deleted.mkv");
  Job running = job_for("/running.mkv");
  running.status = JobStatus::running;
  for (Job* job : {&kept, &deleted, &running}) REQUIRE(store->save(*job, kStoreTime));
  CHECK(store->forget_deleted().value() == 0);
  fs::remove(file_of(dir.path(), deleted));
  fs::remove(file_of(dir.path(), running));
  CHECK(store->forget_deleted().value() == 1);
  CHECK(store->find(kept.id));
  CHECK_FALSE(store->find(deleted.id));
  CHECK(store->find(running.id));
  CHECK(store->save(running, kStoreTime));
}

TEST_CASE("a job directory that has gone or was exchanged makes nothing forgotten", "[job_store]") {
  const TempDir dir;
  const auto store = opened(dir / "jobs");
  Job job = job_for("/a.mkv");
  REQUIRE(store->save(job, kStoreTime));
  fs::rename(dir / "jobs", dir / "moved");
  CHECK_FALSE(store->forget_deleted());
  CHECK_FALSE(store->save(job, kStoreTime));
  fs::create_directory(dir / "jobs");
  CHECK_FALSE(store->forget_deleted());
  CHECK(store->find(job.id));
}

TEST_CASE("save refuses ids that are no ids and leaves nothing behind", "[job_store]") {
  const TempDir dir;
  const auto store = opened(dir / "jobs");
  Job job = job_for("/a.mkv");
  for (const std::string& id :
       {std::string(), std::string("../x"), std::string(32, 'g'), std::string(31, 'a')}) {
    job.id = id;
    CHECK_FALSE(store->save(job, kStoreTime));
  }
  CHECK(store_names(dir / "jobs") == std::set<std::string>{".lock"});
}

TEST_CASE("a read-only store of a missing directory is empty and creates nothing", "[job_store]") {
  const TempDir dir;
  Warnings warnings;
  const auto store = JobStore::open_read_only(dir / "none", warnings);
  CHECK(store->size() == 0);
  CHECK(warnings.empty());
  CHECK_FALSE(fs::exists(dir / "none"));
  Job job = job_for("/a.mkv");
  CHECK(store->save(job, kStoreTime).error().errno_value == EROFS);
  CHECK(store->erase(job.id).error().errno_value == EROFS);
}

TEST_CASE("a job directory that is a file is an error", "[job_store]") {
  const TempDir dir;
  write_file(dir / "jobs", "x");
  Warnings warnings;
  const auto store = JobStore::open(dir / "jobs", warnings);
  REQUIRE_FALSE(store);
  CHECK_THAT(store.error().message, ContainsSubstring("jobs"));
}

TEST_CASE("many threads may save and look up at the same time", "[job_store]") {
  const TempDir dir;
  const auto store = opened(dir.path());
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&store, t] {
      for (int i = 0; i < 50; ++i) {
        Job own = job_for("/films/" + std::to_string(t) + "-" + std::to_string(i));
        Job shared = job_for("/films/shared");
        static_cast<void>(store->save(own, kStoreTime));
        static_cast<void>(store->save(shared, kStoreTime));
        static_cast<void>(store->with_status(JobStatus::pending));
        if (i % 10 == 9) static_cast<void>(store->forget_deleted());
      }
    });
  }
  threads.clear();
  CHECK(store->size() == 201);
  CHECK(store_names(dir.path()).size() == 202);
}

// ---- What is known about reasons --------------------------------------------------------------

TEST_CASE("a digest changes with the keys that decide its reason and with no others",
          "[job_store]") {
  const Config config;
  Config smaller = config;
  smaller.min_bytes = 1;
  Config ratio = config;
  ratio.max_size_ratio = 0.5;
  const auto digest = [](ReasonCode code, const Config& c) {
    return decision_digest(code, c, "9.0");
  };
  CHECK(digest(ReasonCode::too_small, config) != digest(ReasonCode::too_small, smaller));
  CHECK(digest(ReasonCode::too_small, config) == digest(ReasonCode::too_small, ratio));
  CHECK(digest(ReasonCode::size_gate, config) != digest(ReasonCode::size_gate, ratio));
  CHECK(digest(ReasonCode::size_gate, config) == digest(ReasonCode::size_gate, smaller));
  CHECK(digest(ReasonCode::already_av1, config) == digest(ReasonCode::already_av1, ratio));
  Config nearer = config;
  nearer.min_xpsnr = 40;
  CHECK(digest(ReasonCode::quality_gate, config) != digest(ReasonCode::quality_gate, nearer));
  CHECK(digest(ReasonCode::size_gate, config) == digest(ReasonCode::size_gate, nearer));
  Config fewer = config;
  fewer.xpsnr_windows = 1;
  CHECK(digest(ReasonCode::quality_gate, config) != digest(ReasonCode::quality_gate, fewer));
  Config accepts = config;
  accepts.accept_loss.insert(Loss::captions);
  CHECK(digest(ReasonCode::captions, config) != digest(ReasonCode::captions, accepts));
}

TEST_CASE("a digest changes with FFmpeg where an encoder's answer decides", "[job_store]") {
  const Config config;
  for (const ReasonCode code :
       {ReasonCode::validation, ReasonCode::encoder_failed, ReasonCode::stalled,
        ReasonCode::damaged_source, ReasonCode::probe_failed, ReasonCode::size_gate}) {
    CHECK(decision_digest(code, config, "8.0") != decision_digest(code, config, "9.0"));
  }
  for (const ReasonCode code :
       {ReasonCode::too_small, ReasonCode::already_av1, ReasonCode::captions}) {
    CHECK(decision_digest(code, config, "8.0") == decision_digest(code, config, "9.0"));
  }
}

TEST_CASE("reasons that may pass by themselves are looked at every scan", "[job_store]") {
  for (const ReasonCode code :
       {ReasonCode::name_taken, ReasonCode::unreadable, ReasonCode::not_replaceable,
        ReasonCode::ownership, ReasonCode::fs_unsupported, ReasonCode::name_too_long,
        ReasonCode::orig_exists, ReasonCode::no_space, ReasonCode::source_changed,
        ReasonCode::interrupted, ReasonCode::io_error}) {
    INFO(to_string(code));
    CHECK(is_transient(code));
  }
  for (const ReasonCode code :
       {ReasonCode::size_gate, ReasonCode::validation, ReasonCode::encoder_failed,
        ReasonCode::already_av1, ReasonCode::damaged_source}) {
    INFO(to_string(code));
    CHECK_FALSE(is_transient(code));
  }
}

TEST_CASE("reason codes have their enumerators' names", "[job_store]") {
  CHECK(to_string(ReasonCode::marker) == "marker");
  CHECK(to_string(ReasonCode::size_gate) == "size_gate");
  CHECK(to_string(ReasonCode::replace_failed) == "replace_failed");
  std::set<std::string_view> names;
  const int last = static_cast<int>(ReasonCode::replace_failed);
  for (int i = 0; i <= last; ++i) names.insert(to_string(static_cast<ReasonCode>(i)));
  CHECK(names.size() == static_cast<std::size_t>(last) + 1);
}
