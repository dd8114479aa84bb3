// Two hands on one film are never wanted.
#include "daemon/claims.h"

#include <thread>

#include "support/catch.h"

using namespace av1d;

TEST_CASE("a path is claimed by one at a time", "[claims]") {
  Claims claims;
  {
    const auto first = claims.take("/a.mkv");
    REQUIRE(first);
    CHECK_FALSE(claims.take("/a.mkv"));
    CHECK(claims.take("/b.mkv"));
  }
  CHECK(claims.take("/a.mkv"));
}

TEST_CASE("a claim that was moved is given back once", "[claims]") {
  Claims claims;
  std::optional<Claims::Claim> kept;
  {
    auto first = claims.take("/a.mkv");
    REQUIRE(first);
    kept.emplace(*std::move(first));
  }
  CHECK_FALSE(claims.take("/a.mkv"));
  kept.reset();
  CHECK(claims.take("/a.mkv"));
}

TEST_CASE("who is patient gets a path that is given back in time, and no other", "[claims]") {
  Claims claims;
  auto first = claims.take("/a.mkv");
  REQUIRE(first);
  CHECK_FALSE(claims.take("/a.mkv", std::chrono::milliseconds(1)));
  const std::jthread other([&first] { first.reset(); });
  CHECK(claims.take("/a.mkv", std::chrono::minutes(5)));
}
