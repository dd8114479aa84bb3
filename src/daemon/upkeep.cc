// What av1d does beside encoding; see upkeep.h.
#include "daemon/upkeep.h"

#include <spdlog/spdlog.h>

#include "daemon/kept.h"
#include "daemon/orders.h"

namespace av1d {

Upkeep::Upkeep(JobStore& store, Runner& runner, Claims& claims)
    : store_(store), claims_(claims), hooks_(runner) {}

Errands Upkeep::errands() {
  Errands all;
  all.job_ended = [this](const Job& job, News news, const Config& config) {
    job_ended(job, news, config);
  };
  all.request = [this](const Request& request, const Config& config) {
    return carry_out(request, config, store_, claims_);
  };
  all.beat = [this](const Heartbeat& now, const Config& config) { beat(now, config); };
  all.scanned = [this](const ScanResult&, const Config& config) { scanned(config); };
  return all;
}

void Upkeep::job_ended(const Job& job, News news, const Config& config) {
  {
    const std::scoped_lock lock(mutex_);
    ++counters_.ended[job.status];
    counters_.encode_secs += job.encode_secs.value_or(0);
  }
  if (news == News::repeated) return;
  if (auto hook = hook_for(job, config)) hooks_.start(*std::move(hook));
}

void Upkeep::beat(const Heartbeat& beat, const Config& config) {
  if (config.metrics_file.empty()) return;
  RunCounters counters;
  {
    const std::scoped_lock lock(mutex_);
    counters_.hook_failures = hooks_.failures();
    counters = counters_;
  }
  const Status written =
      write_metrics(config.metrics_file, format_metrics(store_.totals(), counters, beat));
  const std::string mistake = written ? "" : written.error().message;
  const std::scoped_lock lock(mutex_);
  if (!mistake.empty() && mistake != metrics_mistake_) spdlog::warn("metrics: {}", mistake);
  metrics_mistake_ = mistake;
}

void Upkeep::scanned(const Config& config) {
  const Time now = std::chrono::system_clock::now();
  const std::uint64_t removed = remove_expired_originals(config, store_, claims_, now);
  const std::scoped_lock lock(mutex_);
  counters_.originals_removed += removed;
  counters_.last_scan = now;
}

}  // namespace av1d
