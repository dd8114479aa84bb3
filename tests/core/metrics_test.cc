// The metrics file: what Prometheus reads is whole, has units, and says what the jobs say.
#include "av1d/metrics.h"

#include <regex>
#include <set>
#include <sstream>

#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;

namespace {

Job job_of(JobStatus status) {
  Job job;
  job.status = status;
  return job;
}

Job success() {
  Job job = job_of(JobStatus::success);
  job.original_bytes = 1000;
  job.new_bytes = 400;
  job.encode_secs = 2.5;
  job.kept_original = ResultStamp{"/films/a.mkv.orig", 1000, 1};
  return job;
}

std::string page_of(const std::vector<Job>& jobs, const RunCounters& counters = {},
                    const Heartbeat& beat = {}) {
  Totals totals;
  for (const auto& job : jobs) totals.add(job);
  return format_metrics(totals, counters, beat);
}

bool has_line(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("format_metrics adds up the jobs on record", "[metrics]") {
  Job failed = job_of(JobStatus::failed);
  failed.reason = Reason{ReasonCode::validation, "frames are missing"};
  Job running = job_of(JobStatus::running);
  running.stage = JobStage::encoding;
  running.progress = Progress{};
  running.progress->fps = 12.5;
  const std::string page = page_of({success(), success(), failed, running, running});
  INFO(page);
  CHECK(has_line(page, "av1d_jobs{status=\"success\"} 2"));
  CHECK(has_line(page, "av1d_jobs{status=\"failed\"} 1"));
  CHECK(has_line(page, "av1d_jobs{status=\"skipped\"} 0"));
  CHECK(has_line(page, "av1d_reasons{status=\"failed\",reason_code=\"validation\"} 1"));
  CHECK(has_line(page, "av1d_replaced_original_bytes 2000"));
  CHECK(has_line(page, "av1d_replaced_new_bytes 800"));
  CHECK(has_line(page, "av1d_replaced_encode_seconds 5"));
  CHECK(has_line(page, "av1d_kept_originals 2"));
  CHECK(has_line(page, "av1d_kept_originals_bytes 2000"));
  CHECK(has_line(page, "av1d_encode_frames_per_second 25"));
}

TEST_CASE("format_metrics tells what the daemon does", "[metrics]") {
  Heartbeat beat;
  beat.version = "1.2 \"x\\y\"\n";
  beat.started_at = Time(std::chrono::seconds(1'700'000'000));
  beat.state = DaemonState::paused;
  beat.waiting = 7;
  beat.running = 2;
  beat.bytes = 12'345'678'901;
  RunCounters counters;
  counters.ended[JobStatus::failed] = 3;
  counters.encode_secs = 0.5;
  counters.hook_failures = 1;
  counters.originals_removed = 4;
  counters.last_scan = Time(std::chrono::seconds(1'700'000'001));
  const std::string page = page_of({}, counters, beat);
  INFO(page);
  CHECK(has_line(page, "av1d_build_info{version=\"1.2 \\\"x\\\\y\\\" \"} 1"));
  CHECK(has_line(page, "av1d_start_time_seconds 1700000000"));
  CHECK(has_line(page, "av1d_state{state=\"paused\"} 1"));
  CHECK(has_line(page, "av1d_state{state=\"running\"} 0"));
  CHECK(has_line(page, "av1d_queue_files 7"));
  CHECK(has_line(page, "av1d_queue_bytes 12345678901"));
  CHECK(has_line(page, "av1d_running_jobs 2"));
  CHECK(has_line(page, "av1d_ended_jobs_total{status=\"failed\"} 3"));
  CHECK(has_line(page, "av1d_ended_jobs_total{status=\"success\"} 0"));
  CHECK_THAT(page, !ContainsSubstring("av1d_ended_jobs_total{status=\"running\"}"));
  CHECK(has_line(page, "av1d_encode_seconds_total 0.5"));
  CHECK(has_line(page, "av1d_hook_failures_total 1"));
  CHECK(has_line(page, "av1d_removed_originals_total 4"));
  CHECK(has_line(page, "av1d_last_scan_timestamp_seconds 1700000001"));
}

TEST_CASE("format_metrics is what Prometheus can parse", "[metrics]") {
  RunCounters counters;
  counters.last_scan = Time{};
  const std::string page = page_of({success(), success()}, counters);
  CHECK(page.back() == '\n');
  const std::regex comment("# (HELP|TYPE) (av1d_[a-z_]+) .+");
  const std::regex sample(
      "(av1d_[a-z_]+)(\\{[a-z_]+=\"[^\"]*\"(,[a-z_]+=\"[^\"]*\")*\\})? [-+0-9.eE]+");
  std::set<std::string> described, seen;
  std::istringstream in(page);
  for (std::string line; std::getline(in, line);) {
    INFO(line);
    std::smatch found;
    if (std::regex_match(line, found, comment)) {
      if (found[1] == "TYPE") CHECK(described.insert(found[2]).second);  // each once
      continue;
    }
    REQUIRE(std::regex_match(line, found, sample));
    const std::string name = line.substr(0, line.find_first_of("{ "));
    CHECK(described.contains(name));
    const std::string key = line.substr(0, line.rfind(' '));
    CHECK(seen.insert(key).second);  // no series twice
  }
  CHECK(described.size() > 10);
}

TEST_CASE("write_metrics replaces the file whole and leaves nothing beside it", "[metrics]") {
  const test::TempDir dir;
  const fs::path file = dir / "av1d.prom";
  test::write_file(dir / ".av1d.prom.av1d-tmp", "left by a killed daemon");
  REQUIRE(write_metrics(file, "av1d_jobs 1\n"));
  REQUIRE(write_metrics(file, "av1d_jobs 2\n"));
  CHECK(test::read_file(file) == "av1d_jobs 2\n");
  CHECK(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()) == 1);
  CHECK((fs::status(file).permissions() & fs::perms::others_read) == fs::perms::others_read);
}

TEST_CASE("write_metrics says which directory is missing", "[metrics]") {
  const test::TempDir dir;
  const Status written = write_metrics(dir / "none/av1d.prom", "");
  REQUIRE_FALSE(written);
  CHECK_THAT(written.error().message, ContainsSubstring((dir / "none").string()));
}
