// Signals as the loop sees them. What each means is set by whoever runs at the time.
#pragma once

#include <functional>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnull-dereference"
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#pragma GCC diagnostic pop

namespace av1d {

// Which signals are taken from their default action, which is to end the program.
enum class Signalled { ends_only, ends_and_control };

// The loop's thread but for the constructor. SIGTERM and SIGINT call on_end once; the second of
// them ends the program at once. With ends_and_control SIGHUP calls on_reload and SIGUSR1
// on_status; one that comes while nothing is set is kept until serve().
class Signals {
 public:
  struct Control {
    std::function<void()> on_reload, on_status;
  };

  Signals(boost::asio::io_context& loop, Signalled which, std::function<void()> on_end);

  void serve(Control control);
  void cancel() { signals_.cancel(); }
  int received() const { return received_; }  // the signal that ends us, 0 before

 private:
  void wait();
  void take(int signal);

  boost::asio::signal_set signals_;
  std::function<void()> on_end_;
  Control control_;
  bool reload_wanted_ = false;
  int received_ = 0;
};

}  // namespace av1d
