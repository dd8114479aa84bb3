// When a file needs no new look: find_answer(), and what a reason makes of its job.
#include <set>

#include "daemon/pipeline.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;
using test::TempDir;

namespace {

constexpr const char* kVersion = "9.0.2";

Candidate candidate_of(const fs::path& path, std::uint64_t bytes = 3'000'000'000) {
  Candidate candidate;
  candidate.path = path;
  candidate.stamp.size_bytes = bytes;
  candidate.stamp.mtime_ns = 1'700'000'000'000'000'000;
  return candidate;
}

// A store with one job on one film.
class Shop {
 public:
  Shop() : store_(JobStore::open(dir_ / "jobs", warnings_).value()) {
    job.source_path = candidate.path;
    job.source = candidate.stamp;
    job.id = job_id(candidate.path, candidate.stamp);
  }

  // The job ends with `code`, decided under `config`.
  Shop& turn_down(ReasonCode code, int attempts = 1) {
    job.status = status_for(code);
    job.reason = Reason{code, "because"};
    job.decision_digest = decision_digest(code, config, kVersion);
    job.attempts = attempts;
    return save();
  }
  Shop& save() {
    REQUIRE(store_->save(job, Time{std::chrono::seconds(1'700'000'000)}).has_value());
    return *this;
  }
  bool answered(const std::string& version = kVersion) const {
    return find_answer(candidate, *store_, config, version).has_value();
  }

  Candidate candidate = candidate_of("/films/a.avi");
  Config config;
  Job job;

 private:
  TempDir dir_;
  std::vector<JobStore::LoadWarning> warnings_;
  std::unique_ptr<JobStore> store_;
};

}  // namespace

TEST_CASE("a file that no job knows is to be tried", "[answer]") {
  Shop shop;
  CHECK_FALSE(shop.answered());
}

TEST_CASE("a success is an answer, for its source and for its result", "[answer]") {
  Shop shop;
  shop.job.status = JobStatus::success;
  const Candidate result = candidate_of("/films/a.mkv", 1'000'000'000);
  shop.job.result = ResultStamp{result.path, result.stamp.size_bytes, result.stamp.mtime_ns};
  shop.save();
  CHECK(shop.answered());
  shop.candidate = result;
  CHECK(shop.answered());
  shop.config.min_bytes = 1;  // no key changes what was done
  CHECK(shop.answered("10.0"));
  shop.candidate.stamp.size_bytes += 1;
  CHECK_FALSE(shop.answered());
}

TEST_CASE("a new version of a file is to be tried", "[answer]") {
  Shop shop;
  shop.turn_down(ReasonCode::chroma);
  CHECK(shop.answered());
  shop.candidate.stamp.mtime_ns += 1;
  CHECK_FALSE(shop.answered());
  shop.candidate.stamp.mtime_ns -= 1;
  shop.candidate.stamp.inode += 1;  // may be another after a reboot
  CHECK(shop.answered());
}

TEST_CASE("a skip is decided anew when a key that decided it changes", "[answer]") {
  Shop shop;
  shop.turn_down(ReasonCode::captions);
  shop.config.max_size_ratio = 0.5;  // decides nothing about captions
  CHECK(shop.answered());
  shop.config.accept_loss = {Loss::captions};
  CHECK_FALSE(shop.answered());
}

TEST_CASE("the size gate's answer hangs on the ratio and on what shapes the encode", "[answer]") {
  Shop shop;
  shop.turn_down(ReasonCode::size_gate);
  CHECK(shop.answered());
  CHECK_FALSE(shop.answered("10.0"));
  shop.config.max_size_ratio = 0.95;
  CHECK_FALSE(shop.answered());
  shop.turn_down(ReasonCode::size_gate);
  shop.config.quality_tier = QualityTier::high;
  CHECK_FALSE(shop.answered());
}

TEST_CASE("what may pass by itself is looked at again", "[answer]") {
  const ReasonCode code =
      GENERATE(ReasonCode::no_space, ReasonCode::interrupted, ReasonCode::name_taken,
               ReasonCode::not_replaceable, ReasonCode::unreadable, ReasonCode::source_changed);
  Shop shop;
  shop.turn_down(code);
  CHECK_FALSE(shop.answered());
}

TEST_CASE("a failed validation and damage are one attempt", "[answer]") {
  const ReasonCode code = GENERATE(ReasonCode::validation, ReasonCode::damaged_source);
  Shop shop;
  shop.turn_down(code);
  CHECK(shop.answered());
}

TEST_CASE("stalls, killed encoders and I/O errors have max_attempts", "[answer]") {
  const ReasonCode code = GENERATE(ReasonCode::stalled, ReasonCode::encoder_failed,
                                   ReasonCode::io_error, ReasonCode::replace_failed);
  Shop shop;
  shop.config.max_attempts = 3;
  shop.turn_down(code, 2);
  CHECK_FALSE(shop.answered());
  shop.turn_down(code, 3);
  CHECK(shop.answered());
}

TEST_CASE("a job that still waits or runs is no answer", "[answer]") {
  Shop shop;
  shop.job.status = JobStatus::pending;
  shop.save();
  CHECK_FALSE(shop.answered());
  shop.job.status = JobStatus::running;
  shop.save();
  CHECK_FALSE(shop.answered());
}

TEST_CASE("status_for: failed is what went wrong, pending what passes, skipped the rest",
          "[answer]") {
  const std::set<ReasonCode> failed = {ReasonCode::validation, ReasonCode::encoder_failed,
                                       ReasonCode::stalled, ReasonCode::io_error,
                                       ReasonCode::replace_failed};
  const std::set<ReasonCode> pending = {ReasonCode::no_space, ReasonCode::interrupted};
  for (int i = 0; i <= static_cast<int>(ReasonCode::replace_failed); ++i) {
    const auto code = static_cast<ReasonCode>(i);
    INFO(to_string(code));
    CHECK(status_for(code) == (failed.contains(code)    ? JobStatus::failed
                               : pending.contains(code) ? JobStatus::pending
                                                        : JobStatus::skipped));
  }
}
