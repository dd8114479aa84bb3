// Commands beside a running daemon: left in its directory, carried out once, answered.
#include "av1d/requests.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <thread>

#include "av1d/owned_fd.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;
using namespace std::chrono_literals;

namespace {

// A directory with a box in it, and whoever holds its lock.
struct State {
  test::TempDir dir;
  OwnedFd lock;

  State() {
    REQUIRE(open_request_box(dir.path()));
    lock.reset(::open((dir / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    REQUIRE(::flock(lock.get(), LOCK_EX | LOCK_NB) == 0);
  }
  std::size_t letters() const {
    const fs::directory_iterator box(dir / kRequestBox);
    return static_cast<std::size_t>(std::distance(begin(box), end(box)));
  }
};

// The daemon's side: the next requests that come, within half a minute.
std::vector<IncomingRequest> next_requests(const fs::path& dir) {
  for (int i = 0; i < 3000; ++i) {
    auto taken = take_requests(dir);
    if (taken && !taken->empty()) return *std::move(taken);
    std::this_thread::sleep_for(10ms);
  }
  return {};
}

}  // namespace

TEST_CASE("a request reaches the daemon with every byte and its answer comes back", "[requests]") {
  const State state;
  const Request request{"retry", {"/films/a b.mkv", "caf\xe9 \n'\"", ""}};
  Result<Answer> answer;
  std::thread command([&] { answer = ask_daemon(state.dir.path(), request, 30s); });
  const auto taken = next_requests(state.dir.path());
  for (const auto& incoming : taken) {
    CHECK(answer_request(state.dir.path(), incoming.id, {1, "it is \xff encoded\n"}));
  }
  command.join();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].request == request);
  REQUIRE(answer);
  CHECK(*answer == Answer{1, "it is \xff encoded\n"});
  CHECK(state.letters() == 0);
}

TEST_CASE("a request is taken once", "[requests]") {
  const State state;
  std::thread command([&] { (void)ask_daemon(state.dir.path(), {"undo", {}}, 30s); });
  const auto taken = next_requests(state.dir.path());
  const auto again = take_requests(state.dir.path());
  for (const auto& incoming : taken) {
    CHECK(answer_request(state.dir.path(), incoming.id, {}));
  }
  command.join();
  CHECK(taken.size() == 1);
  REQUIRE(again);
  CHECK(again->empty());
}

TEST_CASE("a command that is not answered takes its request back", "[requests]") {
  const State state;
  const auto answer = ask_daemon(state.dir.path(), {"retry", {}}, 0s);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().errno_value == ETIMEDOUT);
  CHECK(state.letters() == 0);
}

TEST_CASE("a command does not wait for a daemon that is gone", "[requests]") {
  State state;
  CHECK(daemon_is_running(state.dir.path()));
  state.lock.reset();
  CHECK_FALSE(daemon_is_running(state.dir.path()));
  const auto answer = ask_daemon(state.dir.path(), {"retry", {}}, 1h);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().errno_value == ESRCH);
  CHECK(state.letters() == 0);
}

TEST_CASE("what is not a request is removed and answers nobody", "[requests]") {
  const State state;
  const std::string id(32, 'a');
  test::write_file(state.dir / kRequestBox / (id + ".request"), "{\"verb\": 7}");
  test::write_file(state.dir / kRequestBox / "note.txt", "not for the daemon");
  const auto taken = take_requests(state.dir.path());
  REQUIRE(taken);
  CHECK(taken->empty());
  CHECK(state.letters() == 1);
}

TEST_CASE("the box is for its owner alone and starts empty", "[requests]") {
  const State state;
  test::write_file(state.dir / kRequestBox / (std::string(32, 'b') + ".request"), "old");
  REQUIRE(open_request_box(state.dir.path()));
  CHECK(state.letters() == 0);
  struct stat info {};
  REQUIRE(::stat((state.dir / kRequestBox).c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0700U);
}

TEST_CASE("a command without a box says that there is none", "[requests]") {
  const test::TempDir dir;
  const auto answer = ask_daemon(dir.path(), {"retry", {}}, 0s);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().errno_value == ENOENT);
}
