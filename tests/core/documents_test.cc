// What people read says what the program does: the keys and reasons in the README, av1d.toml(5),
// which is made from config.toml, and the description of the job file, each against the program.
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "av1d/config.h"
#include "av1d/job_store.h"
#include "reasons.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;

namespace {

using Entry = std::pair<std::string, std::string>;  // a key and its default as TOML

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// What stands between the first `before` and the next `after`; nothing where one is missing.
std::optional<std::string> between(const std::string& text, const std::string& before,
                                   const std::string& after) {
  const std::size_t from = text.find(before);
  if (from == std::string::npos) return std::nullopt;
  const std::size_t start = from + before.size();
  const std::size_t end = text.find(after, start);
  if (end == std::string::npos) return std::nullopt;
  return text.substr(start, end - start);
}

std::string document(const std::string& name) {
  return test::read_file(fs::path(AV1D_SOURCE_DIR) / name);
}

// The rows "| `key` | `default` | ..." of the README's section on the configuration.
std::vector<Entry> table_of_readme() {
  const std::string readme = document("README.md");
  const auto section = between(readme, "\n## Configuration\n", "\n## ");
  REQUIRE(section);
  std::vector<Entry> rows;
  for (const auto& line : lines_of(*section)) {
    if (!line.starts_with("| `")) continue;
    INFO(line);
    const auto value = between(line, "` | `", "` |");
    REQUIRE(value);
    rows.emplace_back(*between(line, "| `", "`"), *value);
  }
  return rows;
}

// roff's words for characters, back to the characters.
std::string plain(std::string text) {
  for (const auto& [word, character] : {Entry{"\\(dq", "\""}, Entry{"\\-", "-"}}) {
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos;) {
      text.replace(at, word.size(), character);
    }
  }
  return text;
}

// The entries `.BR key " = default"` of av1d.toml(5).
std::vector<Entry> list_of_man_page() {
  std::vector<Entry> entries;
  for (const auto& line : lines_of(test::read_file(fs::path(AV1D_MAN_DIR) / "av1d.toml.5"))) {
    if (const auto key = between(line, ".BR ", " \" = ")) {
      entries.emplace_back(*key, plain(*between(line + "\n", " \" = ", "\"\n")));
    }
  }
  return entries;
}

// The same keys in the same order as the program's, each with its default.
void check_entries(const std::vector<Entry>& entries, const Config& defaults) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : entries) {
    INFO(key << " = " << value);
    keys.push_back(key);
    const auto read = parse_config(key + " = " + value, "documented");
    REQUIRE(read);
    CHECK(config_value(*read, key) == config_value(defaults, key));
  }
  CHECK(keys == config_keys());
}

// A job in which every value is there.
Job whole_job() {
  Job job;
  job.source_path = job.output_path = "/films/a.mkv";
  job.id = job_id(job.source_path, job.source);
  job.stage = JobStage::replacing;
  job.reason = Reason{ReasonCode::size_gate, "too large"};
  job.started_at = job.finished_at = job.retry_after = Time{};
  job.new_bytes = 1;
  job.encoder_used = Encoder::svt;
  job.crf_used = job.preset_used = 1;
  job.video_codec = job.format_name = "h264";
  job.duration_secs = 1;
  job.classification.emplace();
  job.progress.emplace();
  job.quality = MeasuredQuality{40, 41, {{60, 5, 120, 40}}};
  job.journal.emplace();
  job.result.emplace();
  job.kept_original.emplace();
  job.encode_secs = 1;
  return job;
}

using nlohmann::json;

// The members of `value` and of the schema's object, deeply, as far as both have them.
void check_members(const json& value, const json& object, const json& schema,
                   const std::string& page) {
  const json& shape =
      object.contains("$ref")
          ? schema.at(json::json_pointer(object["$ref"].get<std::string>().substr(1)))
          : object;
  if (!value.is_object()) return;
  for (const auto& [name, member] : value.items()) {
    INFO("job.schema.json: " << name);
    REQUIRE(shape["properties"].contains(name));
    check_members(member, shape["properties"][name], schema, page);
  }
  for (const auto& [name, member] : shape["properties"].items()) {
    INFO("job-file.md, job JSON: " << name);
    CHECK_THAT(page, ContainsSubstring("`" + name + "`"));
    CHECK(value.contains(name));
  }
}

}  // namespace

TEST_CASE("the README's table has every key of the configuration with its default", "[documents]") {
  check_entries(table_of_readme(), Config{});
}

TEST_CASE("av1d.toml(5) has every key of the configuration with its default", "[documents]") {
  Config shown;
  shown.library_roots = {"/media/movies", "/media/tv"};  // the example of the installed file
  check_entries(list_of_man_page(), shown);
}

TEST_CASE("the README explains every reason of the program", "[documents]") {
  const std::string readme = document("README.md");
  for (const auto& facts : all_reasons()) {
    CHECK_THAT(readme, ContainsSubstring("`" + std::string(facts.name) + "`"));
  }
}

TEST_CASE("job-file.md and job.schema.json have every field of a job file", "[documents]") {
  const json schema = json::parse(document("docs/job.schema.json"));
  check_members(json::parse(to_json(whole_job())), schema, schema, document("docs/job-file.md"));
}
