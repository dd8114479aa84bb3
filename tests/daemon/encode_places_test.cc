// How many encoders run at a time, how many films are looked into ahead, and whoever waits for one.
#include "daemon/encode_places.h"

#include <atomic>
#include <future>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.h"

using namespace av1d;

namespace {

using Ticket = EncodePlaces::Ticket;
using MaybeTicket = std::optional<Ticket>;

// A film that is looked into.
MaybeTicket ahead(EncodePlaces& places) {
  auto ticket = places.try_come();
  REQUIRE(ticket);
  return ticket;
}

// A film that is encoded.
MaybeTicket inside(EncodePlaces& places) {
  auto ticket = ahead(places);
  REQUIRE(ticket->try_enter());
  return ticket;
}

// A film that is proven.
MaybeTicket behind(EncodePlaces& places) {
  auto ticket = inside(places);
  ticket->leave();
  return ticket;
}

std::size_t in_the_queue(const EncodePlaces& places) {
  return places.counts().waiting + places.counts().returning;
}

// A thread that waits to be inside, from now on.
std::future<bool> entering(EncodePlaces& places, MaybeTicket& ticket,
                           const std::stop_token& stop = {}) {
  const std::size_t before = in_the_queue(places);
  auto entry = std::async(std::launch::async, [&ticket, stop] { return ticket->enter(stop); });
  while (in_the_queue(places) == before) std::this_thread::yield();
  return entry;
}

}  // namespace

TEST_CASE("no more films are inside than there are places", "[places]") {
  EncodePlaces places(2, [] {});
  auto first = inside(places);
  const auto second = inside(places);
  auto third = ahead(places);
  CHECK_FALSE(third->try_enter());
  CHECK(places.counts().inside == 2);
  first.reset();
  CHECK(places.counts().inside == 1);
  CHECK(third->try_enter());
}

TEST_CASE("as many films are looked into ahead as there are places", "[places]") {
  EncodePlaces places(1, [] {});
  auto encoded = ahead(places);
  CHECK_FALSE(places.has_room());
  CHECK_FALSE(places.try_come());
  REQUIRE(encoded->try_enter());
  CHECK(places.has_room());
  auto next = ahead(places);
  CHECK_FALSE(places.try_come());
  next.reset();  // turned down by a gate
  CHECK(places.has_room());
}

TEST_CASE("waiting, entering and leaving are said each time", "[places]") {
  std::atomic<int> said = 0;
  EncodePlaces places(1, [&said] { ++said; });
  auto ticket = inside(places);
  CHECK(said == 1);
  CHECK(ticket->enter({}));  // is inside
  CHECK(said == 1);
  ticket->leave();
  ticket->leave();
  CHECK(said == 2);
  CHECK(ticket->enter({}));
  CHECK(said == 3);
  auto waiting = ahead(places);
  CHECK(said == 3);
  auto entry = entering(places, waiting);
  ticket.reset();
  CHECK(entry.get());
  CHECK(said == 5);
}

TEST_CASE("a film that waits goes inside when another one leaves", "[places]") {
  EncodePlaces places(1, [] {});
  auto first = inside(places);
  auto second = ahead(places);
  auto entry = entering(places, second);
  CHECK(places.counts().waiting == 1);
  CHECK(places.counts().looking == 0);
  first->leave();
  CHECK(entry.get());
  CHECK(places.counts().waiting == 0);
  CHECK(places.counts().behind == 1);
}

TEST_CASE("a film that was inside before goes first, then the one that came first", "[places]") {
  EncodePlaces places(2, [] {});
  auto returning = inside(places);
  auto encoded = inside(places);
  auto early = ahead(places);
  auto late = ahead(places);
  places.set_limit(1);
  returning->leave();
  auto late_entry = entering(places, late);
  auto early_entry = entering(places, early);
  auto return_entry = entering(places, returning);
  CHECK(places.counts().returning == 1);
  encoded.reset();
  CHECK(return_entry.get());
  CHECK(places.counts().waiting == 2);
  returning.reset();
  CHECK(early_entry.get());
  CHECK(places.counts().waiting == 1);
  early.reset();
  CHECK(late_entry.get());
}

TEST_CASE("nobody passes by one that waits", "[places]") {
  EncodePlaces places(2, [] {});
  auto encoded = inside(places);
  const auto other = inside(places);
  auto first = ahead(places);
  auto second = ahead(places);
  auto entry = entering(places, first);
  CHECK_FALSE(second->try_enter());
  encoded->leave();
  CHECK(entry.get());
  CHECK_FALSE(second->try_enter());
}

TEST_CASE("where proofs are slower than encodes, encodes wait for them", "[places]") {
  EncodePlaces places(1, [] {});
  auto proven = behind(places);
  auto proven_too = behind(places);
  auto third = ahead(places);
  CHECK_FALSE(third->try_enter());
  CHECK(proven->try_enter());  // to be encoded once more
  proven->leave();
  auto entry = entering(places, third);
  proven_too.reset();
  CHECK(entry.get());
}

TEST_CASE("without places nobody comes, nobody goes inside and nobody is sent out", "[places]") {
  EncodePlaces places(1, [] {});
  auto ticket = ahead(places);
  places.set_limit(0);
  CHECK_FALSE(places.try_come());
  CHECK_FALSE(ticket->try_enter());
  auto entry = entering(places, ticket);
  places.set_limit(1);
  CHECK(entry.get());
  places.set_limit(0);
  CHECK(places.counts().inside == 1);
}

TEST_CASE("a stopped job gets no place, be it free", "[places]") {
  EncodePlaces places(1, [] {});
  auto ticket = ahead(places);
  std::stop_source stop;
  stop.request_stop();
  CHECK_FALSE(ticket->enter(stop.get_token()));
  CHECK(places.counts().looking == 1);
}

TEST_CASE("a stopped job waits no longer", "[places]") {
  EncodePlaces places(1, [] {});
  const auto encoded = inside(places);
  auto waiting = ahead(places);
  std::stop_source stop;
  auto entry = entering(places, waiting, stop.get_token());
  stop.request_stop();
  CHECK_FALSE(entry.get());
  CHECK(places.counts().inside == 1);
  CHECK(places.counts().waiting == 0);
}
