// Job <-> JSON: what is written is read back, and whatever else is read never crashes.
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "av1d/job_store.h"
#include "av1d/text.h"
#include "support/any_job.h"
#include "support/catch.h"

using namespace av1d;
using nlohmann::json;
using test::any_job;
using test::any_path;
using test::any_stamp;

namespace {

Job plain_job() {
  Job job;
  job.source_path = "/films/a.mkv";
  job.source.size_bytes = 4'000'000'000;
  job.source.mtime_ns = 1'700'000'000'123'456'789;
  job.id = job_id(job.source_path, job.source);
  return job;
}

// The plain job with one value of its JSON replaced: what parse_job says about it.
std::string mistake_with(const std::string& pointer, const json& value) {
  json document = json::parse(to_json(plain_job()));
  document[json::json_pointer(pointer)] = value;
  const auto job = parse_job(document.dump());
  return job ? "" : job.error().message;
}

std::string mistake_without(const std::string& key) {
  json document = json::parse(to_json(plain_job()));
  document.erase(key);
  const auto job = parse_job(document.dump());
  return job ? "" : job.error().message;
}

}  // namespace

TEST_CASE("every job comes back from its JSON as it was", "[job_json]") {
  CHECK_PROPERTY([] {
    const Job job = any_job();
    const std::string text = to_json(job);
    const auto back = parse_job(text);
    if (!back) RC_FAIL(back.error().message);
    // to_json() writes every member, and exactly where bytes count: equal texts are equal jobs.
    RC_ASSERT(to_json(*back) == text);
    RC_ASSERT(back->source_path.native() == job.source_path.native());
    RC_ASSERT(back->output_path.native() == job.output_path.native());
    RC_ASSERT(back->source == job.source);
    RC_ASSERT(back->status == job.status);
    RC_ASSERT(back->stage == job.stage);
    RC_ASSERT(back->reason == job.reason);
    RC_ASSERT(back->created_at == job.created_at);
    RC_ASSERT(back->retry_after == job.retry_after);
    RC_ASSERT(back->new_bytes == job.new_bytes);
    RC_ASSERT(back->encoder_used == job.encoder_used);
    RC_ASSERT(back->duration_secs == job.duration_secs);
    RC_ASSERT(back->argv == job.argv);
    RC_ASSERT(back->log_tail == job.log_tail);
    RC_ASSERT(back->journal == job.journal);
    RC_ASSERT(back->result == job.result);
  });
}

TEST_CASE("the names of a job file are the ones that jq users know", "[job_json]") {
  Job job = plain_job();
  job.status = JobStatus::skipped;
  job.stage = JobStage::validating;
  job.reason = Reason{ReasonCode::size_gate, "95 % of the original"};
  job.encoder_used = Encoder::svt;
  job.classification = Classification{SourceClass::web_like, 15, 0, {"token WEB-DL: web +10"}};
  job.progress = Progress{10, 100, 10.0, 2.5, 0.1, 5, 36.0};
  const json document = json::parse(to_json(job));
  CHECK(to_json(job).starts_with("{\n  \"schema\": 1,\n  \"id\": \"" + job.id + "\""));
  CHECK(to_json(job).ends_with("\n}\n"));
  for (const char* key :
       {"schema",         "id",          "source_path",  "output_path",    "status",
        "stage",          "reason",      "reason_code",  "attempts",       "created_at",
        "started_at",     "finished_at", "updated_at",   "original_bytes", "new_bytes",
        "encoder_used",   "crf_used",    "preset_used",  "video_codec",    "video_width",
        "video_height",   "is_hdr",      "source_class", "source",         "media",
        "classification", "plan",        "progress",     "log_tail",       "decision_digest",
        "interruptions",  "retry_after", "warnings",     "journal",        "result"}) {
    INFO(key);
    CHECK(document.contains(key));
  }
  CHECK(document["status"] == "skipped");
  CHECK(document["stage"] == "validating");
  CHECK(document["reason"] == "95 % of the original");
  CHECK(document["reason_code"] == "size_gate");
  CHECK(document["created_at"] == "1970-01-01T00:00:00Z");
  CHECK(document["started_at"].is_null());
  CHECK(document["encoder_used"] == "svt");
  CHECK(document["source_class"] == "web_like");
  CHECK(document["classification"]["web_score"] == 15);
  CHECK(document["source"]["size"] == 4'000'000'000);
  CHECK(document["source"]["link_count"] == 1);
  CHECK(document["media"]["duration_secs"].is_null());
  CHECK(document["plan"]["argv"] == json::array());
  CHECK(document["progress"]["eta_secs"] == 36.0);
  CHECK_FALSE(document.contains("source_path_base64"));
  CHECK_FALSE(document["plan"].contains("argv_base64"));
}

TEST_CASE("what is not known yet is null in a job file", "[job_json]") {
  const json document = json::parse(to_json(plain_job()));
  for (const char* key :
       {"output_path", "stage", "reason", "reason_code", "source_class", "new_bytes",
        "classification", "progress", "journal", "result", "retry_after"}) {
    INFO(key);
    CHECK(document[key].is_null());
  }
}

TEST_CASE("names that are not UTF-8 stand readably and exactly in a job file", "[job_json]") {
  Job job = plain_job();
  job.source_path = "/films/caf\xe9.mkv";
  job.argv = {"ffmpeg", "file:/films/caf\xe9.mkv"};
  job.log_tail = {"bad \xff line"};
  const json document = json::parse(to_json(job));
  CHECK(document["source_path"] == "/films/caf\\xe9.mkv");
  CHECK(document["source_path_base64"] == "L2ZpbG1zL2NhZukubWt2");
  CHECK(document["plan"]["argv"][1] == "file:/films/caf\\xe9.mkv");
  CHECK(document["plan"]["argv_base64"][0] == "ZmZtcGVn");
  CHECK(document["log_tail"][0] == "bad \\xff line");
  CHECK(parse_job(to_json(job))->argv == job.argv);
}

TEST_CASE("numbers that are none are written as null", "[job_json]") {
  Job job = plain_job();
  job.duration_secs = std::nan("");
  job.progress = Progress{};
  job.progress->fps = HUGE_VAL;
  const json document = json::parse(to_json(job));
  CHECK(document["media"]["duration_secs"].is_null());
  CHECK(document["progress"]["fps"].is_null());
  const auto back = parse_job(to_json(job));
  REQUIRE(back);
  CHECK_FALSE(back->duration_secs);
  CHECK(back->progress->fps == 0);
}

TEST_CASE("parse_job names the place of a mistake", "[job_json]") {
  const json null;
  CHECK(mistake_with("/attempts", -1) == "/attempts: must not be negative");
  CHECK(mistake_with("/attempts", 1.5) == "/attempts: must be a whole number");
  CHECK(mistake_with("/attempts", true) == "/attempts: must be a whole number");
  CHECK(mistake_with("/attempts", std::int64_t{1} << 40) == "/attempts: is out of range");
  CHECK(mistake_with("/source/link_count", std::int64_t{1} << 40) ==
        "/source/link_count: is out of range");
  CHECK(mistake_with("/source/size", -5) == "/source/size: must not be negative");
  CHECK(mistake_with("/source/size", null) == "/source/size: must not be null");
  CHECK(mistake_with("/source", 1) == "/source: must be an object");
  CHECK(mistake_with("/source", json::object()) == "/source/size: missing");
  CHECK(mistake_with("/source_path", 7) == "/source_path: must be a string");
  CHECK(mistake_with("/source_path", "") == "/source_path: must not be empty");
  CHECK(mistake_with("/source_path", std::string("a\0b", 3)) ==
        "/source_path: must not hold a NUL byte");
  CHECK(mistake_with("/source_path_base64", "a") == "/source_path_base64: is not base64");
  CHECK(mistake_with("/status", "sleeping") == "/status: 'sleeping' is not known");
  CHECK(mistake_with("/stage", "") == "/stage: '' is not known");
  CHECK(mistake_with("/reason_code", "weather") == "/reason_code: 'weather' is not known");
  CHECK(mistake_with("/is_hdr", 1) == "/is_hdr: must be true or false");
  CHECK(mistake_with("/log_tail", "x") == "/log_tail: must be a list");
  CHECK(mistake_with("/log_tail", json::array({"x", 1})) == "/log_tail/1: must be a string");
  CHECK(mistake_with("/plan/argv_base64", json::array({"!"})) ==
        "/plan/argv_base64: is not base64");
  CHECK(mistake_with("/media/duration_secs", "1") == "/media/duration_secs: must be a number");
  CHECK(mistake_with("/journal", json::object()) == "/journal/source: missing");
  CHECK(mistake_with("/result", json::object({{"path", "/x"}})) == "/result/size: missing");
  CHECK(mistake_with("/classification", json::object()) == "/classification/source_class: missing");
  CHECK(mistake_with("/id", "../../etc/passwd") == "/id: must be 32 hexadecimal digits");
  for (const char* key :
       {"id", "source_path", "status", "created_at", "updated_at", "source", "schema"}) {
    CHECK(mistake_without(key) == "/" + std::string(key) + ": missing");
  }
  CHECK(mistake_without("attempts").empty());
}

TEST_CASE("parse_job takes only times as it writes them", "[job_json]") {
  for (const char* time :
       {"2026-11-22", "2026-11-22T11:12:13+01:00", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z",
        "2026-11-22T11:60:00Z", "2026-11-22 11:12:13Z", "9999-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z", "2026-11-22T11:12:13Zx", ""}) {
    INFO(time);
    CHECK_THAT(mistake_with("/updated_at", time), ContainsSubstring("must be a time"));
  }
  CHECK(mistake_with("/updated_at", "2024-02-29T23:59:59Z").empty());
}

TEST_CASE("parse_job refuses a newer schema and ignores keys that it does not know", "[job_json]") {
  CHECK(mistake_with("/schema", 2) == "/schema: 2 is newer than this program (1)");
  CHECK(mistake_with("/schema", 0) == "/schema: must be a positive whole number");
  CHECK(mistake_with("/schema", "1") == "/schema: must be a positive whole number");
  CHECK(mistake_with("/of_tomorrow", json::object({{"x", 1}})).empty());
  CHECK(mistake_with("/source/of_tomorrow", 1).empty());
}

TEST_CASE("parse_job survives what is not a job at all", "[job_json]") {
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("[]"), std::string("\"x\""),
        std::string("{}"), std::string("{\"schema\":1e999}"), std::string("\xff\xfe"),
        std::string("{\"a\":\"\xff\"}"), std::string(1, '\0'), std::string("{\"schema\": 1}"),
        std::string("{\"schema\": 18446744073709551616}")}) {
    INFO(printable(text));
    CHECK_FALSE(parse_job(text));
  }
  for (const char* open : {"[", "{\"a\":"}) {
    std::string deep;
    while (deep.size() < 1'000'000) deep += open;
    CHECK_FALSE(parse_job(deep));
  }
  const std::string nested = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK(parse_job(nested).error().message == "not a job: nested too deeply");
  CHECK_FALSE(parse_job(std::string((4U << 20U) + 1, ' ')));
}

TEST_CASE("parse_job answers every damaged job file with a job or an error", "[job_json]") {
  Job job = plain_job();
  job.reason = Reason{ReasonCode::validation, "stream 1"};
  job.progress = Progress{};
  job.journal = ReplaceJournal{"/a", "/b", "/c", "/d", true, {}, {}};
  job.result = ResultStamp{"/b", 1, 2};
  job.argv = {"ffmpeg", "\xff"};
  const std::string text = to_json(job);
  for (std::size_t length = 0; length + 2 < text.size(); length += 7) {
    CHECK_FALSE(parse_job(text.substr(0, length)));
  }
  CHECK_PROPERTY([&] {
    std::string damaged = text;
    const int changes = *rc::gen::inRange(1, 4);
    for (int i = 0; i < changes; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, damaged.size());
      damaged[at] = *rc::gen::oneOf(rc::gen::arbitrary<char>(),
                                    rc::gen::element('"', '{', '}', '[', ']', ',', '-', '9', 'e'));
    }
    const auto read = parse_job(damaged);
    RC_ASSERT((read.has_value() || !read.error().message.empty()));
    if (read) RC_ASSERT(parse_job(to_json(*read)).has_value());
  });
  CHECK_PROPERTY([](const std::string& bytes) {
    const auto read = parse_job(bytes);
    RC_ASSERT((!read.has_value() && !read.error().message.empty()));
  });
}

TEST_CASE("job_id follows from path, size and mtime alone", "[job_json]") {
  CHECK(job_id("/films/a.mkv", plain_job().source) == plain_job().id);
  CHECK_PROPERTY([] {
    const fs::path path = any_path();
    const FileStamp stamp = any_stamp();
    const std::string id = job_id(path, stamp);
    RC_ASSERT(id.size() == 32U);
    RC_ASSERT(id.find_first_not_of("0123456789abcdef") == std::string::npos);
    FileStamp moved = any_stamp();  // as after a reboot on NFS
    moved.size_bytes = stamp.size_bytes;
    moved.mtime_ns = stamp.mtime_ns;
    RC_ASSERT(job_id(path, moved) == id);
    FileStamp larger = stamp;
    larger.size_bytes ^= 1U;
    RC_ASSERT(job_id(path, larger) != id);
    FileStamp newer = stamp;
    newer.mtime_ns ^= 1;
    RC_ASSERT(job_id(path, newer) != id);
    RC_ASSERT(job_id(path.native() + "1", stamp) != id);
  });
}

TEST_CASE("printable keeps every name readable and harmless", "[job_json]") {
  CHECK_PROPERTY([] {
    const std::string shown = printable(test::any_bytes());
    for (const char c : shown) RC_ASSERT((static_cast<unsigned char>(c) >= 0x20 && c != '\x7f'));
    RC_ASSERT(!json(shown).dump().empty());  // UTF-8, else dump() throws
  });
}
