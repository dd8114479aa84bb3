// Work that is shared out.
#include "av1d/workers.h"

#include <atomic>
#include <vector>

#include "support/catch.h"

using namespace av1d;

TEST_CASE("share_out does each piece once, whatever the number of workers", "[workers]") {
  for (const unsigned workers : {1U, 2U, 7U}) {
    for (const std::size_t count : {0U, 1U, 64U, 65U, 10'000U}) {
      std::vector<std::atomic<int>> done(count);
      share_out(count, workers, [&](unsigned worker, std::size_t i) {
        if (worker < workers) ++done[i];
      });
      bool once = true;
      for (const auto& times : done) once = once && times == 1;
      CHECK(once);
    }
  }
}

TEST_CASE("there are one to four workers", "[workers]") {
  CHECK(worker_count() >= 1);
  CHECK(worker_count() <= 4);
}
