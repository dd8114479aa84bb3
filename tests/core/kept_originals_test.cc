// Which kept originals go: by age, and where space is short, oldest first.
#include "av1d/kept_originals.h"

#include <algorithm>

#include "support/catch.h"

using namespace av1d;

namespace {

constexpr Time kNow = Time(std::chrono::hours(24 * 20'000));

KeptOriginal kept(const std::string& name, int days_ago, std::uint64_t bytes,
                  std::uint64_t filesystem = 1) {
  return {.job_id = name,
          .path = "/films/" + name,
          .bytes = bytes,
          .replaced_at = kNow - std::chrono::days(days_ago),
          .filesystem = filesystem};
}

std::string names(const std::vector<KeptOriginal>& chosen) {
  std::string text;
  for (const auto& each : chosen) text += each.job_id;
  return text;
}

}  // namespace

TEST_CASE("choose_expired takes nothing by default", "[kept]") {
  CHECK(choose_expired({kept("a", 9999, 1)}, {}, {{1, 0}}, kNow).empty());
}

TEST_CASE("choose_expired takes what is older than keep_days, oldest first", "[kept]") {
  const std::vector<KeptOriginal> all = {kept("a", 6, 1), kept("b", 8, 1), kept("c", 7, 1),
                                         kept("d", 0, 1), kept("e", -400, 1)};
  CHECK(names(choose_expired(all, {7, 0}, {}, kNow)) == "bc");
  CHECK(names(choose_expired(all, {7, 0}, {}, kNow - std::chrono::seconds(1))) == "b");
}

TEST_CASE("choose_expired frees just enough where space is short", "[kept]") {
  const std::vector<KeptOriginal> all = {kept("a", 1, 10), kept("b", 3, 10), kept("c", 2, 10),
                                         kept("x", 9, 10, 2)};
  CHECK(names(choose_expired(all, {0, 100}, {{1, 100}, {2, 100}}, kNow)).empty());
  CHECK(names(choose_expired(all, {0, 100}, {{1, 99}, {2, 100}}, kNow)) == "b");
  CHECK(names(choose_expired(all, {0, 100}, {{1, 85}, {2, 100}}, kNow)) == "bc");
  CHECK(names(choose_expired(all, {0, 100}, {{1, 0}, {2, 100}}, kNow)) == "bca");
  CHECK(names(choose_expired(all, {0, 100}, {{1, 0}, {2, 0}}, kNow)) == "xbca");
  // Where it lies is not known: nobody can say that space is short there.
  CHECK(names(choose_expired(all, {0, 100}, {}, kNow)).empty());
}

TEST_CASE("choose_expired counts what goes by age before it takes younger ones", "[kept]") {
  const std::vector<KeptOriginal> all = {kept("a", 1, 10), kept("b", 2, 10), kept("c", 30, 10)};
  CHECK(names(choose_expired(all, {7, 100}, {{1, 95}}, kNow)) == "c");
  CHECK(names(choose_expired(all, {7, 100}, {{1, 85}}, kNow)) == "cb");
}

TEST_CASE("choose_expired does not take what frees nothing", "[kept]") {
  const std::vector<KeptOriginal> all = {kept("a", 2, 0), kept("b", 1, 10)};
  CHECK(names(choose_expired(all, {0, 100}, {{1, 95}}, kNow)) == "b");
}

TEST_CASE("choose_expired never takes more than it must, nor a younger one first", "[kept]") {
  CHECK_PROPERTY([] {
    std::vector<KeptOriginal> all;
    for (int i = *rc::gen::inRange(0, 12); i > 0; --i) {
      all.push_back(kept(std::string(1, static_cast<char>('a' + i)), *rc::gen::inRange(-2, 20),
                         *rc::gen::inRange<std::uint64_t>(0, 50)));
    }
    const KeepingRules rules{*rc::gen::inRange(0, 10), *rc::gen::inRange<std::uint64_t>(0, 200)};
    const std::uint64_t free = *rc::gen::inRange<std::uint64_t>(0, 200);
    const auto chosen = choose_expired(all, rules, {{1, free}}, kNow);
    std::uint64_t freed = 0;
    for (const auto& each : chosen) freed += each.bytes;
    RC_ASSERT(std::ranges::is_sorted(chosen, {}, &KeptOriginal::replaced_at));
    const auto young = [&](const KeptOriginal& each) {
      return rules.keep_days == 0 || kNow - each.replaced_at < std::chrono::days(rules.keep_days);
    };
    const auto last = std::find_if(chosen.rbegin(), chosen.rend(), young);
    if (last != chosen.rend()) {  // one was taken for space: without it, it was not enough
      RC_ASSERT(free + freed - last->bytes < rules.min_free_bytes);
    }
    std::uint64_t all_bytes = 0;
    for (const auto& each : all) all_bytes += each.bytes;
    RC_ASSERT(free + freed >= std::min(rules.min_free_bytes, free + all_bytes));
  });
}
