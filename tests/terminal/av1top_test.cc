// av1top as its owner has it: in a terminal, over a directory that changes.
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "monitor/jobs.h"
#include "terminal/terminal.h"

using namespace av1d;
using namespace av1d::test;

namespace {

// A job directory as the daemon would leave it.
class Jobs {
 public:
  Jobs() { fs::create_directory(path()); }
  fs::path path() const { return home_ / "jobs"; }

  void save(const Job& job) const {
    const fs::path draft = path() / ".draft";
    write_file(draft, to_json(job));
    fs::rename(draft, path() / (job.id + ".json"));
  }
  void one_of_each() const {
    save(encoding_job("/f/now.mkv"));
    save(success_job("/f/good.mkv", 1'000'000'000));
    save(turned_down_job("/f/av1.mkv", JobStatus::skipped, ReasonCode::already_av1));
    save(turned_down_job("/f/broken.mkv", JobStatus::failed, ReasonCode::validation));
    save(job_of("/f/later.mkv", JobStatus::pending));
  }
  void numbered(int count) const {
    for (int i = 0; i < count; ++i) {
      save(success_job("/f/film-" + std::to_string(100 + i) + ".mkv", 1, 100'000 - i));
    }
  }
  Words command() const { return {av1top(), "--job-state-dir", path()}; }

 private:
  TempDir home_;
};

}  // namespace

TEST_CASE("av1top shows the columns of every width", "[av1top]") {
  AV1D_NEEDS_TMUX();
  const Jobs jobs;
  jobs.one_of_each();
  PseudoTerminal terminal(jobs.command(), 200, 50);
  for (const char* part :
       {"STAGE", "CODEC", "FPS", "SPEED", "AGE", "1920x1080", "1.02x", "42.5%"}) {
    terminal.shows(part);
  }
  terminal.resize(120, 30);
  terminal.lacks("CODEC");
  for (const char* part : {"RES", "NEW", "AGE"}) terminal.shows(part);
  terminal.resize(80, 24);
  terminal.lacks("1920x1080");
  for (const char* part : {"SIZE", "SAVED", "PROGRESS", "already_av1"}) terminal.shows(part);
  terminal.resize(60, 15);
  terminal.lacks("PROGRESS");
  for (const char* part : {"STATUS", "NAME", "DONE", "ETA", "now.mkv"}) terminal.shows(part);
  terminal.resize(39, 11);
  terminal.shows("Too small: 39x11");
  terminal.resize(80, 24);
  terminal.shows("PROGRESS");
  terminal.press({"q"});
  terminal.shows("ended: 0");
  terminal.shows("echo: on");
}

TEST_CASE("av1top does what each key says", "[av1top]") {
  AV1D_NEEDS_TMUX();
  const Jobs jobs;
  jobs.numbered(60);
  PseudoTerminal terminal(jobs.command(), 100, 24);
  terminal.selects("film-100");
  terminal.press({"Down"});
  terminal.selects("film-101");
  terminal.press({"j"});
  terminal.selects("film-102");
  terminal.press({"Up"});
  terminal.selects("film-101");
  terminal.press({"k"});
  terminal.selects("film-100");
  terminal.press({"NPage"});
  terminal.selects("film-118");
  terminal.press({"PPage"});
  terminal.selects("film-100");
  terminal.press({"End"});
  terminal.selects("film-159");
  terminal.press({"Home"});
  terminal.selects("film-100");
  terminal.press({"G"});
  terminal.selects("film-159");
  terminal.press({"g"});
  terminal.selects("film-100");
  terminal.press({"r"});
  terminal.shows("by Date reversed 60/60");
  terminal.press({"r"});
  terminal.press({"s"});
  terminal.shows("by Size");
  terminal.press({"f"});
  terminal.shows("No job matches.");
  terminal.press({"Escape"});
  terminal.shows("film-100");
  terminal.press({"?"});
  terminal.shows("search in the paths while you type");
  terminal.press({"F1"});
  terminal.shows("film-100");
  terminal.press({"q"});
  terminal.shows("ended: 0");
}

TEST_CASE("av1top searches while you type and shows details", "[av1top]") {
  AV1D_NEEDS_TMUX();
  const Jobs jobs;
  jobs.one_of_each();
  PseudoTerminal terminal(jobs.command(), 100, 30);
  terminal.shows("now.mkv");
  terminal.press({"/"});
  terminal.type("BRO");
  terminal.lacks("now.mkv");
  terminal.selects("broken.mkv");
  terminal.press({"Enter", "Enter"});
  terminal.shows("/f/broken.mkv");
  terminal.shows("because");
  terminal.press({"Escape"});
  terminal.shows("STATUS");
  terminal.press({"Escape"});
  terminal.shows("now.mkv");
}

TEST_CASE("av1top follows the mouse", "[av1top]") {
  AV1D_NEEDS_TMUX();
  const Jobs jobs;
  jobs.numbered(40);
  PseudoTerminal terminal(jobs.command(), 100, 24, "xterm-256color");
  terminal.selects("film-100");
  terminal.mouse(0, 20, 10);
  terminal.selects("film-104");
  terminal.mouse(65, 20, 10);
  terminal.selects("film-107");
  terminal.mouse(64, 20, 10);
  terminal.selects("film-104");
}

TEST_CASE("av1top keeps up with a directory that changes a hundred times a second", "[av1top]") {
  AV1D_NEEDS_TMUX();
  const Jobs jobs;
  jobs.numbered(30);
  PseudoTerminal terminal(jobs.command(), 100, 30);
  terminal.selects("film-100");
  terminal.press({"Down", "Down"});
  terminal.selects("film-102");
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      Job job = encoding_job("/f/busy-" + std::to_string(i % 9) + ".mkv", i % 100 + 0.5);
      if (i % 5 == 0) job.status = JobStatus::pending;
      i % 11 == 0 ? static_cast<void>(fs::remove(jobs.path() / (job.id + ".json")))
                  : jobs.save(job);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  terminal.shows("busy-");
  for (const int width : {60, 170, 45, 120, 30, 100}) terminal.resize(width, 30);
  terminal.selects("film-102");
  stop = true;
  writer.join();
  jobs.save(encoding_job("/f/busy-0.mkv", 77.7));
  terminal.shows("77.7%");
  terminal.press({"q"});
  terminal.shows("ended: 0");
}

TEST_CASE("av1top never sends a name's bytes to the terminal", "[av1top]") {
  AV1D_NEEDS_TMUX();
  const Jobs jobs;
  jobs.save(job_of("/f/\x1b]0;owned\x07\x1b[2J\x1b[31mred.mkv", JobStatus::pending));
  jobs.save(job_of("/f/new\nline\tand\xff.mkv", JobStatus::pending));
  jobs.save(job_of("/f/東京の夜.mkv", JobStatus::pending));
  jobs.save(job_of("/f/" + std::string(240, 'w') + "-end.mkv", JobStatus::pending));
  PseudoTerminal terminal(jobs.command(), 200, 24);
  terminal.shows("\\x1b]0;owned\\x07\\x1b[2J\\x1b[31mred.mkv");
  terminal.shows("new\\x0aline\\x09and\\xff.mkv");
  terminal.shows("東京の夜.mkv");
  terminal.shows("-end.mkv");
  std::istringstream in(terminal.screen());
  for (std::string line; std::getline(in, line);) {
    if (line.find("· pending") != std::string::npos) CHECK(display_width(line) == 199);
  }
}

TEST_CASE("av1top says in one line what it cannot read", "[av1top]") {
  AV1D_NEEDS_TMUX();
  const Jobs jobs;
  jobs.one_of_each();
  write_file(jobs.path() / "half.json", "{\"schema\": 1, \"id\": \"4");
  write_file(jobs.path() / "noise.json", "\x01\x02\xff");
  PseudoTerminal terminal(jobs.command(), 100, 24);
  terminal.shows("2 job files cannot be read: half.json: not JSON");
  terminal.shows("good.mkv");
  fs::remove(jobs.path() / "half.json");
  fs::remove(jobs.path() / "noise.json");
  terminal.lacks("cannot be read");
}

TEST_CASE("av1top draws on every kind of terminal", "[av1top]") {
  AV1D_NEEDS_TMUX();
  const Jobs jobs;
  jobs.one_of_each();
  for (const char* term :
       {"xterm", "xterm-256color", "screen", "tmux-256color", "linux", "vt100"}) {
    INFO(term);
    PseudoTerminal terminal(Words{"env", std::string("TERM=") + term, jobs.command()[0],
                                  jobs.command()[1], jobs.command()[2]},
                            80, 24);
    terminal.shows("now.mkv");
    terminal.shows("42.5%");
    terminal.press({"q"});
    terminal.shows("ended: 0");
  }
}

TEST_CASE("av1top draws where the terminal has no name, or one that this machine does not know",
          "[av1top]") {
  AV1D_NEEDS_TMUX();
  const Jobs jobs;
  jobs.one_of_each();
  for (const Words& term : {Words{"-u", "TERM"}, Words{"TERM="}, Words{"TERM=xterm-of-tomorrow"}}) {
    INFO(term.back());
    PseudoTerminal terminal(Words{"env"} + term + jobs.command(), 80, 24);
    terminal.shows("42.5%");
    terminal.press({"Down", "q"});
    terminal.shows("ended: 0");
  }
}

TEST_CASE("av1top draws in ASCII where the locale has no more, without colours if told",
          "[av1top]") {
  AV1D_NEEDS_TMUX();
  const Jobs jobs;
  jobs.save(encoding_job("/f/Am\u00e9lie.mkv"));
  PseudoTerminal ascii(jobs.command(), 100, 24, "", "LC_ALL=C");
  ascii.shows("####");
  ascii.shows("Am?lie.mkv");
  for (const char c : ascii.screen()) CHECK(static_cast<unsigned char>(c) < 0x80);
  PseudoTerminal plain(jobs.command(), 100, 24, "", "LC_ALL=C.UTF-8 NO_COLOR=1");
  plain.shows("Amélie.mkv");
  const std::string text = plain.screen_with_colors();
  for (const char* color : {"\x1b[31m", "\x1b[32m", "\x1b[36m", "38;5;"}) {
    CHECK(text.find(color) == std::string::npos);
  }
}

TEST_CASE("av1top leaves the terminal sane, whatever ends it", "[av1top]") {
  AV1D_NEEDS_TMUX();
  for (const auto& [signal, ended] :
       std::vector<std::pair<int, const char*>>{{SIGTERM, "ended: 143"},
                                                {SIGHUP, "ended: 129"},
                                                {SIGINT, "ended: 130"},
                                                {SIGSEGV, "ended: 139"},
                                                {SIGABRT, "ended: 134"}}) {
    INFO(ended);
    const Jobs jobs;
    jobs.one_of_each();
    PseudoTerminal terminal(jobs.command(), 100, 24);
    terminal.shows("now.mkv");
    const pid_t pid = terminal.pid_of(jobs.path());
    REQUIRE(pid > 0);
    ::kill(pid, signal);
    terminal.shows(ended);
    terminal.shows("echo: on");
    terminal.lacks("now.mkv");
  }
}

TEST_CASE("av1top can be suspended and comes back", "[av1top]") {
  AV1D_NEEDS_TMUX();
  const Jobs jobs;
  jobs.one_of_each();
  PseudoTerminal terminal({"bash", "--norc", "-i"}, 100, 24, "", "PS1=prompt LC_ALL=C.UTF-8");
  terminal.type(shell_command(jobs.command()) + "\r");
  terminal.shows("now.mkv");
  terminal.press({"C-z"});
  terminal.shows("Stopped");
  terminal.type("fg\r");
  terminal.shows("later.mkv");
  jobs.save(job_of("/f/another.mkv", JobStatus::pending));
  terminal.shows("another.mkv");
  terminal.press({"q"});
  terminal.shows("prompt");
}

TEST_CASE("av1top says why it does not start, before it touches the screen", "[av1top]") {
  const TempDir dir;
  const auto started = [](const Words& words) { return run(Words{av1top()} + words); };
  const Finished missing = started({"--job-state-dir", dir / "none"});
  CHECK(missing.status == 66);
  CHECK(missing.err == "av1top: cannot open directory '" + (dir / "none").string() +
                           "': No such file or directory\n");
  CHECK(started({"--job-state-dir", dir / "none", "--batch"}).status == 66);
  const Finished no_terminal = started({"--job-state-dir", dir.path()});
  CHECK(no_terminal.status == 69);
  CHECK_THAT(no_terminal.err, ContainsSubstring("--batch"));
  write_file(dir / "bad.toml", "min_byte = 3\n");
  const Finished bad = started({"--config", dir / "bad.toml"});
  CHECK(bad.status == 78);
  CHECK_THAT(bad.err, ContainsSubstring("min_byte: unknown key"));
  CHECK(started({"--frobnicate"}).status == 64);
  if (::geteuid() == 0) return;  // root reads every directory
  fs::create_directory(dir / "closed");
  fs::permissions(dir / "closed", fs::perms::none);
  CHECK(started({"--job-state-dir", dir / "closed"}).status == 66);
  fs::permissions(dir / "closed", fs::perms::owner_all);
}

TEST_CASE("av1top prints a snapshot without a terminal and finds the directory by configuration",
          "[av1top]") {
  const Jobs jobs;
  jobs.one_of_each();
  write_file(jobs.path().parent_path() / "config.toml",
             "job_state_dir = '" + jobs.path().string() + "'\n");
  const Finished text =
      run({av1top(), "--config", jobs.path().parent_path() / "config.toml", "--batch"});
  CHECK(text.status == 0);
  CHECK_THAT(text.out, ContainsSubstring("now.mkv\n"));
  CHECK_THAT(text.out, ContainsSubstring("validation"));
  CHECK(text.out.find('\x1b') == std::string::npos);
  const Finished json = run({av1top(), "--job-state-dir", jobs.path(), "--batch", "--json"});
  CHECK(json.status == 0);
  CHECK_THAT(json.out, ContainsSubstring("\"source_path\": \"/f/broken.mkv\""));
  CHECK_FALSE(fs::exists(jobs.path() / ".lock"));  // it writes nothing
}
