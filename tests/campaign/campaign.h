// Kills, failures and power cuts against one replace, over all its settings. Each case: make a
// scene, hurt the replace (and the recovery after it), look at every path at once and after each
// start, then let the daemon finish. One seed gives one campaign.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace av1d::test {

namespace fs = std::filesystem;

struct Wishes {
  std::uint64_t seed = 1;
  int kills = 0;
  int failures = 0;
  int cuts = 0;  // on each filesystem of `disks`
  std::vector<std::string> disks = {"ext4", "xfs"};
  fs::path directory;  // where the libraries are made
  fs::path elsewhere;  // on another filesystem, where there is one
};

struct Tally {
  std::uint64_t seed = 0;
  int kills = 0;           // of the replace
  int recovery_kills = 0;  // of the start after it
  int failures = 0;        // cases with a call that failed
  int cuts = 0;
  std::vector<std::string> notes;     // what could not be done here
  std::vector<std::string> problems;  // each a film that is not as it should be: setting, call, why

  std::string summary() const;
};

Tally run_campaign(const Wishes& wishes);

}  // namespace av1d::test
