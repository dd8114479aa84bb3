// What av1d does beside encoding: hooks, metrics, kept originals, orders of the owner.
#pragma once

#include <mutex>
#include <stop_token>
#include <string>

#include "av1d/metrics.h"
#include "daemon/claims.h"
#include "daemon/errands.h"
#include "daemon/hooks.h"

namespace av1d {

class Upkeep {
 public:
  Upkeep(JobStore& store, Runner& runner, Claims& claims);

  // Refers to this object.
  Errands errands();

  // Waits for the hooks of a pass that is over, or until stopped. For --once.
  void drain(const std::stop_token& stop) { hooks_.drain(stop); }

  // Two of them by name, for those who do more at the same moment.
  void job_ended(const Job& job, News news, const Config& config);
  void scanned(const Config& config);

 private:
  void beat(const Heartbeat& beat, const Config& config);

  JobStore& store_;
  Claims& claims_;
  Hooks hooks_;
  std::mutex mutex_;  // what is below
  RunCounters counters_;
  std::string metrics_mistake_;  // the last one, so that it is not logged every 15 s
};

}  // namespace av1d
