// Libraries on filesystems that are not a disk of this machine: pooled by mergerfs, away for a
// while, or without an answer.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "e2e/clips.h"
#include "e2e/daemon.h"
#include "e2e/mount.h"

namespace av1d::test {

namespace {

std::uint64_t device_of_path(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_dev) : 0;
}

// Whether mergerfs can mount here, tried once.
bool may_pool() {
  static const bool works = [] {
    const TempDir home;
    const fs::path branch = home / "branch", where = home / "pool";
    for (const auto& directory : {branch, where}) fs::create_directories(directory);
    const bool mounted = ::geteuid() == 0 && can_run({"mergerfs", branch, where});
    if (mounted) ::umount2(where.c_str(), MNT_DETACH);
    return mounted;
  }();
  return works;
}

// Two branches seen as one directory. New files go to the first one.
class Pool {
 public:
  Pool(const fs::path& home, fs::path where) : home_(home), where_(std::move(where)) {
    for (const auto& directory : {first(), second(), where_}) fs::create_directories(directory);
    const std::uint64_t bare = device_of_path(where_);
    server_.emplace(Words{"mergerfs", "-f", "-o",
                          "allow_other,use_ino,category.create=ff,minfreespace=1M",
                          first().native() + ":" + second().native(), where_.native()});
    mounted_ = eventually([&] { return device_of_path(where_) != bare; }, kPatience);
  }
  ~Pool() {
    answer();
    ::umount2(where_.c_str(), MNT_DETACH);
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  bool mounted() const { return mounted_; }
  fs::path first() const { return home_ / "first"; }
  fs::path second() const { return home_ / "second"; }
  // Whoever asks it for something waits until it answers again.
  void hang() const { server_->kill(SIGSTOP); }
  void answer() const { server_->kill(SIGCONT); }

 private:
  fs::path home_, where_;
  std::optional<Child> server_;
  bool mounted_ = false;
};

Words names_in(const fs::path& directory) {
  Words names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename().native());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("films on mergerfs are replaced, also where the new one lands on another branch",
          "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  if (!may_pool()) AV1D_SKIP("needs root and a mergerfs that can mount");
  const Library library;
  const Pool pool(library.home() / "pool", library.root());
  REQUIRE(pool.mounted());
  fs::copy_file(plain_clip(), pool.second() / "film.mkv");
  fs::copy_file(clip("mov", {"-i", plain_clip(), "-c", "copy"}), pool.second() / "other.mov");
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  CHECK(names_in(library.root()) == Words{"film.mkv", "other.mp4"});
  CHECK(names_in(pool.first()) == Words{"film.mkv", "other.mp4"});
  CHECK(names_in(pool.second()) == Words{});
  CHECK(is_av1(library / "film.mkv"));
  CHECK(is_av1(library / "other.mp4"));
}

TEST_CASE("a library that does not answer keeps no signal waiting, and goes on when it does",
          "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  if (!may_pool()) AV1D_SKIP("needs root and a mergerfs that can mount");
  const ServedLibrary library;
  const Pool pool(library.home() / "pool", library.root());
  REQUIRE(pool.mounted());
  {
    Daemon daemon(library);
    REQUIRE(daemon.comes_to([](const Heartbeat& beat) { return beat.pid != 0; }));
    pool.hang();
    const auto before = daemon.beat().updated_at;
    CHECK(daemon.comes_to([&](const Heartbeat& beat) { return beat.updated_at > before; }));
    daemon.signal(SIGUSR1);
    CHECK(daemon.comes_to_say("0 encoding"));
    pool.answer();
    fs::copy_file(short_clip(), library / "film.mkv");
    INFO(daemon.log());
    CHECK(daemon.comes_to_verdict(library / "film.mkv", "success"));
    pool.hang();
    std::this_thread::sleep_for(seconds(2));  // the next scan has asked by then
    CHECK(daemon.end().status == 0);
  }
  pool.answer();
  CHECK(is_av1(library / "film.mkv"));
  CHECK(library.leftovers() == Words{});
}

TEST_CASE("a library whose mount goes away and comes back loses neither films nor jobs", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  ServedLibrary library;
  Mount mount = Mount::binding(library.home() / "disk", library.root());
  if (!mount.mounted()) AV1D_SKIP("only root can mount a directory");
  const fs::path done = library.add("done.mkv", short_clip());
  const fs::path late = library.root() / "late.mkv";
  Daemon daemon(library);
  REQUIRE(daemon.comes_to_verdict(done, "success"));
  library.encode_for_ever();
  daemon.reload();
  REQUIRE(daemon.comes_to_say("read again"));
  fs::copy_file(plain_clip(), late);
  REQUIRE(eventually([&] { return !library.encoder_pids().empty(); }, kPatience));
  mount.go();
  INFO(daemon.log());
  CHECK(daemon.comes_to_say("is its filesystem mounted?"));
  CHECK(names_in(library.root()) == Words{});
  library.config.ffmpeg_path = tools().ffmpeg;
  daemon.reload();
  REQUIRE(daemon.comes_to_say("-> \"" + tools().ffmpeg + "\""));
  ::kill(library.encoder_pids().front(), SIGKILL);  // its film is gone
  CHECK(eventually([&] { return library.job(late).status != JobStatus::running; }, kPatience));
  REQUIRE(mount.come());
  CHECK(daemon.comes_to_verdict(late, "success"));
  CHECK(library.verdict(done) == "success");
  CHECK(is_av1(done));
  CHECK(is_av1(late));
  CHECK(library.jobs().size() == 2);
  CHECK(daemon.end().status == 0);
  CHECK(library.leftovers() == Words{});
}

}  // namespace av1d::test
