// The short form of the campaign, and the order of system calls that it rests on.
#include "campaign/campaign.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <random>

#include "campaign/scene.h"
#include "campaign/tracer.h"
#include "support/catch.h"
#include "support/temp_dir.h"

namespace av1d::test {

namespace {

// Another campaign at each run, which its seed repeats: AV1D_SEED=1234.
Wishes wishes() {
  const char* text = std::getenv("AV1D_SEED");
  return {.seed = text == nullptr ? std::random_device{}() : std::strtoull(text, nullptr, 10),
          .directory = fs::temp_directory_path(),
          .elsewhere = fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path()};
}

void check_campaign(const Wishes& wished) {
  const Tally tally = run_campaign(wished);
  std::string problems;
  for (const auto& problem : tally.problems) problems += problem + "\n";
  INFO("AV1D_SEED=" << tally.seed);
  CHECK(problems == "");
  if (!tally.notes.empty()) AV1D_SKIP(tally.notes.front());
}

// The changing calls of one replace, with ID for the job's.
std::vector<std::string> calls_of(const Setting& setting) {
  const TempDir home, elsewhere;
  const Scene scene(setting, home.path(), elsewhere.path());
  std::vector<std::string> calls;
  const auto flags =
      setting.filesystem == Filesystem::full ? RenameFlags::known : RenameFlags::unknown;
  const auto listen = [&](const Call& call) {
    calls.push_back(call.shown());
    const bool crosses = call.name == "renameat2" && call.file(0) != call.file(2);
    return crosses && scene.must_cross() ? Fate{Fate::What::fail, EXDEV} : Fate{};
  };
  trace([&] { return static_cast<int>(scene.replace()); }, Watch::changes, flags, listen);
  REQUIRE(scene.unreplaced() == "");
  const std::string id = scene.job().value_or(Job{}).id;
  for (std::string& call : calls) {
    for (std::size_t at = 0; (at = call.find(id)) != std::string::npos;) {
      call.replace(at, id.size(), "ID");
    }
  }
  return calls;
}

// "" where `order` is found in `calls`, each behind the one before; else the one that is missing,
// and all that was called.
std::string missing(const std::vector<std::string>& order, const std::vector<std::string>& calls) {
  auto at = calls.begin();
  for (const std::string& wanted : order) {
    at = std::find(at, calls.end(), wanted);
    if (at != calls.end()) continue;
    std::string text = "no '" + wanted + "' where it is due in:\n";
    for (const std::string& call : calls) text += call + "\n";
    return text;
  }
  return {};
}

const std::vector<std::string> kJobFile = {"fsync .ID.tmp", "renameat .ID.tmp ID.json",
                                           "fsync jobs"};
const std::vector<std::string> kDressed = {"utimensat .av1d-ID.tmp", "fsync .av1d-ID.tmp"};
const std::vector<std::string> kGone = {"fsync library", "unlinkat .av1d-ID.old", "fsync library"};

std::vector<std::string> all_of(std::initializer_list<std::vector<std::string>> parts) {
  std::vector<std::string> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

// The job is on record before the library is touched, the staged file is on the disk before the
// journal, the journal before the swap, the swap before the original goes, and all of it before the
// job says so. Nothing but this order makes a power cut harmless.
TEST_CASE("a replace syncs each step before the next one needs it", "[campaign]") {
  if (!can_trace()) AV1D_SKIP("processes cannot be traced here");
  const std::vector<std::string> begun = {"openat .av1d-ID.probe"};
  SECTION("in place") {
    const std::vector<std::string> swap = {"renameat2 .av1d-ID.tmp film.mkv",
                                           "renameat2 .av1d-ID.tmp .av1d-ID.old"};
    CHECK(missing(all_of({kJobFile, begun, kDressed, kJobFile, swap, kGone, kJobFile}),
                  calls_of({})) == "");
  }
  SECTION("in place without EXCHANGE") {
    const std::vector<std::string> swap = {"linkat film.mkv .av1d-ID.old",
                                           "renameat .av1d-ID.tmp film.mkv"};
    CHECK(missing(all_of({kJobFile, begun, kDressed, kJobFile, swap, kGone, kJobFile}),
                  calls_of({.filesystem = Filesystem::no_rename_flags})) == "");
  }
  SECTION("to a new name") {
    const std::vector<std::string> swap = {"renameat2 .av1d-ID.tmp film.mkv", "fsync library",
                                           "renameat2 film.avi .av1d-ID.old"};
    CHECK(missing(all_of({kJobFile, begun, kDressed, kJobFile, swap, kGone, kJobFile}),
                  calls_of({.naming = Naming::new_name})) == "");
  }
  SECTION("keeping the original") {
    const std::vector<std::string> kept = {"fsync library", "renameat2 .av1d-ID.old film.mkv.orig",
                                           "fsync library"};
    CHECK(missing(all_of({kJobFile, begun, kDressed, kJobFile, kept, kJobFile}),
                  calls_of({.keep = Keep::orig})) == "");
  }
  SECTION("by copy") {
    const std::vector<std::string> copied = {"write .av1d-ID.tmp", "fsync .av1d-ID.tmp"};
    CHECK(missing(all_of({kJobFile, begun, copied, kDressed, kJobFile, kGone, kJobFile}),
                  calls_of({.temp = Temp::other})) == "");
  }
}

TEST_CASE("a replace that is killed at any system call leaves a whole film and is made good",
          "[campaign]") {
  if (!can_trace()) AV1D_SKIP("processes cannot be traced here");
  Wishes wished = wishes();
  wished.kills = 60;
  check_campaign(wished);
}

TEST_CASE("a replace whose system calls fail leaves a whole film and is made good", "[campaign]") {
  if (!can_trace()) AV1D_SKIP("processes cannot be traced here");
  Wishes wished = wishes();
  wished.failures = 60;
  check_campaign(wished);
}

TEST_CASE("a power cut at any system call of a replace leaves a whole film, on ext4 and xfs",
          "[campaign]") {
  if (!can_trace()) AV1D_SKIP("processes cannot be traced here");
  Wishes wished = wishes();
  wished.cuts = 6;
  check_campaign(wished);
}

}  // namespace av1d::test
