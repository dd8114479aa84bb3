// How busy the machine is; see system_load.h.
#include "daemon/system_load.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace av1d {

namespace fs = std::filesystem;

std::optional<double> load_average() {
  double averages[3] = {};
  if (::getloadavg(averages, 3) < 1) return std::nullopt;
  return averages[0];
}

std::uint64_t busy_threads(const std::vector<int>& pids) {
  std::uint64_t busy = 0;
  for (const int pid : pids) {
    std::error_code error;
    fs::directory_iterator tasks(fs::path("/proc") / std::to_string(pid) / "task", error);
    for (; !error && tasks != fs::directory_iterator(); tasks.increment(error)) {
      std::ifstream stat(tasks->path() / "stat");
      std::string line;
      std::getline(stat, line);
      // "PID (NAME) STATE ...": a name may hold anything, parentheses too.
      const auto after_name = line.rfind(") ");
      if (after_name == std::string::npos || after_name + 2 >= line.size()) continue;
      const char state = line[after_name + 2];
      if (state == 'R' || state == 'D') ++busy;
    }
  }
  return busy;
}

}  // namespace av1d
