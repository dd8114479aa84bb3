// The machine's load from /proc and /sys. What the kernel does not tell stays absent.
#pragma once

#include <vector>

#include "av1d/types.h"
#include "monitor/facts.h"

namespace av1d {

class SystemMetrics {
 public:
  // `root` stands for "/": tests bring their own /proc and /sys.
  explicit SystemMetrics(fs::path root = "/") : root_(std::move(root)) {}

  // CPU figures are of the time since the last call; absent at the first. Reads /proc and /sys.
  SystemFacts read();

 private:
  struct CpuTimes {
    std::uint64_t busy = 0;
    std::uint64_t all = 0;
  };
  std::string text_of(const char* name) const;
  void read_cpu(SystemFacts& facts);
  void read_memory(SystemFacts& facts) const;
  void read_load(SystemFacts& facts) const;
  void read_gpu(SystemFacts& facts) const;

  fs::path root_;
  std::vector<CpuTimes> last_;  // of all cores together, then of each
};

}  // namespace av1d
