// The order in which the whole program syncs, renames and removes, as strace saw it: what makes a
// power cut harmless. tests/campaign proves the replace alone at each of its calls.
#include "e2e/library.h"
#include "e2e/trace.h"

namespace av1d::test {

namespace {

// The last part of the path that `strace -y` shows for a descriptor, as in fsync(5</a/b>).
std::string file_behind(const std::string& line) {
  const std::size_t open = line.find('<');
  const std::string path = line.substr(open + 1, line.find('>', open) - open - 1);
  return path.substr(path.rfind('/') + 1);
}

// "fsync library", "renameat2 .av1d-ID.tmp film.mkv": what succeeded, in its order.
Words calls_in(const std::string& text, const std::string& id) {
  Words calls;
  for (std::string line : lines_of(text)) {
    for (std::size_t at = 0; (at = line.find(id)) != std::string::npos;) {
      line.replace(at, id.size(), "ID");
    }
    // strace pads a process number of fewer than five digits with spaces.
    const std::size_t begin = line.find_first_not_of(' ', line.find(' '));
    if (begin == std::string::npos) continue;
    const std::string name = line.substr(begin, line.find('(') - begin);
    if (line.find(" = -1 ") != std::string::npos) continue;
    if (name == "fsync") calls.push_back(name + " " + file_behind(line));
    if (name == "openat" && line.find("O_CREAT") != std::string::npos) {
      calls.push_back("create " + quoted_word(line));
    }
    if (name == "unlinkat") calls.push_back("unlink " + quoted_word(line));
    if (!name.starts_with("renameat")) continue;
    const std::size_t second = line.find('"', line.find('"', line.find('"') + 1) + 1);
    calls.push_back("rename " + quoted_word(line) + " " + quoted_word(line, second));
  }
  return calls;
}

}  // namespace

TEST_CASE("av1d puts each step of a job on the disk before the next one needs it", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  if (!strace_works()) AV1D_SKIP("strace cannot trace here");
  const Library library;
  const fs::path film = library.add("film.mkv", short_clip());
  const fs::path log = library.home() / "strace.txt";
  Surroundings where = library.surroundings();
  where.env["ASAN_OPTIONS"] = "detect_leaks=0";  // LeakSanitizer can't run under ptrace
  const Finished pass = run(Words{"strace", "-f", "-y", "-s", "4096", "-o", log, "-e",
                                  "trace=openat,fsync,renameat,renameat2,unlinkat"} +
                                library.command({"--once"}),
                            where);
  INFO(pass.err);
  REQUIRE(library.verdict(film) == "success");
  const Words calls = calls_in(read_file(log), library.job(film).id);
  const Words job_file = {"fsync .ID.tmp", "rename .ID.tmp ID.json", "fsync jobs"};
  const Words staged = {"rename ID.mkv .av1d-ID.tmp", "fsync .av1d-ID.tmp"};
  const Words swapped = {"rename .av1d-ID.tmp film.mkv",
                         "fsync " + library.root().filename().string(), "unlink .av1d-ID.old",
                         "fsync " + library.root().filename().string()};
  auto at = calls.begin();
  for (const auto& wanted :
       job_file + Words{"create .av1d-ID.probe"} + staged + job_file + swapped + job_file) {
    INFO("'" << wanted << "' is due behind what came before it");
    const auto found = std::find(at, calls.end(), wanted);
    REQUIRE(found != calls.end());
    at = found;
  }
}

}  // namespace av1d::test
