// Signals as the loop sees them; see signals.h.
#include "daemon/signals.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>

namespace av1d {

Signals::Signals(boost::asio::io_context& loop, Signalled which, std::function<void()> on_end)
    : signals_(loop, SIGTERM, SIGINT), on_end_(std::move(on_end)) {
  if (which == Signalled::ends_and_control) {
    signals_.add(SIGHUP);
    signals_.add(SIGUSR1);
  }
  wait();
}

void Signals::serve(Control control) {
  control_ = std::move(control);
  if (reload_wanted_ && control_.on_reload) control_.on_reload();
  reload_wanted_ = false;
}

void Signals::wait() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    take(signal);
    wait();
  });
}

void Signals::take(int signal) {
  if (signal == SIGHUP) {
    reload_wanted_ = !control_.on_reload;
    if (control_.on_reload) control_.on_reload();
    return;
  }
  if (signal == SIGUSR1) {
    if (control_.on_status) control_.on_status();
    return;
  }
  if (received_ != 0) ::_exit(128 + signal);
  received_ = signal;
  spdlog::info("stopping ({})", signal == SIGTERM ? "SIGTERM" : "SIGINT");
  on_end_();
}

}  // namespace av1d
