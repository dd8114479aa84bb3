// The line of progress that a person at a terminal sees.
#include "daemon/console.h"

#include <algorithm>

#include "support/catch.h"

using namespace av1d;

namespace {

Job job_at(double percent, JobStage stage = JobStage::encoding) {
  Job job;
  job.status = JobStatus::running;
  job.stage = stage;
  job.source_path = "/films/Some Film (1999).mkv";
  job.progress.emplace();
  job.progress->percent = percent;
  job.progress->fps = 23.4;
  return job;
}

bool has(const std::string& line, const std::string& part) {
  return line.find(part) != std::string::npos;
}

// Whether every byte belongs to a whole character.
bool is_utf8(const std::string& text) {
  std::size_t open = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues = (byte & 0xc0U) == 0x80U;
    if (continues != (open > 0)) return false;
    if (continues) {
      --open;
    } else {
      open = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
    }
  }
  return open == 0;
}

}  // namespace

TEST_CASE("progress_line shows stage, name, bar, percent, fps and ETA", "[console]") {
  Job job = job_at(42.5);
  job.progress->eta_secs = 5025;
  const std::string line = progress_line(job, 120);
  INFO(line);
  CHECK(line.starts_with("encoding "));
  CHECK(has(line, "Some Film (1999).mkv"));
  CHECK(has(line, "[#########...........]"));
  CHECK(has(line, " 42.5 %"));
  CHECK(has(line, "23.4 fps"));
  CHECK(has(line, "ETA 1h23m"));
}

TEST_CASE("progress_line says no ETA where there is none, no rate where nothing encodes",
          "[console]") {
  CHECK_FALSE(has(progress_line(job_at(10), 120), "ETA"));
  const std::string line = progress_line(job_at(10, JobStage::validating), 120);
  CHECK(line.starts_with("validating "));
  CHECK_FALSE(has(line, "fps"));
}

TEST_CASE("progress_line of a job that has no progress yet begins at nothing", "[console]") {
  Job job = job_at(0, JobStage::probing);
  job.progress.reset();
  CHECK(has(progress_line(job, 120), "[....................]   0.0 %"));
}

TEST_CASE("progress_line shows short times in minutes and seconds", "[console]") {
  Job job = job_at(99);
  job.progress->eta_secs = 61;
  CHECK(has(progress_line(job, 120), "ETA 1m01s"));
  job.progress->eta_secs = 0;
  CHECK(has(progress_line(job, 120), "ETA 0m00s"));
}

TEST_CASE("progress_line keeps both ends of a name that is too long", "[console]") {
  Job job = job_at(50);
  job.source_path = "/films/Begin " + std::string(200, 'x') + " End.mkv";
  const std::string line = progress_line(job, 100);
  INFO(line);
  CHECK(line.size() < 100);
  CHECK(has(line, "Begin "));
  CHECK(has(line, ".."));
  CHECK(has(line, "End.mkv ["));
  CHECK(has(line, "fps"));
}

TEST_CASE("progress_line is never as wide as the terminal, so that no line wraps", "[console]") {
  CHECK_PROPERTY([] {
    Job job = job_at(*rc::gen::inRange(0, 101),
                     *rc::gen::element(JobStage::probing, JobStage::encoding, JobStage::replacing));
    job.source_path = "/films/" + *rc::gen::nonEmpty<std::string>();
    if (*rc::gen::arbitrary<bool>()) job.progress->eta_secs = *rc::gen::inRange(0, 1'000'000);
    const auto columns = *rc::gen::inRange<std::size_t>(0, 200);
    const std::string line = progress_line(job, columns);
    RC_ASSERT(line.size() < std::max<std::size_t>(columns, 1));
    for (const char c : line) RC_ASSERT(static_cast<unsigned char>(c) >= 0x20);
  });
}

TEST_CASE("progress_line sends no escape sequence of a file name to the terminal", "[console]") {
  Job job = job_at(50);
  job.source_path = "/films/\x1b[2J\x07\n.mkv";
  CHECK(has(progress_line(job, 120), "\\x1b[2J\\x07\\x0a.mkv"));
}

// The name is cut by bytes, behind printable(), which no longer sees it.
TEST_CASE("progress_line never cuts a character in two", "[console]") {
  Job job = job_at(50);
  std::string name;
  while (name.size() < 200) name += "\u00e9\u4e2d";
  job.source_path = "/films/" + name;
  bool whole = true;
  for (std::size_t columns = 60; columns < 120; ++columns) {
    whole = whole && is_utf8(progress_line(job, columns));
  }
  CHECK(whole);
}
