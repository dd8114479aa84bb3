// When encoders have to stand still: literal clocks and loads.
#include "daemon/pause.h"

#include <cmath>

#include "support/catch.h"

using namespace av1d;
using namespace std::chrono_literals;

TEST_CASE("without a reason encoders run", "[pause]") {
  CHECK_FALSE(pause_reason({}, {}));
}

TEST_CASE(".pause, quiet hours and other work each have their reason", "[pause]") {
  Config config;
  config.quiet_hours = "22:00-08:00";
  config.pause_above_load = 2;
  PauseInputs inputs;
  inputs.since_midnight = 12h;
  inputs.other_load = 1.9;
  CHECK_FALSE(pause_reason(inputs, config));
  inputs.other_load = 2.1;
  CHECK(pause_reason(inputs, config) == "other work has a load above 2");
  inputs.since_midnight = 23h;
  CHECK(pause_reason(inputs, config) == "quiet hours until 08:00");
  inputs.pause_file = true;
  CHECK(pause_reason(inputs, config) == "the file '.pause' stands in job_state_dir");
}

TEST_CASE("a pause for load ends when the load has fallen by a fifth", "[pause]") {
  Config config;
  config.pause_above_load = 10;
  PauseInputs inputs;
  inputs.other_load = 9;
  CHECK_FALSE(pauses_for_load(inputs, config));
  inputs.loaded_before = true;
  CHECK(pauses_for_load(inputs, config));
  inputs.other_load = 8;
  CHECK_FALSE(pauses_for_load(inputs, config));
}

TEST_CASE("a load that is not known, or that nobody asked for, pauses nothing", "[pause]") {
  Config config;
  PauseInputs inputs;
  inputs.other_load = 99;
  CHECK_FALSE(pauses_for_load(inputs, config));
  config.pause_above_load = 1;
  inputs.other_load.reset();
  CHECK_FALSE(pauses_for_load(inputs, config));
}

// The kernel's one-minute average of a constant number of busy threads, sampled as it does.
TEST_CASE("the load of our own encoders is taken off", "[pause]") {
  LoadGauge gauge;
  double kernel = 0;
  auto now = LoadGauge::Clock::time_point(1000s);
  gauge.sample(kernel, 16, now);
  for (int i = 0; i < 60; ++i) {
    now += LoadGauge::kInterval;
    kernel = kernel * std::exp(-5.0 / 60) + (16 + 3) * (1 - std::exp(-5.0 / 60));
    const double others = gauge.sample(kernel, 16, now);
    CHECK(others >= 0);
    CHECK(others <= 3.001);
    if (i == 59) CHECK(others == Approx(3).margin(0.1));
  }
  // They are paused: what is left of them in the average goes as it does in the kernel's.
  for (int i = 0; i < 3; ++i) {
    now += LoadGauge::kInterval;
    kernel = kernel * std::exp(-5.0 / 60) + 3 * (1 - std::exp(-5.0 / 60));
    CHECK(gauge.sample(kernel, 0, now) == Approx(3).margin(0.1));
  }
}

TEST_CASE("the load of others is never below nothing", "[pause]") {
  LoadGauge gauge;
  const auto now = LoadGauge::Clock::time_point(1000s);
  gauge.sample(0, 8, now);
  CHECK(gauge.sample(0.5, 8, now + 60s) == 0);
}
