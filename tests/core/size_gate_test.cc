// The gate at its border, where a float would round either way, and its law.
#include "av1d/size_gate.h"

#include <algorithm>
#include <limits>

#include "support/catch.h"

namespace av1d {

TEST_CASE("check_size rejects exactly the ratio and accepts one byte less", "[size_gate]") {
  struct Case {
    std::uint64_t original;
    double ratio;
    std::uint64_t limit;  // the smallest size that is turned down
  };
  const Case c = GENERATE(Case{1000, 0.90, 900}, Case{100, 0.07, 7}, Case{100, 0.29, 29},
                          Case{10'000'000'000, 0.57, 5'700'000'000}, Case{3, 0.5, 2},
                          Case{5'000'000'000, 1.0, 5'000'000'000});
  CAPTURE(c.original, c.ratio);
  CHECK_FALSE(check_size(c.original, c.limit - 1, c.ratio));
  CHECK(check_size(c.original, c.limit, c.ratio));
}

TEST_CASE("check_size names both sizes, the share and the limit", "[size_gate]") {
  const auto reason = check_size(4ULL << 30U, 3865470567, 0.90);
  REQUIRE(reason);
  CHECK(reason->code == ReasonCode::size_gate);
  CHECK(
      reason->text ==
      "the AV1 file reached 3.6 GiB, 90.0 % of the original's 4.0 GiB; max_size_ratio 0.9 asks for "
      "less than 90 %");
}

TEST_CASE("check_size rejects whatever comes of an empty original", "[size_gate]") {
  CHECK(check_size(0, 0, 0.9));
  CHECK(check_size(0, 1, 0.9));
}

TEST_CASE("check_size and bytes_needed stand sizes and ratios at the edge of their types",
          "[size_gate]") {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  CHECK_FALSE(check_size(kMost, kMost - 1, 1.0));
  CHECK(check_size(kMost, kMost, 1.0));
  CHECK(check_size(1000, 0, std::numeric_limits<double>::quiet_NaN()));
  CHECK(check_size(1000, 1000, 7.0));
  CHECK(bytes_needed(kMost, 1.0) == kMost);
  CHECK(bytes_needed(1000, -1.0) == 64ULL << 20U);
}

TEST_CASE("bytes_needed is the largest output that can pass plus 64 MiB", "[size_gate]") {
  CHECK(bytes_needed(0, 0.9) == 67'108'864);
  CHECK(bytes_needed(1000, 0.9) == 67'108'864 + 900);
  CHECK(bytes_needed(3, 0.5) == 67'108'864 + 2);
}

TEST_CASE("an output that passes the gate always fits in what was asked for", "[size_gate]") {
  CHECK_PROPERTY([](std::uint32_t original, std::uint32_t output) {
    const double ratio = *rc::gen::map(rc::gen::inRange(1, 101), [](int n) { return n / 100.0; });
    if (check_size(original, output, ratio)) return;
    RC_ASSERT(output < bytes_needed(original, ratio));
  });
}

TEST_CASE("a larger output never passes where a smaller one did not", "[size_gate]") {
  CHECK_PROPERTY([](std::uint64_t original, std::uint64_t a, std::uint64_t b) {
    const auto small = std::min(a, b);
    const auto large = std::max(a, b);
    if (check_size(original, small, 0.9)) RC_ASSERT(check_size(original, large, 0.9).has_value());
  });
}

}  // namespace av1d
