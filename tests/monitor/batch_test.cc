// The snapshot, the command line, and what people read about both.
#include "monitor/batch.h"

#include <nlohmann/json.hpp>

#include "jobs.h"
#include "monitor/columns.h"
#include "monitor/keys.h"
#include "monitor/listing.h"
#include "monitor/options.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;
using namespace av1d::test;
using monitor::Mode;
using monitor::parse_options;

namespace {

std::expected<monitor::Options, monitor::EarlyExit> parsed(std::vector<const char*> words) {
  words.insert(words.begin(), "av1top");
  return parse_options(static_cast<int>(words.size()), words.data());
}

HeaderFacts facts_of(const std::string& directory) {
  HeaderFacts facts;
  facts.directory = directory;
  return facts;
}

const JobTable& jobs() {
  static const JobTable kJobs =
      table_of({encoding_job("/f/now.mkv"), success_job("/f/caf\xe9\x1b[2J.mkv", 1'000'000'000)});
  return kJobs;
}

}  // namespace

TEST_CASE("the snapshot is plain text with whole names at the end of each line", "[batch]") {
  const auto list = list_jobs(jobs().rows(), {});
  const std::string text = batch_text(facts_of("/jobs"), jobs(), list, Charset::ascii, at(7200));
  CHECK_THAT(text, ContainsSubstring("av1d has not run here yet   /jobs\n"));
  CHECK_THAT(text, ContainsSubstring("STATUS     STAGE"));
  CHECK_THAT(text, ContainsSubstring("  now.mkv\n"));
  CHECK_THAT(text, ContainsSubstring("  caf\\xe9\\x1b[2J.mkv\n"));
  for (const char c : text) CHECK((c == '\n' || (c >= 0x20 && c < 0x7f)));
}

TEST_CASE("the snapshot as JSON holds the same", "[batch]") {
  const auto list = list_jobs(jobs().rows(), {});
  const auto json = nlohmann::json::parse(batch_json(facts_of("/jobs"), jobs(), list, at(7200)));
  CHECK(json["schema"] == 1);
  CHECK(json["taken_at"] == "2023-11-15T00:13:20Z");
  CHECK(json["daemon"]["life"] == "absent");
  CHECK(json["totals"]["running"] == 1);
  CHECK(json["totals"]["saved_bytes"] == 3'000'000'000);
  CHECK_FALSE(json["system"].contains("gpu"));
  REQUIRE(json["jobs"].size() == 2);
  CHECK(json["jobs"][0]["source_path"] == "/f/now.mkv");
  CHECK(json["jobs"][0]["progress"]["percent"] == 42.5);
  CHECK(json["jobs"][0]["new_bytes"].is_null());
  CHECK(json["jobs"][1]["source_path"] == "/f/caf\\xe9\\x1b[2J.mkv");
  CHECK(json["jobs"][1]["saved"] == 0.75);
}

TEST_CASE("av1top's options are read", "[monitor_options]") {
  CHECK(parsed({})->mode == Mode::screen);
  CHECK(parsed({"--batch"})->mode == Mode::batch);
  CHECK(parsed({"--batch", "--json"})->mode == Mode::batch_json);
  CHECK(parsed({"--job-state-dir", "/a b"})->job_state_dir == "/a b");
  CHECK(parsed({"--config=/e.toml"})->config_file == "/e.toml");
  CHECK(parsed({"--json"}).error().status == 64);
  CHECK(parsed({"--frobnicate"}).error().status == 64);
  CHECK_THAT(parsed({"films"}).error().text, ContainsSubstring("films"));
  CHECK(parsed({"--version"}).error().text == "av1top " AV1D_VERSION "\n");
}

TEST_CASE("av1top(1) has every option, key and column", "[monitor_documents]") {
  const std::string page = read_file(fs::path(AV1D_SOURCE_DIR) / "man/av1top.1");
  const std::string help = parsed({"--help"}).error().text;
  for (const char* option : {"config", "job-state-dir", "batch", "json", "version", "help"}) {
    CHECK_THAT(help, ContainsSubstring("--" + std::string(option)));
    std::string roff = std::string(option);
    for (std::size_t at = 0; (at = roff.find('-', at)) != std::string::npos; at += 2) {
      roff.replace(at, 1, "\\-");
    }
    CHECK_THAT(page, ContainsSubstring("\\-\\-" + roff));
  }
  for (const auto& key : all_keys()) {
    const auto entry = ".TP\n.B " + std::string(key.keys) + "\n" + std::string(key.meaning) + "\n";
    CHECK_THAT(page, ContainsSubstring(entry));
  }
  for (const auto& column : all_columns()) {
    const auto entry =
        ".TP\n.B " + std::string(column.title) + "\n" + std::string(column.meaning) + "\n";
    CHECK_THAT(page, ContainsSubstring(entry));
  }
}

TEST_CASE("every key of the table does what it says", "[keys]") {
  CHECK(action_of({KeyKind::up}) == Action::up);
  CHECK(action_of({KeyKind::character, 'G'}) == Action::end);
  CHECK(action_of({KeyKind::character, ' '}) == Action::page_down);
  CHECK_FALSE(action_of({KeyKind::character, 'x'}).has_value());
  CHECK_FALSE(action_of({KeyKind::character, 0x171}).has_value());  // its low byte is a 'q'
  CHECK_FALSE(action_of({KeyKind::backspace}).has_value());
}
