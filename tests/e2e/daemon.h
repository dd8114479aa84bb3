// av1d without a mode, running beside the test.
#pragma once

#include "av1d/heartbeat.h"
#include "e2e/library.h"

namespace av1d::test {

using std::chrono::seconds;

// CI is slow and busy: what should take a second may take minutes.
inline constexpr seconds kPatience{300};

// A library whose daemon looks again every second.
class ServedLibrary : public Library {
 public:
  ServedLibrary() { config.scan_interval_secs = 1; }

  // An encoder that never ends, and a file that names each process of it.
  fs::path encoders() const { return home() / "encoders"; }
  void encode_for_ever() {
    encode_with("echo $$ >> '" + encoders().string() + "'; exec sleep 10000");
  }
  std::vector<pid_t> encoder_pids() const {
    std::vector<pid_t> pids;
    for (const auto& line : lines_of(read_file(encoders()))) {
      pids.push_back(static_cast<pid_t>(std::stol(line)));
    }
    return pids;
  }
};

class Daemon {
 public:
  explicit Daemon(const ServedLibrary& library, const std::map<std::string, std::string>& env = {})
      : library_(library), child_(library.command({}), surroundings(library, env)) {}

  std::string log() const { return child_.err(); }
  bool says(const std::string& text) const { return log().find(text) != std::string::npos; }
  bool comes_to_say(const std::string& text) const {
    return eventually([&] { return says(text); }, kPatience);
  }
  // What `.daemon` says; an empty one where there is none.
  Heartbeat beat() const {
    return read_heartbeat(library_.config.job_state_dir).value_or(Heartbeat{});
  }
  bool comes_to(const std::function<bool(const Heartbeat&)>& question) const {
    return eventually([&] { return question(beat()); }, kPatience);
  }
  bool comes_to_verdict(const fs::path& film, const std::string& verdict) const {
    return eventually([&] { return library_.verdict(film) == verdict; }, kPatience);
  }
  // The configuration as it is now, and a signal to read it.
  void reload() const {
    library_.command({});
    signal(SIGHUP);
  }
  void signal(int number) const { child_.kill(number); }
  pid_t pid() const { return child_.pid(); }

  // SIGTERM: it has five seconds. Twice that here, as the machine may be busy.
  Finished end() {
    signal(SIGTERM);
    return child_.finish(seconds(10));
  }
  Finished finish(seconds limit) { return child_.finish(limit); }

 private:
  static Surroundings surroundings(const Library& library,
                                   const std::map<std::string, std::string>& env) {
    Surroundings where = library.surroundings();
    where.env["NOTIFY_SOCKET"] = "";
    for (const auto& [name, value] : env) where.env[name] = value;
    return where;
  }

  const ServedLibrary& library_;
  Child child_;
};

// The letter of /proc/PID/stat; '-' where there is no such process.
inline char state_of(pid_t pid) {
  const std::string text = read_file("/proc/" + std::to_string(pid) + "/stat");
  const auto paren = text.rfind(") ");
  return paren == std::string::npos ? '-' : text[paren + 2];
}

}  // namespace av1d::test
