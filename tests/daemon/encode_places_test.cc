// How many encoders run at a time, whoever waits for one.
#include "daemon/encode_places.h"

#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "support/catch.h"

using namespace av1d;

namespace {

// One place: a job has left it, the next one is inside.
struct TwoJobs {
  EncodePlaces places{1, [] {}};
  std::optional<EncodePlaces::Place> old = places.try_take(), inside;
  TwoJobs() {
    REQUIRE(old);
    old->leave();
    if (auto next = places.try_take()) inside.emplace(*std::move(next));
    REQUIRE(inside);
  }
};

// A thread that wants to be back inside; ready when enter() has answered.
std::future<bool> entering(EncodePlaces::Place& place, const std::stop_token& stop) {
  return std::async(std::launch::async, [&place, stop] { return place.enter(stop); });
}

}  // namespace

TEST_CASE("no more places are taken than there are", "[places]") {
  EncodePlaces places(2, [] {});
  auto first = places.try_take();
  const auto second = places.try_take();
  REQUIRE((first && second));
  CHECK_FALSE(places.try_take());
  CHECK(places.taken() == 2);
  first.reset();
  CHECK(places.taken() == 1);
  CHECK(places.try_take());
}

TEST_CASE("a place that is left and entered again is said each time", "[places]") {
  int said = 0;
  EncodePlaces places(1, [&said] { ++said; });
  auto place = places.try_take();
  REQUIRE(place);
  CHECK(place->enter({}));  // is inside
  CHECK(said == 0);
  place->leave();
  CHECK(place->enter({}));
  CHECK(said == 2);
}

TEST_CASE("a place that is left early is free, said once, and given back once", "[places]") {
  int said = 0;
  EncodePlaces places(1, [&said] { ++said; });
  {
    auto place = places.try_take();
    REQUIRE(place);
    place->leave();
    place->leave();
    CHECK(said == 1);
    CHECK(places.taken() == 0);
    CHECK(places.has_free());
  }
  CHECK(places.taken() == 0);
}

TEST_CASE("a place that goes without being left is not said", "[places]") {
  int said = 0;
  EncodePlaces places(1, [&said] { ++said; });
  { const auto place = places.try_take(); }
  CHECK(said == 0);
}

TEST_CASE("a job comes back when another one leaves", "[places]") {
  TwoJobs jobs;
  auto back = entering(*jobs.old, {});
  CHECK(back.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout);
  jobs.inside->leave();
  CHECK(back.get());
  CHECK(jobs.old->enter({}));  // is inside
  CHECK(jobs.places.taken() == 1);
  CHECK_FALSE(jobs.places.try_take());
}

TEST_CASE("a job that waits goes before a new one", "[places]") {
  TwoJobs jobs;
  std::stop_source stop;
  auto back = entering(*jobs.old, stop.get_token());
  while (jobs.places.waiting() == 0) std::this_thread::yield();
  jobs.places.set_limit(2);
  CHECK_FALSE(jobs.places.try_take());
  CHECK(back.get());
}

TEST_CASE("a lower limit sends nobody out", "[places]") {
  EncodePlaces places(2, [] {});
  auto first = places.try_take();
  const auto second = places.try_take();
  places.set_limit(1);
  CHECK(places.taken() == 2);
  first.reset();
  CHECK_FALSE(places.try_take());
}

TEST_CASE("a stopped job waits no longer", "[places]") {
  TwoJobs jobs;
  std::stop_source stop;
  auto back = entering(*jobs.old, stop.get_token());
  stop.request_stop();
  CHECK_FALSE(back.get());
  CHECK(jobs.places.taken() == 1);
}
