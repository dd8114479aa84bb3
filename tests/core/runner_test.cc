// The words for a child's end.
#include "av1d/runner.h"

#include "support/catch.h"

namespace av1d {

TEST_CASE("RunExit::describe tells how a child ended, and first of all why", "[runner]") {
  RunExit exit;
  CHECK(exit.describe() == "exit status unknown");
  exit.status = 234;
  CHECK(exit.describe() == "exit status 234");
  exit.status = -1;
  exit.signal = 9;
  CHECK(exit.describe() == "killed by signal 9 (Killed)");
  exit.wall = std::chrono::seconds(60);
  exit.stopped = true;
  CHECK(exit.describe() == "stopped after 60 s");
  exit.ended_by_tick = true;
  exit.wall = std::chrono::milliseconds(2340);
  CHECK(exit.describe() == "ended by its watchdog after 2.3 s");
  exit.timed_out = true;
  CHECK(exit.describe() == "timed out after 2.3 s");
}

TEST_CASE("RunExit::ok needs status 0 and nobody who ended it", "[runner]") {
  RunExit good;
  good.status = 0;
  CHECK(good.ok());
  for (bool RunExit::*flag : {&RunExit::timed_out, &RunExit::stopped, &RunExit::ended_by_tick}) {
    RunExit ended = good;
    ended.*flag = true;
    CHECK_FALSE(ended.ok());
  }
  CHECK_FALSE(RunExit{}.ok());
}

}  // namespace av1d
