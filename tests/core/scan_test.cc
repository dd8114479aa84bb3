// The walk through the library: what becomes a candidate, what covers it, what is only warned
// about.
#include "av1d/scan.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "av1d/text.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;
using test::TempDir;
using test::write_file;

namespace {

const std::string kScanHex = "0123456789abcdef0123456789abcdef";

Config config_with_root(const fs::path& root) {
  Config config;
  config.library_roots = {root};
  return config;
}

std::vector<Candidate> candidates_of(const ScanResult& result) {
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < result.files.size(); ++i) candidates.push_back(result.files[i]);
  return candidates;
}

// In byte order.
std::vector<std::string> names_below(const ScanResult& result, const fs::path& root) {
  std::vector<std::string> names;
  for (const auto& candidate : candidates_of(result)) {
    names.push_back(candidate.path.native().substr(root.native().size() + 1));
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Directories one below the other until the path has `bytes` bytes, made and removed one by one:
// the standard library gives up on trees that deep.
class DeepDirectory {
 public:
  DeepDirectory(const fs::path& top, const std::string& name, std::size_t bytes)
      : top_(top), path_(top) {
    while (path_.native().size() < bytes) {
      path_ /= name;
      REQUIRE(::mkdir(path_.c_str(), 0755) == 0);
    }
  }
  DeepDirectory(const DeepDirectory&) = delete;
  DeepDirectory& operator=(const DeepDirectory&) = delete;
  ~DeepDirectory() {
    for (; path_ != top_; path_ = path_.parent_path()) ::rmdir(path_.c_str());
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path top_;
  fs::path path_;
};

Candidate candidate_named(const ScanResult& result, std::string_view name) {
  const auto candidates = candidates_of(result);
  const auto at = std::find_if(candidates.begin(), candidates.end(),
                               [&](const auto& c) { return c.path.filename() == name; });
  REQUIRE(at != candidates.end());
  return *at;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("scan finds regular files with a video extension in any case, ordered by path",
          "[scan]") {
  const TempDir dir;
  for (const char* name :
       {"b.mkv", "a/z.MP4", "a/.mkv", "a b/-x.Avi", "notes.txt", "mkv", "c.mkv.part"}) {
    write_file(dir / name, "film");
  }
  const ScanResult result = scan(config_with_root(dir.path()), {});
  CHECK(names_below(result, dir.path()) == Names{"a b/-x.Avi", "a/.mkv", "a/z.MP4", "b.mkv"});
  CHECK(result.warnings.empty());
  CHECK(result.absent_roots.empty());
  CHECK_FALSE(result.stopped);
  CHECK(result.directories == 3);
  const Candidate film = candidate_named(result, "b.mkv");
  CHECK(film.root == dir.path());
  CHECK(film.stamp == stamp_of(film.path).value());
  CHECK(film.stamp.size_bytes == 4);
  CHECK_FALSE(film.marker);
  CHECK_FALSE(film.has_sidecar);
}

TEST_CASE("scan never takes the daemon's own files and reports its temporaries", "[scan]") {
  const TempDir dir;
  write_file(dir / "film.mkv.orig", "x");
  write_file(dir / "film.mkv.why.txt", "x");
  write_file(dir / "film.mkv.av1skip", "x");
  write_file(dir / (".av1d-" + kScanHex + ".tmp"), "x");
  write_file(dir / "sub" / (".av1d-" + kScanHex + ".old"), "x");
  Config config = config_with_root(dir.path());
  config.extensions = {"orig", "txt", "tmp", "old", "av1skip"};
  const ScanResult result = scan(config, {});
  CHECK(result.files.size() == 0);
  REQUIRE(result.leftovers.size() == 2);
  CHECK(result.leftovers[0] == dir / (".av1d-" + kScanHex + ".tmp"));
  CHECK(result.leftovers[1] == dir / "sub" / (".av1d-" + kScanHex + ".old"));
}

TEST_CASE("scan never opens FIFOs, sockets, links and loops with a video extension", "[scan]") {
  const TempDir dir;
  write_file(dir / "real.mkv", "x");
  REQUIRE(::mkfifo((dir / "fifo.mkv").c_str(), 0644) == 0);
  fs::create_symlink(dir / "real.mkv", dir / "link.mkv");
  fs::create_symlink("nowhere", dir / "dangling.mkv");
  fs::create_directory_symlink(dir.path(), dir / "loop");
  fs::create_directory(dir / "directory.mkv");
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = (dir / "s.mkv").native();
  REQUIRE(name.copy(address.sun_path, sizeof(address.sun_path) - 1) == name.size());
  // NOLINTNEXTLINE: the socket API's cast
  const int bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  ::close(fd);
  REQUIRE(bound == 0);

  const ScanResult result = scan(config_with_root(dir.path()), {});
  CHECK(names_below(result, dir.path()) == Names{"real.mkv"});
  CHECK(result.warnings.empty());
}

TEST_CASE("scan sees the marker of a file, of its directory and of any directory above", "[scan]") {
  const TempDir dir;
  write_file(dir / "free/film.mkv", "x");
  write_file(dir / "one/marked.mkv", "x");
  write_file(dir / "one/marked.mkv.av1skip", "");
  write_file(dir / "one/other.mkv", "x");
  write_file(dir / "all/.av1skip", "");
  write_file(dir / "all/deep/er/covered.mkv", "x");
  write_file(dir / "all/deep/er/twice.mkv", "x");
  write_file(dir / "all/deep/er/twice.mkv.av1skip", "");
  const ScanResult result = scan(config_with_root(dir.path()), {});
  REQUIRE(result.files.size() == 5);
  CHECK_FALSE(candidate_named(result, "film.mkv").marker);
  CHECK_FALSE(candidate_named(result, "other.mkv").marker);
  CHECK(candidate_named(result, "marked.mkv").marker == dir / "one/marked.mkv.av1skip");
  CHECK(candidate_named(result, "covered.mkv").marker == dir / "all/.av1skip");
  CHECK(candidate_named(result, "twice.mkv").marker == dir / "all/deep/er/twice.mkv.av1skip");
  for (const auto& candidate : candidates_of(result)) {
    CHECK(find_marker(candidate.path, candidate.root) == candidate.marker);
  }
}

TEST_CASE("a marker in the library root covers all, one above the root nothing", "[scan]") {
  const TempDir dir;
  write_file(dir / ".av1skip", "");
  write_file(dir / "root/a/film.mkv", "x");
  CHECK_FALSE(scan(config_with_root(dir / "root"), {}).files[0].marker);
  CHECK_FALSE(find_marker(dir / "root/a/film.mkv", dir / "root"));
  write_file(dir / "root/.av1skip", "");
  CHECK(scan(config_with_root(dir / "root"), {}).files[0].marker == dir / "root/.av1skip");
  CHECK(find_marker(dir / "root/a/film.mkv", dir / "root/") == dir / "root/.av1skip");
}

TEST_CASE("find_marker takes even a dangling link as the owner's word", "[scan]") {
  const TempDir dir;
  write_file(dir / "film.mkv", "x");
  fs::create_symlink("nowhere", dir / "film.mkv.av1skip");
  CHECK(find_marker(dir / "film.mkv", dir.path()) == dir / "film.mkv.av1skip");
}

TEST_CASE("find_marker lives with names that leave no room for the suffix", "[scan]") {
  const TempDir dir;
  const fs::path film = write_file(dir / (std::string(251, 'n') + ".mkv"), "x");
  CHECK_FALSE(find_marker(film, dir.path()));
  CHECK(scan(config_with_root(dir.path()), {}).files.size() == 1);
}

TEST_CASE("scan tells which candidates lie in a disc structure", "[scan]") {
  const TempDir dir;
  write_file(dir / "film/bdmv/STREAM/00001.m2ts", "x");
  write_file(dir / "film/BDMV extras/x.mkv", "x");
  write_file(dir / "dvd/VIDEO_TS/VTS_01_1.VOB", "x");
  const ScanResult result = scan(config_with_root(dir.path()), {});
  CHECK(candidate_named(result, "00001.m2ts").disc_structure == dir / "film/bdmv");
  CHECK(candidate_named(result, "VTS_01_1.VOB").disc_structure == dir / "dvd/VIDEO_TS");
  CHECK_FALSE(candidate_named(result, "x.mkv").disc_structure);
  const ScanResult inside = scan(config_with_root(dir / "dvd/VIDEO_TS"), {});
  CHECK(inside.files[0].disc_structure == dir / "dvd/VIDEO_TS");
}

TEST_CASE("scan knows from the listing which files have a sidecar", "[scan]") {
  const TempDir dir;
  write_file(dir / "a.mkv", "x");
  write_file(dir / "a.mkv.why.txt", "av1d: no\n");
  write_file(dir / "b.mkv", "x");
  const ScanResult result = scan(config_with_root(dir.path()), {});
  CHECK(candidate_named(result, "a.mkv").has_sidecar);
  CHECK_FALSE(candidate_named(result, "b.mkv").has_sidecar);
}

TEST_CASE("scan finds the notes of films that are gone", "[scan]") {
  const TempDir dir;
  write_file(dir / "a.mkv", "x");
  for (const auto* name : {"a.mkv.why.txt", "gone.mkv.why.txt", "poem.why.txt", ".why.txt"}) {
    write_file(dir / name, "av1d: no\n");
  }
  fs::create_directory(dir / "folder.mkv");
  write_file(dir / "folder.mkv.why.txt", "av1d: no\n");
  const ScanResult result = scan(config_with_root(dir.path()), {});
  CHECK(result.gone_films == std::vector<fs::path>{dir / "gone.mkv"});
}

TEST_CASE("scan does not enter the bins and snapshots of others", "[scan]") {
  const TempDir dir;
  for (const char* name :
       {"lost+found", "@eaDir", "#recycle", ".Trash-1000", ".stversions", ".snapshots"}) {
    write_file(dir / name / "film.mkv", "x");
  }
  write_file(dir / ".hidden/film.mkv", "x");
  const ScanResult result = scan(config_with_root(dir.path()), {});
  CHECK(names_below(result, dir.path()) == Names{".hidden/film.mkv"});
}

TEST_CASE("scan passes over excluded directories, by whatever name they are given", "[scan]") {
  const TempDir dir;
  write_file(dir / "temp/x.mkv", "x");
  write_file(dir / "film.mkv", "x");
  fs::create_directory_symlink(dir / "temp", dir / "alias");
  const ScanResult result = scan(config_with_root(dir.path()), {dir / "alias", dir / "missing"});
  CHECK(names_below(result, dir.path()) == Names{"film.mkv"});
}

TEST_CASE("scan warns when a library root is one of the daemon's own directories", "[scan]") {
  const TempDir dir;
  write_file(dir / "film.mkv", "x");
  const ScanResult result = scan(config_with_root(dir.path()), {dir.path()});
  CHECK(result.files.size() == 0);
  REQUIRE(result.warnings.size() == 1);
  CHECK(result.absent_roots == std::vector<fs::path>{dir.path()});
}

TEST_CASE("overlapping roots give each file once, in whatever order they are written", "[scan]") {
  const TempDir dir;
  write_file(dir / ".av1skip", "");
  write_file(dir / "tv/film.mkv", "x");
  fs::create_directory_symlink(dir / "tv", dir / "link-to-tv");
  Config config;
  config.library_roots = {dir / "tv", dir / "link-to-tv", dir.path() / "", dir / "tv"};
  const ScanResult result = scan(config, {});
  REQUIRE(result.files.size() == 1);
  CHECK(result.files[0].path == dir / "tv/film.mkv");
  CHECK(result.files[0].root == dir.path());
  CHECK(result.files[0].marker == dir / ".av1skip");
  CHECK(result.warnings.empty());
}

TEST_CASE("a library root may be a link, and its files keep the name through it", "[scan]") {
  const TempDir dir;
  write_file(dir / "real/film.mkv", "x");
  fs::create_directory_symlink(dir / "real", dir / "root");
  const ScanResult result = scan(config_with_root(dir / "root"), {});
  REQUIRE(result.files.size() == 1);
  CHECK(result.files[0].path == dir / "root/film.mkv");
}

TEST_CASE("missing and empty roots are warned about and called absent", "[scan]") {
  const TempDir dir;
  fs::create_directory(dir / "empty");
  write_file(dir / "file", "x");
  write_file(dir / "good/film.mkv", "x");
  Config config;
  config.library_roots = {dir / "gone", dir / "empty", dir / "file", dir / "good"};
  const ScanResult result = scan(config, {});
  CHECK(result.absent_roots == std::vector<fs::path>{dir / "empty", dir / "file", dir / "gone"});
  REQUIRE(result.warnings.size() == 3);
  CHECK_THAT(result.warnings[0].what, ContainsSubstring("empty"));
  CHECK(result.warnings[2].path == dir / "gone");
  CHECK_THAT(result.warnings[2].what, ContainsSubstring("No such file"));
  CHECK(result.files.size() == 1);
}

TEST_CASE("an empty root inside another root is absent too", "[scan]") {
  const TempDir dir;
  fs::create_directory(dir / "mount");
  write_file(dir / "film.mkv", "x");
  Config config;
  config.library_roots = {dir.path(), dir / "mount"};
  CHECK(scan(config, {}).absent_roots == std::vector<fs::path>{dir / "mount"});
}

TEST_CASE("an unreadable directory is warned about and the rest goes on", "[scan]") {
  if (::geteuid() == 0) AV1D_SKIP("root reads every directory");
  const TempDir dir;
  write_file(dir / "closed/film.mkv", "x");
  write_file(dir / "open/film.mkv", "x");
  fs::permissions(dir / "closed", fs::perms::none);
  const ScanResult result = scan(config_with_root(dir.path()), {});
  fs::permissions(dir / "closed", fs::perms::owner_all);
  CHECK(names_below(result, dir.path()) == Names{"open/film.mkv"});
  REQUIRE(result.warnings.size() == 1);
  CHECK(result.warnings[0].path == dir / "closed");
  CHECK_THAT(result.warnings[0].what, ContainsSubstring("Permission denied"));
}

TEST_CASE("a directory that lists but cannot be entered gives a warning a file", "[scan]") {
  if (::geteuid() == 0) AV1D_SKIP("root enters every directory");
  const TempDir dir;
  write_file(dir / "listed/film.mkv", "x");
  fs::permissions(dir / "listed", fs::perms::owner_read);
  const ScanResult result = scan(config_with_root(dir.path()), {});
  fs::permissions(dir / "listed", fs::perms::owner_all);
  CHECK(result.files.size() == 0);
  REQUIRE(result.warnings.size() == 1);
  CHECK(result.warnings[0].path == dir / "listed/film.mkv");
}

TEST_CASE("scan reaches files 3900 bytes deep with one descriptor at a time", "[scan]") {
  const TempDir dir;
  const DeepDirectory deep(dir.path(), "d", 3900);
  const fs::path film = deep.path() / "film.mkv";
  const int file = ::open(film.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  REQUIRE(file >= 0);
  ::close(file);
  const ScanResult result = scan(config_with_root(dir.path()), {});
  CHECK(::unlink(film.c_str()) == 0);
  REQUIRE(result.files.size() == 1);
  CHECK(result.files[0].path.native() == film.native());
  CHECK(result.warnings.empty());
}

TEST_CASE("a file whose path is too long to be opened is warned about", "[scan]") {
  const TempDir dir;
  const DeepDirectory deep(dir.path(), std::string(60, 'd'), 3900);
  const int fd = ::open(deep.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  const std::string name = std::string(240, 'n') + ".mkv";
  const int file = ::openat(fd, name.c_str(), O_CREAT | O_WRONLY, 0644);
  REQUIRE(file >= 0);
  ::close(file);
  const ScanResult result = scan(config_with_root(dir.path()), {});
  CHECK(result.files.size() == 0);
  REQUIRE(result.warnings.size() == 1);
  CHECK_THAT(result.warnings[0].what, ContainsSubstring("too long"));
  CHECK(::unlinkat(fd, name.c_str(), 0) == 0);
  ::close(fd);
}

TEST_CASE("a stop request ends the scan and says so", "[scan]") {
  const TempDir dir;
  write_file(dir / "film.mkv", "x");
  std::stop_source source;
  source.request_stop();
  const ScanResult result = scan(config_with_root(dir.path()), {}, source.get_token());
  CHECK(result.stopped);
  CHECK(result.files.size() == 0);
}

TEST_CASE("scan takes names of any bytes and links counted as they are", "[scan]") {
  const TempDir dir;
  const std::string name = "caf\xe9 \n\x1b[31m$(x)'\".mkv";
  write_file(dir / name, "x");
  fs::create_hard_link(dir / name, dir / "second.mkv");
  const ScanResult result = scan(config_with_root(dir.path()), {});
  REQUIRE(result.files.size() == 2);
  CHECK(result.files[0].path.filename().native() == name);
  CHECK(result.files[0].stamp.link_count == 2);
  CHECK(result.files[0].stamp.inode == result.files[1].stamp.inode);
}

TEST_CASE("inspect sees one file as scan does", "[scan]") {
  const TempDir dir;
  write_file(dir / "real/BDMV/a/film.mkv", "x");
  write_file(dir / "real/.av1skip", "");
  write_file(dir / "real/BDMV/a/film.mkv.why.txt", "x");
  fs::create_directory_symlink(dir / "real", dir / "root");
  const Config config = config_with_root(dir / "root");
  const ScanResult scanned = scan(config, {});
  REQUIRE(scanned.files.size() == 1);
  for (const fs::path& path :
       {dir / "root/BDMV/a/film.mkv", dir / "real/BDMV/../BDMV/a/film.mkv"}) {
    const auto seen = inspect(path, config);
    REQUIRE(seen.has_value());
    CHECK(seen->path == scanned.files[0].path);
    CHECK(seen->root == scanned.files[0].root);
    CHECK(seen->stamp == scanned.files[0].stamp);
    CHECK(seen->marker == scanned.files[0].marker);
    CHECK(seen->disc_structure == scanned.files[0].disc_structure);
    CHECK(seen->has_sidecar);
  }
}

TEST_CASE("inspect takes a file outside the library with its directory as root", "[scan]") {
  const TempDir dir;
  write_file(dir / "film.mkv", "x");
  const auto seen = inspect(dir / "film.mkv", Config{});
  REQUIRE(seen.has_value());
  CHECK(seen->root == dir.path());
}

TEST_CASE("inspect and stamp_of refuse what is not a regular file", "[scan]") {
  const TempDir dir;
  write_file(dir / "film.mkv", "x");
  fs::create_symlink("film.mkv", dir / "link.mkv");
  CHECK_THAT(inspect(dir / "link.mkv", Config{}).error().message,
             ContainsSubstring("not a regular file"));
  CHECK_FALSE(stamp_of(dir / "link.mkv"));
  CHECK(stamp_of(dir / "none.mkv").error().errno_value == ENOENT);
  CHECK(inspect(dir / "none/none.mkv", Config{}).error().errno_value == ENOENT);
}

TEST_CASE("stamp_of keeps nanoseconds, times before the epoch and times out of range", "[scan]") {
  const TempDir dir;
  const fs::path film = write_file(dir / "film.mkv", "x");
  struct Case {
    timespec time;
    std::int64_t expected;
  };
  for (const Case& c : {Case{{1'700'000'000, 123'456'789}, 1'700'000'000'123'456'789},
                        Case{{-5, 250'000'000}, -4'750'000'000}}) {
    const timespec times[2] = {c.time, c.time};
    REQUIRE(::utimensat(AT_FDCWD, film.c_str(), times, 0) == 0);
    CHECK(stamp_of(film)->mtime_ns == c.expected);
  }
  const timespec far[2] = {{13'000'000'000, 0}, {13'000'000'000, 0}};  // the year 2381
  REQUIRE(::utimensat(AT_FDCWD, film.c_str(), far, 0) == 0);
  CHECK(stamp_of(film)->mtime_ns > 4'000'000'000'000'000'000);  // the filesystem may cut it earlier
}

TEST_CASE("is_own_name knows exactly the names that the daemon makes", "[scan]") {
  for (const char* name : {"a.mkv.orig", "a.mkv.why.txt", "a.mkv.av1skip", ".av1skip"}) {
    CHECK(is_own_name(name));
  }
  for (const char* suffix : {".tmp", ".old", ".probe"})
    CHECK(is_own_name(".av1d-" + kScanHex + suffix));
  for (const std::string& name :
       {std::string("a.mkv"), std::string("orig"), std::string("why.txt"), ".av1d-" + kScanHex,
        ".av1d-" + kScanHex + ".mkv", ".av1d-" + kScanHex + "0.tmp", "x.av1d-" + kScanHex + ".tmp",
        ".av1d-" + kScanHex.substr(1) + "G.tmp", std::string(".av1d-.tmp")}) {
    CHECK_FALSE(is_own_name(name));
  }
  CHECK_PROPERTY([](const std::string& bytes) {
    RC_ASSERT(is_own_name(".av1d-" + fnv1a_hex(bytes) + ".tmp"));
    RC_ASSERT(is_own_name(bytes + ".why.txt"));
    RC_ASSERT(!is_own_name(bytes + ".mkv"));
  });
}

TEST_CASE("is_ignored_directory and is_disc_structure know their names", "[scan]") {
  CHECK(is_ignored_directory(".Trash-1000"));
  CHECK_FALSE(is_ignored_directory(".Trash"));
  CHECK_FALSE(is_ignored_directory("Lost+Found"));
  for (const char* name : {"BDMV", "bdmv", "Video_Ts", "HVDVD_TS", "avchd"})
    CHECK(is_disc_structure(name));
  CHECK_FALSE(is_disc_structure("BDMV2"));
  CHECK_FALSE(is_disc_structure(""));
}

// ---- Many threads -----------------------------------------------------------------------------

namespace {

// All that a scan says, as text.
std::string account_of(const ScanResult& result) {
  std::string text = std::to_string(result.directories) + " directories, " +
                     std::to_string(result.entries) + " entries\n";
  for (const auto& candidate : candidates_of(result)) {
    text += candidate.path.native() + " " + candidate.root.native() + " " +
            candidate.marker.value_or("-").native() + " " +
            candidate.disc_structure.value_or("-").native() + " " +
            std::to_string(candidate.stamp.inode) + (candidate.has_sidecar ? " noted\n" : "\n");
  }
  for (const auto& warning : result.warnings) text += warning.path.native() + warning.what + "\n";
  for (const auto& path : result.leftovers) text += path.native() + "\n";
  return text;
}

// Some hundreds of directories, wide and deep.
void grow_tree(const fs::path& top, int depth) {
  for (const char* name : {"a.mkv", "b.mp4", "c.nfo", "b.mp4.why.txt"}) write_file(top / name, "x");
  write_file(top / (".av1d-" + kScanHex + ".tmp"), "x");
  if (depth % 2 == 0) write_file(top / "a.mkv.av1skip", "");
  if (depth == 0) return;
  for (const char* name : {"one", "two", "three of them", "VIDEO_TS"}) {
    grow_tree(top / name, depth - 1);
  }
}

// A directory that can be seen at a second place, for as long as this lives.
class BindMount {
 public:
  BindMount(const fs::path& from, const fs::path& to) : to_(to) {
    fs::create_directories(to);
    stands_ = ::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0;
  }
  BindMount(const BindMount&) = delete;
  BindMount& operator=(const BindMount&) = delete;
  ~BindMount() {
    if (stands_) ::umount2(to_.c_str(), MNT_DETACH);
  }
  bool stands() const { return stands_; }

 private:
  fs::path to_;
  bool stands_ = false;
};

}  // namespace

TEST_CASE("what a scan finds does not depend on the number of its threads", "[scan]") {
  const TempDir dir;
  grow_tree(dir / "films", 4);
  grow_tree(dir / "tv", 2);
  Config config;
  config.library_roots = {dir / "films", dir / "tv", dir / "films/one"};
  const std::string alone = account_of(scan(config, {dir / "films/two"}, {}, 1));
  CHECK_THAT(alone, ContainsSubstring("films/one/three of them/VIDEO_TS/a.mkv"));
  for (const unsigned workers : {2U, 3U, 8U}) {
    CHECK(account_of(scan(config, {dir / "films/two"}, {}, workers)) == alone);
  }
}

TEST_CASE("a directory that is mounted twice in a library is read by its first name", "[scan]") {
  const TempDir dir;
  grow_tree(dir / "films/m", 2);
  const BindMount before(dir / "films/m", dir / "films/b");
  const BindMount after(dir / "films/m", dir / "films/x");
  if (!before.stands() || !after.stands()) AV1D_SKIP("bind mounts are not allowed here");
  for (const unsigned workers : {1U, 2U, 4U}) {
    const ScanResult result = scan(config_with_root(dir / "films"), {}, {}, workers);
    CHECK(result.files.size() == 21 * 2);
    for (const auto& name : names_below(result, dir / "films")) CHECK(name.starts_with("b/"));
  }
}

TEST_CASE("what a scan passes over is told in words", "[scan]") {
  Config config;
  config.library_roots = {"/lib"};
  config.job_state_dir = "/lib/state/jobs";
  config.temp_output_dir = "/lib/temp";
  config.extensions = {"mkv", "MP4"};
  const auto told = [&](const fs::path& path, const fs::path& root = "/lib") {
    Candidate candidate;
    candidate.path = path;
    candidate.root = root;
    return why_passed_over(candidate, config).value_or("");
  };
  CHECK(told("/lib/a.mkv") == "");
  CHECK(told("/lib/deep/er/a.mp4") == "");
  CHECK_THAT(told("/other/a.mkv", "/other"), ContainsSubstring("library_roots"));
  CHECK_THAT(told("/lib/x/@eaDir/y/a.mkv"), ContainsSubstring("'@eaDir'"));
  CHECK_THAT(told("/lib/temp/a.mkv"), ContainsSubstring("av1d uses itself"));
  CHECK_THAT(told("/lib/state/jobs/a.mkv"), ContainsSubstring("av1d uses itself"));
  CHECK_THAT(told("/lib/a.mkv.orig"), ContainsSubstring("files of its own"));
  CHECK_THAT(told("/lib/a.mkv.part"), ContainsSubstring("extension"));
  CHECK_THAT(told("/lib/a"), ContainsSubstring("extension"));
}
