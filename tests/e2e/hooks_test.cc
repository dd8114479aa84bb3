// Hooks and metrics of the real program.
#include <set>

#include "e2e/library.h"

namespace av1d::test {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A command that leaves the event and the name of each film it hears of as a file in `said`.
class Listener {
 public:
  explicit Listener(const Library& library) : said_(library.home() / "said") {
    fs::create_directories(said_);
    program_ = library.script(
        "listener", "cat >'" + said_.string() + "'/\"$AV1D_EVENT ${AV1D_SOURCE##*/}.$$\"\n");
  }

  Words argv() const { return {program_}; }
  // What was said, each as often as it was.
  std::multiset<std::string> heard() const {
    std::multiset<std::string> all;
    for (const auto& entry : fs::directory_iterator(said_)) {
      all.insert(entry.path().stem().string());
    }
    return all;
  }
  std::string input_of(const std::string& what) const {
    for (const auto& entry : fs::directory_iterator(said_)) {
      if (entry.path().stem() == what) return read_file(entry.path());
    }
    return "";
  }

 private:
  fs::path said_;
  std::string program_;
};

using Heard = std::multiset<std::string>;

}  // namespace

TEST_CASE("hooks tell of each film's end once, with its job on standard input", "[e2e][hooks]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.nice = 0;
  const Listener listener(library);
  library.config.on_success = library.config.on_failure = library.config.on_skip = listener.argv();
  library.config.max_attempts = 3;
  library.encode_with("case \" $* \" in *\"/broken.mkv \"*) exit 1 ;; esac");
  const fs::path good = library.add("good film.mkv", plain_clip());
  library.add("broken.mkv", short_clip());
  write_file(library / "text.mkv", "no film");
  write_file(library / "marked.mkv", "no film");
  write_file(library / "marked.mkv.av1skip", "");

  CHECK(library.once().status == 1);  // returns when the hooks are through
  const Heard first = {"success good film.mkv", "failure broken.mkv", "skip text.mkv"};
  CHECK(listener.heard() == first);
  CHECK(listener.input_of("success good film.mkv") ==
        read_file(library.config.job_state_dir / (library.job(good).id + ".json")));

  CHECK(library.once().status == 1);  // broken.mkv fails in the same way once more: no news
  CHECK(listener.heard() == first);
}

TEST_CASE("a hook that hangs or fails is no trouble of the films'", "[e2e][hooks]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.nice = 0;
  library.config.on_success = {"sh", "-c", "echo heard >&2; sleep 1000"};
  library.config.on_skip = {library.home() / "no such program"};
  library.config.hook_timeout_secs = 1;
  const fs::path film = library.add("film.mkv", plain_clip());
  write_file(library / "text.mkv", "no film");
  const Finished once = library.once();
  INFO(once.err);
  CHECK(once.status == 0);
  CHECK(library.verdict(film) == "success");
  CHECK_THAT(once.err, ContainsSubstring("hook on_success ('sh') failed"));
  CHECK_THAT(once.err, ContainsSubstring("heard"));
  CHECK_THAT(once.err, ContainsSubstring("No such file or directory"));
  CHECK(processes_naming(library.home().string()).empty());
}

TEST_CASE("SIGTERM does not wait for a hook", "[e2e][hooks][daemon]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.nice = 0;
  const fs::path heard = library.home() / "heard";
  library.config.on_success = {"sh", "-c", "touch \"$1\"; trap '' TERM; sleep 1000; :", "sh",
                               heard};
  library.config.hook_timeout_secs = 600;
  library.add("film.mkv", plain_clip());
  Child daemon(library.command({}), library.surroundings());
  REQUIRE(eventually([&] { return fs::exists(heard); }, minutes(10)));
  daemon.kill(SIGTERM);
  const Finished ended = daemon.finish(seconds(30));
  INFO(ended.err);
  CHECK_FALSE(ended.timed_out);
  CHECK(ended.status == 0);
  CHECK(eventually([&] { return processes_naming(heard.string()).empty(); }, seconds(10)));
}

TEST_CASE("the daemon keeps a metrics file that says what it did", "[e2e][metrics][daemon]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.nice = 0;
  const fs::path metrics = library.home() / "metrics" / "av1d.prom";
  fs::create_directories(metrics.parent_path());
  library.config.metrics_file = metrics;
  library.config.scan_interval_secs = 1;
  library.add("film.mkv", plain_clip());
  write_file(library / "text.mkv", "no film");
  Child daemon(library.command({}), library.surroundings());
  const auto says = [&](const std::string& line) {
    return ("\n" + read_file(metrics)).find("\n" + line + "\n") != std::string::npos;
  };
  CHECK(eventually(
      [&] {
        return says("av1d_jobs{status=\"success\"} 1") && says("av1d_jobs{status=\"skipped\"} 1") &&
               says("av1d_running_jobs 0");
      },
      minutes(10)));
  INFO(read_file(metrics));
  CHECK(says("av1d_ended_jobs_total{status=\"success\"} 1"));
  CHECK(says("av1d_reasons{status=\"skipped\",reason_code=\"probe_failed\"} 1"));
  CHECK(says("av1d_replaced_original_bytes " + std::to_string(fs::file_size(plain_clip()))));
  CHECK_FALSE(says("av1d_encode_seconds_total 0"));
  daemon.kill(SIGTERM);
  CHECK(daemon.finish(seconds(30)).status == 0);
  CHECK(std::distance(fs::directory_iterator(metrics.parent_path()), {}) == 1);
  // Where Prometheus is installed, its own word.
  if (!can_run({"promtool", "--version"})) AV1D_SKIP("promtool is not installed");
  const Finished checked = run({"sh", "-c", "promtool check metrics <\"$0\"", metrics});
  INFO(checked.out << checked.err);
  CHECK(checked.status == 0);
}

}  // namespace av1d::test
