// The daemon around its scheduler: what it tells (heartbeat, service manager, log) and what it is
// told (signals, .pause, quiet hours, load, requests). --once runs in it too.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "av1d/heartbeat.h"
#include "av1d/requests.h"
#include "daemon/inbox.h"
#include "daemon/notify.h"
#include "daemon/pause.h"
#include "daemon/scheduler.h"
#include "daemon/signals.h"
#include "daemon/subprocess.h"

namespace av1d {

// The loop's thread throughout. Threads of its own: the desk (small files), requests.
class Service {
 public:
  struct Setting {
    boost::asio::io_context& loop;
    ProcessRunner& runner;
    Signals& signals;
    JobStore& store;
    Claims& claims;
    const Errands& errands;
    std::function<void(const Job&)> on_change;  // job threads
    // Reads the configuration again and looks at what it names; an error, already logged, keeps the
    // old one. A thread of its own; may start processes.
    std::function<SetupPtr(const Setup& old)> reread;
    std::function<void(const PassReport&)> on_over;  // once; the service may be destroyed then
  };

  Service(Setting setting, SetupPtr setup, Lifetime lifetime);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  void start();
  void stop();  // a second time has no effect

 private:
  // Pausing.
  void look_at_pause_file();
  void sample_load();
  void apply_pause();
  // Telling.
  Heartbeat heartbeat() const;
  std::string status_line() const;
  void beat_soon();
  void beat();
  void log_status() const;
  // Being told.
  void reload();
  void take_up(const SetupPtr& setup);
  void handle_requests();
  // Time.
  void tick();
  void arm_tick();
  void arm_watchdog();
  void arm_deadline();
  void finish_if_over();

  Setting setting_;
  SetupPtr setup_;
  const Lifetime lifetime_;
  const Time started_at_;
  const ServiceManager manager_;
  Scheduler scheduler_;
  Inbox inbox_;
  boost::asio::steady_timer tick_timer_, beat_timer_, watchdog_timer_, deadline_;
  boost::asio::thread_pool desk_{1};
  boost::asio::thread_pool clerk_{1};
  LoadGauge gauge_;
  PauseInputs pause_inputs_;
  std::optional<std::string> pause_reason_;
  std::chrono::steady_clock::time_point last_beat_;
  std::string told_status_;
  bool told_of_pause_file_ = false;  // the desk's thread: what it last saw
  std::string box_error_;            // the clerk's thread
  int clerk_busy_ = 0;               // requests and reloads that run
  bool reloading_ = false;
  bool reload_again_ = false;  // was told to while it did
  bool watching_ = false;
  bool stopping_ = false;
  bool scheduler_done_ = false;
  bool over_ = false;
};

}  // namespace av1d
