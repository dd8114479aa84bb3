// Threads that share a heap of work; see workers.h.
#include "av1d/workers.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

namespace av1d {

unsigned worker_count() {
  constexpr unsigned kMost = 4;
  return std::clamp(std::thread::hardware_concurrency(), 1U, kMost);
}

void work_together(unsigned workers, const std::function<void(unsigned)>& work) {
  std::vector<std::jthread> others;
  try {
    for (unsigned worker = 1; worker < workers; ++worker) others.emplace_back(work, worker);
  } catch (const std::system_error&) {
    // A limit on threads: those that run do it all.
  }
  work(0);
}

void share_out(std::size_t count, unsigned workers,
               const std::function<void(unsigned, std::size_t)>& work) {
  // Few enough to end together, many enough that nobody waits for the next one.
  constexpr std::size_t kAtOnce = 64;
  std::atomic<std::size_t> next{0};
  const auto take = [&](unsigned worker) {
    for (std::size_t first; (first = next.fetch_add(kAtOnce)) < count;) {
      const std::size_t end = std::min(first + kAtOnce, count);
      for (std::size_t i = first; i < end; ++i) work(worker, i);
    }
  };
  const bool is_little = count <= kAtOnce;
  work_together(is_little ? 1 : workers, take);
}

}  // namespace av1d
