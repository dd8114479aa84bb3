// What the documents tell people to type works: each jq line of the README on job files of a real
// run, the schema of the job file, every option in man page, README and completion.
#include <regex>
#include <set>

#include "e2e/library.h"

namespace av1d::test {

namespace {

std::string document(const std::string& name) {
  return read_file(fs::path(AV1D_SOURCE_DIR) / name);
}

// Job files of every status but pending, made by av1d itself: one that succeeded, one that failed,
// one that was skipped, and one as it was while its encode ran.
class JobFiles {
 public:
  JobFiles() {
    library_.add("film \xff.mkv", plain_clip());
    library_.add("broken.mkv", short_clip());
    write_file(library_ / "text.mkv", "no film");
    const fs::path gate = library_.home() / "gate";
    library_.encode_with(
        "case \" $* \" in *\"/broken.mkv \"*) echo broken >&2; exit 1 ;; esac\n"
        "printf 'frame=3\\nfps=1.0\\ntotal_size=1000\\nspeed=0.1x\\n"
        "progress=continue\\n'\n"
        "while [ ! -e '" +
        gate.string() + "' ]; do sleep 0.05; done");
    Child av1d(library_.command({"--once"}), library_.surroundings());
    keep_running_job();
    write_file(gate, "");
    REQUIRE(av1d.finish().status == 1);
    for (const auto& entry : fs::directory_iterator(library_.config.job_state_dir)) {
      if (entry.path().extension() == ".json") fs::copy(entry.path(), directory());
    }
  }

  fs::path directory() const { return library_.home() / "copies"; }
  std::string succeeded() const { return library_.job(library_ / "film \xff.mkv").id + ".json"; }
  Words all() const {
    Words names;
    for (const auto& entry : fs::directory_iterator(directory())) names.push_back(entry.path());
    return names;
  }

 private:
  void keep_running_job() {
    fs::create_directories(directory());
    const bool found = eventually([&] { return copy_running_job(); }, std::chrono::minutes(2));
    REQUIRE(found);
  }
  bool copy_running_job() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(library_.config.job_state_dir, error)) {
      const auto job = parse_job(read_file(entry.path()));
      if (!job || !job->progress || job->progress->frame == 0) continue;
      write_file(directory() / "running.json", to_json(*job));
      return true;
    }
    return false;
  }

  Library library_;
};

// The lines of the README that begin with jq, as an owner would paste them.
Words jq_lines() {
  Words lines;
  for (const auto& line : lines_of(document("README.md"))) {
    if (line.starts_with("jq ")) lines.push_back(line);
  }
  return lines;
}

// The options of a program by its own word.
std::set<std::string> options_of(const std::string& program) {
  const Finished help = run({program, "--help"});
  std::set<std::string> options;
  for (const auto& line : lines_of(help.out)) {
    std::smatch found;
    const std::regex option("^ *(?:-[A-Za-z], *)?(--[a-z-]+).*");
    if (std::regex_match(line, found, option)) options.insert(found[1]);
  }
  return options;
}

// What bash offers for the last of `words`.
std::set<std::string> completions(const std::string& words) {
  const std::string script = fs::path(AV1D_SOURCE_DIR) / "packaging/completion/av1d";
  const Finished offered =
      run({"bash", "-c",
           ". '" + script + "'; COMP_WORDS=(" + words +
               ");"
               " COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _av1d \"${COMP_WORDS[0]}\";"
               " printf '%s\\n' \"${COMPREPLY[@]}\""});
  const Words lines = lines_of(offered.out);
  INFO(offered.err);
  CHECK(offered.err.empty());
  return {lines.begin(), lines.end()};
}

std::string replace_all(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

}  // namespace

TEST_CASE("the README's jq lines and the schema fit job files of a real run", "[e2e][documents]") {
  AV1D_NEEDS_FFMPEG();
  if (!can_run({"jq", "--version"})) AV1D_SKIP("jq is not installed");
  const JobFiles jobs;
  REQUIRE(jobs.all().size() == 4);
  const Words lines = jq_lines();
  CHECK(lines.size() >= 5);
  for (const auto& line : lines) {
    const std::string typed = replace_all(line, "ID.json", jobs.succeeded());
    const Finished answer = run({"sh", "-c", typed}, {jobs.directory(), {}});
    INFO(typed << '\n' << answer.err);
    CHECK(answer.status == 0);
    CHECK(answer.err.empty());
    CHECK(answer.out.size() > 1);
  }
  // Nothing here may keep the jq lines from being tried: the validator comes last.
  if (!can_run({"/usr/bin/python3", "-c", "import jsonschema"})) {
    AV1D_SKIP("the schema was not tried: python3-jsonschema is not installed");
  }
  const fs::path tests = fs::path(AV1D_SOURCE_DIR) / "tests";
  const Finished checked = run(Words{"/usr/bin/python3", tests / "support/check_jobs.py",
                                     fs::path(AV1D_SOURCE_DIR) / "docs/job.schema.json"} +
                               jobs.all());
  INFO(checked.out << checked.err);
  CHECK(checked.status == 0);
}

TEST_CASE("every option stands in av1d(1), in the README and in the completion",
          "[e2e][documents]") {
  const std::set<std::string> options = options_of(program());
  REQUIRE(options.contains("--once"));
  const std::string page = replace_all(document("man/av1d.1"), "\\-", "-");
  const std::string readme = document("README.md");
  for (const auto& option : options) {
    INFO(option);
    CHECK(std::regex_search(page, std::regex("\\.TP\n\\.BI? " + option + "\\b")));
    CHECK_THAT(readme, ContainsSubstring(option));
  }
  // And none that the program does not know.
  const std::regex entry("\\.TP\n\\.BI? (--[a-z-]+)");
  for (auto at = std::sregex_iterator(page.begin(), page.end(), entry);
       at != std::sregex_iterator(); ++at) {
    INFO((*at)[1]);
    CHECK(options.contains((*at)[1]));
  }
  CHECK(completions(program() + " --") == options);
  CHECK(completions(program() + " --dry") == std::set<std::string>{"--dry-run"});
}

TEST_CASE("the completion offers files where an option takes files", "[e2e][documents]") {
  const TempDir directory;
  const std::string config = write_file(directory / "mine.toml", "");
  const std::string film = write_file(directory / "a film.mkv", "");
  const std::string start = "'" + (directory.path() / "").string() + "'";
  const std::set<std::string> files = {config, film};
  CHECK(completions(program() + " --config " + start) == files);
  CHECK(completions(program() + " --explain x.mkv " + start) == files);
  CHECK(completions(program() + " --config x.toml --onc") == std::set<std::string>{"--once"});
}

}  // namespace av1d::test
