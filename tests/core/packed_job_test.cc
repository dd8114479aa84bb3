// The two short forms of a job: packed in memory, and read without its details.
#include "packed_job.h"

#include <nlohmann/json.hpp>

#include "job_details.h"
#include "support/any_job.h"
#include "support/catch.h"

using namespace av1d;
using nlohmann::json;
using test::any_job;

namespace {

Job without_details(Job job) {
  move_details(job, Job{});
  return job;
}

// A job at rest with one value of its JSON replaced.
std::string altered(const std::string& pointer, const json& value) {
  Job job;
  job.source_path = "/films/a.mkv";
  job.id = job_id(job.source_path, job.source);
  job.status = JobStatus::success;
  job.argv = {"ffmpeg"};
  json document = json::parse(to_json(job));
  document[json::json_pointer(pointer)] = value;
  return document.dump();
}

}  // namespace

TEST_CASE("every job comes back as it was packed", "[packed_job]") {
  CHECK_PROPERTY([] {
    Job job = any_job();
    job.created_at += std::chrono::nanoseconds(*rc::gen::inRange(0, 999'999'999));
    const Job back = unpack_job(pack_job(job));
    RC_ASSERT(to_json(back) == to_json(job));
    RC_ASSERT(back.created_at == job.created_at);  // JSON has whole seconds only
    RC_ASSERT(back.source_path.native() == job.source_path.native());
    RC_ASSERT(back.output_path.native() == job.output_path.native());
    RC_ASSERT(back.argv == job.argv);
    RC_ASSERT(back.log_tail == job.log_tail);
    RC_ASSERT(back.journal == job.journal);
    RC_ASSERT(back.result == job.result);
  });
}

TEST_CASE("the paths of a packed job that are alike take the room of one", "[packed_job]") {
  Job job;
  job.source_path = "/films/" + std::string(100, 'x') + ".avi";
  const std::size_t alone = pack_job(job).size();
  job.output_path = "/films/" + std::string(100, 'x') + ".mkv";
  job.result = ResultStamp{job.output_path, 1, 2};
  CHECK(pack_job(job).size() < alone + 30);
  CHECK(unpack_job(pack_job(job)).result == job.result);
}

TEST_CASE("parse_job_outline reads what parse_job reads, but for the details", "[job_outline]") {
  CHECK_PROPERTY([] {
    Job job = any_job();
    job.argv = {"ffmpeg", "-i"};  // not UTF-8: kept, for parse_job() to look at
    const auto outline = parse_job_outline(to_json(job));
    RC_ASSERT(outline.has_value());
    RC_ASSERT(to_json(*outline) == to_json(without_details(*parse_job(to_json(job)))));
  });
}

TEST_CASE("parse_job_outline refuses whatever parse_job refuses", "[job_outline]") {
  REQUIRE(parse_job_outline(altered("/attempts", 1)));
  for (const auto& [pointer, value] :
       std::vector<std::pair<std::string, json>>{{"/attempts", -1},
                                                 {"/log_tail", "x"},
                                                 {"/log_tail", json::array({"x", 1})},
                                                 {"/log_tail", json::array({json::array({"x"})})},
                                                 {"/log_tail", json::array({json::object()})},
                                                 {"/plan/argv", json::object()},
                                                 {"/plan/argv_base64", json::array({"!"})},
                                                 {"/plan", json::array({json::array({"x"})})},
                                                 {"/media/streams", 7},
                                                 {"/schema", 2},
                                                 {"/id", "x"}}) {
    INFO(pointer << " " << value.dump());
    const std::string text = altered(pointer, value);
    REQUIRE_FALSE(parse_job(text));
    CHECK_FALSE(parse_job_outline(text));
  }
  const std::string whole = altered("/attempts", 1);
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    CHECK_FALSE(parse_job_outline(whole.substr(0, length)));
  }
  CHECK_FALSE(parse_job_outline(std::string(100'000, '[')));
  CHECK_FALSE(parse_job_outline("[[[\"log_tail\"]]]"));
}
