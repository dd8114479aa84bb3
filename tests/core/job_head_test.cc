// The head of a job file: what lists show, read without the rest.
#include "av1d/job_store.h"
#include "support/catch.h"

using namespace av1d;

namespace {

Time at(int seconds) {
  return Time(std::chrono::seconds(1'700'000'000 + seconds));
}

Job whole_job() {
  Job job;
  job.source_path = "/films/a b.mkv";
  job.source.size_bytes = job.original_bytes = 5'000'000'000;
  job.id = job_id(job.source_path, job.source);
  job.status = JobStatus::running;
  job.stage = JobStage::encoding;
  job.attempts = 2;
  job.created_at = at(0);
  job.started_at = at(1);
  job.updated_at = at(2);
  job.new_bytes = 1'000'000'000;
  job.encoder_used = Encoder::svt;
  job.crf_used = 23;
  job.video_codec = "hevc";
  job.video_width = 3840;
  job.video_height = 1600;
  job.is_hdr = true;
  job.progress = Progress{100, 200, 50.0, 24.0, 1.0, 500'000'000, 60.0};
  job.streams = {"0 video hevc"};
  job.argv = {"ffmpeg", "-i", "file:/films/a b.mkv"};
  job.log_tail = {"last words"};
  return job;
}

}  // namespace

TEST_CASE("parse_job_head reads what a list shows", "[job_head]") {
  const Job job = whole_job();
  const auto head = parse_job_head(to_json(job));
  REQUIRE(head.has_value());
  CHECK(head->id == job.id);
  CHECK(head->source_path == job.source_path);
  CHECK(head->status == job.status);
  CHECK(head->stage == job.stage);
  CHECK(head->attempts == 2);
  CHECK(head->created_at == job.created_at);
  CHECK(head->started_at == job.started_at);
  CHECK(head->original_bytes == job.original_bytes);
  CHECK(head->new_bytes == job.new_bytes);
  CHECK(head->encoder_used == job.encoder_used);
  CHECK(head->video_width == 3840);
  CHECK(head->is_hdr);
  REQUIRE(head->progress.has_value());
  CHECK(head->progress->percent == 50.0);
  CHECK(head->progress->eta_secs == 60.0);
  CHECK(head->argv.empty());
  CHECK(head->log_tail.empty());
}

TEST_CASE("parse_job_head keeps a path that is not UTF-8 exactly", "[job_head]") {
  Job job = whole_job();
  job.source_path = "/films/caf\xe9\x1b[2J.mkv";
  job.id = job_id(job.source_path, job.source);
  CHECK(parse_job_head(to_json(job))->source_path == job.source_path);
}

TEST_CASE("parse_job_head keeps the reason of a job that was turned down", "[job_head]") {
  Job job = whole_job();
  job.status = JobStatus::skipped;
  job.reason = Reason{ReasonCode::size_gate, "not small enough"};
  const auto head = parse_job_head(to_json(job));
  REQUIRE(head.has_value());
  CHECK(head->reason == job.reason);
}

TEST_CASE("parse_job_head reads no further than it must", "[job_head]") {
  Job job = whole_job();
  job.status = JobStatus::success;
  job.progress.reset();
  const std::string text = to_json(job);
  const auto cut = text.find("\"media\"");
  REQUIRE(cut != std::string::npos);
  CHECK(parse_job_head(text.substr(0, cut)).has_value());
  CHECK_FALSE(parse_job_head(text.substr(0, text.find("\"is_hdr\""))).has_value());
  // Whoever wrote the values in another order is read to the end.
  CHECK(parse_job_head("{\"plan\": {\"argv\": [\"x\", {}]}, " + text.substr(1)).has_value());
}

TEST_CASE("parse_job_head refuses a newer schema and what is no job", "[job_head]") {
  std::string text = to_json(whole_job());
  text.replace(text.find("\"schema\": 1"), 11, "\"schema\": 7");
  CHECK(parse_job_head(text).error().message == "/schema: 7 is newer than this program (1)");
  for (const std::string& other :
       {std::string(), std::string("null"), std::string("[]"), std::string("\"x\""),
        std::string("{}"), std::string("{\"schema\":1e999}"), std::string("{\"a\":\"\xff\"}"),
        std::string(100'000, '['), std::string("{\"progress\": 3}"), std::string(1, '\0')}) {
    CHECK_FALSE(parse_job_head(other));
  }
}

TEST_CASE("parse_job_head answers damaged text with a job or an error", "[job_head]") {
  const std::string text = to_json(whole_job());
  CHECK_PROPERTY([&] {
    std::string damaged = text;
    const auto place = *rc::gen::inRange<std::size_t>(0, damaged.size());
    damaged[place] = *rc::gen::oneOf(rc::gen::arbitrary<char>(), rc::gen::element('"', '{', '}'));
    damaged.resize(*rc::gen::inRange<std::size_t>(0, damaged.size() + 1));
    const auto head = parse_job_head(damaged);
    RC_ASSERT((head.has_value() || !head.error().message.empty()));
  });
}
