// campaign: the long form of the crash and fault tests, one command with a seed and a summary line.
// Status 0 when every film came through, 1 when one did not, 64 for a mistake of usage, 77 where
// processes cannot be traced.
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <map>
#include <string>

#include "campaign/campaign.h"
#include "campaign/tracer.h"

namespace {

using namespace av1d::test;

constexpr const char* kUsage =
    "usage: campaign [--seed N] [--kills N] [--failures N] [--cuts N] [--dir DIR] "
    "[--elsewhere DIR]\n"
    "Hurts a replace and its recovery at every system call. Without figures: 2500 kills, 1500\n"
    "failures, 200 power cuts each on ext4 and xfs (as root). DIR must lie on another filesystem\n"
    "than --elsewhere for copies to be copies.\n";

bool parse(std::string_view text, auto& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_arguments(int argc, char** argv, Wishes& wishes) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    const std::map<std::string, int*> figures = {
        {"--kills", &wishes.kills}, {"--failures", &wishes.failures}, {"--cuts", &wishes.cuts}};
    const auto figure = figures.find(name);
    if (figure != figures.end() && parse(value, *figure->second)) continue;
    if (name == "--seed" && parse(value, wishes.seed)) continue;
    if (name == "--dir") {
      wishes.directory = value;
      continue;
    }
    if (name != "--elsewhere") return false;
    wishes.elsewhere = value;
  }
  return argc % 2 == 1;
}

}  // namespace

int main(int argc, char** argv) {
  Wishes wishes{.kills = 2500,
                .failures = 1500,
                .cuts = 200,
                .directory = fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path(),
                .elsewhere = fs::temp_directory_path()};
  if (!read_arguments(argc, argv, wishes)) {
    fmt::print(stderr, "{}", kUsage);
    return 64;
  }
  if (!can_trace()) {
    fmt::print(stderr, "campaign: processes cannot be traced here\n");
    return 77;
  }
  const Tally tally = run_campaign(wishes);
  for (const auto& note : tally.notes) fmt::print("{}\n", note);
  for (const auto& problem : tally.problems) fmt::print("WRONG {}\n", problem);
  fmt::print("{}\n", tally.summary());
  return tally.problems.empty() ? 0 : 1;
}
