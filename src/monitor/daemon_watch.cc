// Whether av1d is alive; see daemon_watch.h.
#include "monitor/daemon_watch.h"

#include <chrono>

namespace av1d {

DaemonFacts judge_daemon(LockState lock, std::optional<Heartbeat> heartbeat, Time now) {
  // A clock that was set back does not make a daemon young for ever.
  const bool fresh = heartbeat && std::chrono::abs(now - heartbeat->updated_at) < kHeartbeatFresh;
  DaemonFacts facts;
  facts.heartbeat = std::move(heartbeat);
  switch (lock) {
    case LockState::none:
      facts.life = DaemonLife::absent;
      break;
    case LockState::free:
      facts.life = DaemonLife::stopped;
      break;
    case LockState::held:
      facts.life = fresh             ? DaemonLife::alive
                   : facts.heartbeat ? DaemonLife::silent
                                     : DaemonLife::working;
      break;
    case LockState::unknown:
      facts.life = fresh ? DaemonLife::alive : DaemonLife::stopped;
      break;
  }
  return facts;
}

DaemonFacts look_at_daemon(const JobDirectory& directory, Time now) {
  auto heartbeat = read_heartbeat(directory.path());
  return judge_daemon(directory.lock_state(),
                      heartbeat ? std::optional(*std::move(heartbeat)) : std::nullopt, now);
}

}  // namespace av1d
