// kill -9 at any moment: each library path holds the whole original or the whole replacement, and
// the next run carries on. SIGTERM: a quick and tidy end.
#include <random>
#include <set>

#include "e2e/library.h"

namespace av1d::test {

namespace {

using std::chrono::milliseconds;

unsigned number_from_environment(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::stoul(text));
}

// Three films whose originals are known, and what may stand in their places.
class Films {
 public:
  explicit Films(const Library& library) : library_(library) {
    originals_ = {
        {"a.mkv", plain_clip()}, {"dir/b.mp4", plain_clip("mp4")}, {"c.mkv", short_clip()}};
    put_back();
  }

  void put_back() const {
    for (const auto& [name, original] : originals_) library_.add(name, original);
  }

  bool all_replaced() const {
    for (const auto& [name, original] : originals_) {
      if (read_file(library_ / name) == read_file(original)) return false;
    }
    return true;
  }

  // "" where every path is whole, else what is wrong.
  std::string broken() {
    for (const auto& [name, original] : originals_) {
      const fs::path path = library_ / name;
      const std::string bytes = read_file(path);
      const std::string hash = fnv1a_hex(bytes);
      if (bytes == read_file(original) || sound_.contains(hash)) continue;
      if (bytes.empty()) return name + " is empty or gone";
      if (streams_of(path) != streams_as_av1(streams_of(original))) return name + " lost streams";
      if (content_of(path) != content_of(original)) return name + " has other sound";
      if (const std::string errors = decode_errors(path); !errors.empty()) return name + errors;
      sound_.insert(hash);
    }
    return {};
  }

 private:
  const Library& library_;
  std::map<std::string, fs::path> originals_;
  std::set<std::string> sound_;  // hashes of replacements that were found whole
};

bool is_replacing(const Library& library) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(library.config.job_state_dir, error)) {
    if (read_file(entry.path()).find("\"stage\": \"replacing\"") != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("kill -9 at random moments never breaks a film", "[e2e][kill]") {
  AV1D_NEEDS_FFMPEG();
  const unsigned kills = number_from_environment("AV1D_KILLS", 10);
  const unsigned seed = number_from_environment("AV1D_SEED", std::random_device{}());
  WARN("AV1D_SEED=" << seed << " AV1D_KILLS=" << kills);
  std::mt19937 random(seed);
  const auto at_most = [&](unsigned ms) {
    return milliseconds(std::uniform_int_distribution<unsigned>(0, ms)(random));
  };
  const Library library;
  Films films(library);
  for (unsigned kill = 0; kill < kills; ++kill) {
    // New versions of the films now and then: a job that a dying daemon takes along ten times is
    // given up for good. Never over a replace that is still to be recovered: a stranger's file at
    // the film's name makes the next start leave what it cannot tell, by design.
    const bool due = kill % 4 == 0 || films.all_replaced();
    if (due && library.leftovers().empty()) films.put_back();
    Child daemon(library.command({"--once"}), library.surroundings());
    if (kill % 3 == 0) {
      daemon.wait_for(at_most(6000));
    } else {  // around the replace, where it matters most
      eventually([&] { return is_replacing(library) || daemon.wait_for(milliseconds(0)); },
                 std::chrono::seconds(60), milliseconds(1));
      daemon.wait_for(kill % 3 == 1 ? at_most(5) : at_most(50));
    }
    daemon.kill(SIGKILL);
    const Finished ended = daemon.finish();
    INFO("kill " << kill << "\n" << ended.err);
    REQUIRE(films.broken() == "");
    REQUIRE(eventually([&] { return processes_naming(library.home().string()).empty(); },
                       std::chrono::seconds(5)));
  }
  const Finished last = library.once();
  INFO(last.err);
  CHECK(last.status == 0);
  CHECK(films.broken() == "");
  CHECK(films.all_replaced());
  CHECK(library.leftovers() == Words{});
  CHECK(snapshot(library.root()).size() == 4);  // a directory and three films
}

TEST_CASE("SIGTERM during an encode ends everything at once and counts for nothing",
          "[e2e][kill]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const int signal = GENERATE(SIGTERM, SIGINT);
  library.encode_with("exec @ffmpeg@ -re \"$@\"");  // at the speed of a clock
  const fs::path film = library.add("film.mkv", long_clip());
  Child daemon(library.command({"--once"}), library.surroundings());
  REQUIRE(eventually([&] { return library.job(film).stage == JobStage::encoding; },
                     std::chrono::seconds(30)));
  daemon.wait_for(milliseconds(500));
  daemon.kill(signal);
  const Finished ended = daemon.finish(std::chrono::seconds(5));
  INFO(ended.err);
  CHECK_FALSE(ended.timed_out);
  CHECK(ended.status == 128 + signal);
  CHECK(processes_naming(library.home().string()) == std::vector<pid_t>{});
  CHECK(library.verdict(film) == "pending interrupted");
  CHECK(library.job(film).attempts == 0);
  CHECK(library.job(film).stage == JobStage::none);
  CHECK(library.leftovers() == Words{});
  CHECK_FALSE(fs::exists(film.native() + ".why.txt"));
  CHECK(read_file(film) == read_file(long_clip()));
}

TEST_CASE("SIGTERM ends an encoder that does not listen", "[e2e][kill]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path ready = library.home() / "ready";
  library.encode_with("trap '' TERM INT\ntouch '" + ready.string() +
                      "'\nwhile :; do sleep 0.1; done");
  const fs::path film = library.add("film.mkv", plain_clip());
  Child daemon(library.command({"--once"}), library.surroundings());
  REQUIRE(eventually([&] { return fs::exists(ready); }, std::chrono::seconds(30)));
  daemon.kill(SIGTERM);
  const Finished ended = daemon.finish(std::chrono::seconds(5));
  INFO(ended.err);
  CHECK_FALSE(ended.timed_out);
  CHECK(ended.status == 143);
  CHECK(processes_naming(library.home().string()) == std::vector<pid_t>{});
  CHECK(library.verdict(film) == "pending interrupted");
  CHECK(library.leftovers() == Words{});
}

}  // namespace av1d::test
