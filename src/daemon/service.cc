// The daemon around its scheduler; see service.h.
#include "daemon/service.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <utility>

#include "av1d/quiet_hours.h"
#include "av1d/text.h"
#include "daemon/exit_status.h"
#include "daemon/system_load.h"

namespace av1d {

namespace {

using Clock = std::chrono::steady_clock;
using ErrorCode = boost::system::error_code;

// Figures that change a hundred times a second are told once.
constexpr std::chrono::seconds kBeatSpacing{1};
// How often .pause and requests are looked for where the kernel does not tell.
constexpr std::chrono::seconds kLookInterval{1};
// From a stop to the end of the process when nothing but a scan that hangs is left.
constexpr std::chrono::milliseconds kScanPatience{4500};

// The heartbeat's own: a daemon with nothing to do wakes no more often than it must.
std::chrono::seconds beat_interval(const Config& config) {
  return config.metrics_file.empty() ? kHeartbeatInterval : kMetricsInterval;
}

std::chrono::seconds local_time_of_day() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::tzset();
  ::localtime_r(&now, &local);
  return std::chrono::hours(local.tm_hour) + std::chrono::minutes(local.tm_min) +
         std::chrono::seconds(local.tm_sec);
}

}  // namespace

Service::Service(Setting setting, SetupPtr setup, Lifetime lifetime)
    : setting_(std::move(setting)),
      setup_(std::move(setup)),
      lifetime_(lifetime),
      started_at_(Time::clock::now()),
      manager_(ServiceManager::from_environment()),
      scheduler_({setting_.loop, setting_.runner, setting_.store, setting_.claims, setting_.errands,
                  setting_.on_change, [this] { beat_soon(); },
                  [this] {
                    scheduler_done_ = true;
                    finish_if_over();
                  }},
                 setup_, lifetime),
      inbox_(setting_.loop),
      tick_timer_(setting_.loop),
      beat_timer_(setting_.loop),
      watchdog_timer_(setting_.loop),
      deadline_(setting_.loop) {}

Service::~Service() {
  clerk_.join();
  desk_.join();
}

void Service::start() {
  const fs::path& state = setup_->config.job_state_dir;
  if (const Status box = open_request_box(state); !box) spdlog::warn("{}", box.error().message);
  const Status watched = inbox_.watch(
      state, [this] { look_at_pause_file(); }, [this] { handle_requests(); });
  watching_ = watched.has_value();
  if (!watched) spdlog::warn("{}: it is looked at once a second", watched.error().message);
  setting_.signals.serve({[this] { reload(); }, [this] { log_status(); }});
  // Before the first job: a pause that stands already lets none start.
  std::error_code error;
  pause_inputs_.pause_file = fs::exists(fs::symlink_status(state / kPauseFile, error));
  told_of_pause_file_ = pause_inputs_.pause_file;
  apply_pause();
  manager_.notify("READY=1");
  arm_watchdog();
  tick();
  scheduler_.start();
}

void Service::stop() {
  if (stopping_ || over_) return;
  stopping_ = true;
  manager_.notify("STOPPING=1");
  arm_deadline();
  beat();  // before the last word of finish_if_over()
  scheduler_.stop();
}

// A scan may hang in a mount that does not answer; all else has come to rest by then.
void Service::arm_deadline() {
  deadline_.expires_after(kScanPatience);
  deadline_.async_wait([this](const ErrorCode& error) {
    const bool only_scan = scheduler_.scanning() && scheduler_.figures().running == 0;
    if (error || !only_scan || lifetime_ == Lifetime::one_pass) return;
    spdlog::warn("a scan does not end: its filesystem does not answer");
    (void)remove_heartbeat(setup_->config.job_state_dir);
    std::_Exit(kExitOk);
  });
}

// The desk must not be left with work that belongs to a service which is gone: it is the last one
// to be asked.
void Service::finish_if_over() {
  if (over_ || !scheduler_done_ || clerk_busy_ > 0) return;
  over_ = true;
  setting_.signals.serve({});
  inbox_.close();
  for (auto* timer : {&tick_timer_, &beat_timer_, &watchdog_timer_, &deadline_}) timer->cancel();
  boost::asio::post(desk_, [this] {
    if (const Status gone = remove_heartbeat(setup_->config.job_state_dir); !gone) {
      spdlog::warn("{}", gone.error().message);
    }
    boost::asio::post(setting_.loop, [this] { setting_.on_over(scheduler_.report()); });
  });
}

// ---- Time ---------------------------------------------------------------------------------------

void Service::tick() {
  look_at_pause_file();
  if (!watching_) handle_requests();
  sample_load();
  apply_pause();
  if (Clock::now() - last_beat_ >= beat_interval(setup_->config)) beat();
  arm_tick();
}

void Service::arm_tick() {
  const Config& config = setup_->config;
  Clock::duration wait = last_beat_ + beat_interval(config) - Clock::now();
  const auto at_most = [&wait](Clock::duration limit) { wait = std::min(wait, limit); };
  if (const auto quiet = parse_quiet_hours(config.quiet_hours)) {
    at_most(quiet->until_change(local_time_of_day()));
  }
  if (config.pause_above_load > 0) at_most(LoadGauge::kInterval);
  if (!watching_) at_most(kLookInterval);
  tick_timer_.expires_after(wait);
  tick_timer_.async_wait([this](const ErrorCode& error) {
    if (!error && !over_) tick();
  });
}

void Service::arm_watchdog() {
  const auto interval = manager_.watchdog_interval();
  if (!interval) return;
  manager_.notify("WATCHDOG=1");
  watchdog_timer_.expires_after(*interval);
  watchdog_timer_.async_wait([this](const ErrorCode& error) {
    if (!error && !over_) arm_watchdog();
  });
}

// ---- Pausing ------------------------------------------------------------------------------------

// On the desk, as a look at a disk may take its time.
void Service::look_at_pause_file() {
  if (over_) return;
  boost::asio::post(desk_, [this, path = setup_->config.job_state_dir / kPauseFile] {
    struct stat info {};
    const bool there = ::lstat(path.c_str(), &info) == 0;
    if (there == std::exchange(told_of_pause_file_, there)) return;
    boost::asio::post(setting_.loop, [this, there] {
      pause_inputs_.pause_file = there;
      apply_pause();
    });
  });
}

void Service::sample_load() {
  if (setup_->config.pause_above_load <= 0) {
    pause_inputs_.other_load.reset();
    return;
  }
  const auto average = load_average();
  if (!average) return;
  pause_inputs_.other_load =
      gauge_.sample(*average, busy_threads(setting_.runner.pids()), Clock::now());
}

// --once is the owner's word: only his .pause holds it up.
void Service::apply_pause() {
  if (stopping_ || over_) return;
  pause_inputs_.since_midnight = local_time_of_day();
  Config rules = setup_->config;
  if (lifetime_ == Lifetime::one_pass) {
    rules.quiet_hours.clear();
    rules.pause_above_load = 0;
  }
  pause_inputs_.loaded_before = pauses_for_load(pause_inputs_, rules);
  const auto reason = pause_reason(pause_inputs_, rules);
  if (reason == pause_reason_) return;
  const bool was_paused = pause_reason_.has_value();
  pause_reason_ = reason;
  if (reason) {
    spdlog::info("paused: {}", *reason);
    setting_.runner.pause();
    scheduler_.hold();
  } else if (was_paused) {
    spdlog::info("the pause is over");
    setting_.runner.resume();
    scheduler_.release();
  }
  beat();
}

// ---- Telling ------------------------------------------------------------------------------------

Heartbeat Service::heartbeat() const {
  const Scheduler::Figures figures = scheduler_.figures();
  Heartbeat beat;
  beat.pid = ::getpid();
  beat.version = AV1D_VERSION;
  beat.started_at = started_at_;
  beat.updated_at = Time::clock::now();
  beat.state = stopping_       ? DaemonState::stopping
               : pause_reason_ ? DaemonState::paused
                               : DaemonState::running;
  if (!stopping_) beat.pause_reason = pause_reason_;
  beat.waiting = figures.waiting;
  beat.running = figures.running;
  beat.bytes = figures.waiting_bytes;
  beat.saved_bytes = setting_.store.totals().saved_bytes();
  beat.library_roots = setup_->config.library_roots;
  beat.temp_output_dir = setup_->config.temp_output_dir;
  beat.scan_interval_secs = setup_->config.scan_interval_secs;
  return beat;
}

std::string Service::status_line() const {
  const Scheduler::Figures figures = scheduler_.figures();
  // Read one after the other while jobs move on: their sum may be one too many.
  const std::uint64_t elsewhere = figures.looking + figures.encoding + figures.held_up;
  const std::uint64_t validating = figures.running - std::min(figures.running, elsewhere);
  return fmt::format(
      "{}{}{} encoding, {}{} waiting, {} saved",
      pause_reason_ ? fmt::format("paused ({}): ", *pause_reason_) : "",
      figures.looking == 0 ? "" : fmt::format("{} probing, ", figures.looking), figures.encoding,
      validating == 0 ? "" : fmt::format("{} validating, ", validating),
      figures.waiting + figures.held_up, format_bytes(setting_.store.totals().saved_bytes()));
}

void Service::beat_soon() {
  if (over_) return;
  beat_timer_.expires_at(last_beat_ + kBeatSpacing);
  beat_timer_.async_wait([this](const ErrorCode& error) {
    if (!error && !over_) beat();
  });
}

void Service::beat() {
  if (over_) return;
  last_beat_ = Clock::now();
  beat_timer_.cancel();
  if (const std::string status = status_line(); status != told_status_) {
    manager_.notify("STATUS=" + status);
    told_status_ = status;
  }
  boost::asio::post(desk_, [this, beat = heartbeat(), setup = setup_] {
    if (const Status written = write_heartbeat(setup->config.job_state_dir, beat); !written) {
      spdlog::debug("{}", written.error().message);
    }
    if (setting_.errands.beat) setting_.errands.beat(beat, setup->config);
  });
}

void Service::log_status() const {
  const Totals totals = setting_.store.totals();
  spdlog::info("status: {}; on record: {} success, {} skipped, {} failed, {} pending",
               status_line(), totals.count(JobStatus::success), totals.count(JobStatus::skipped),
               totals.count(JobStatus::failed), totals.count(JobStatus::pending));
  for (const Job& job : setting_.store.with_status(JobStatus::running)) {
    spdlog::info("status: '{}': {}, {:.1f} %", printable(job.source_path.native()),
                 to_string(job.stage), job.progress.value_or(Progress{}).percent);
  }
}

// ---- Being told ---------------------------------------------------------------------------------

// However often it is told to while it does, it reads once more.
void Service::reload() {
  if (stopping_ || over_) return;
  if (reloading_) {
    reload_again_ = true;
    return;
  }
  reloading_ = true;
  manager_.notify(reloading_message());
  ++clerk_busy_;
  boost::asio::post(clerk_, [this, old = setup_] {
    SetupPtr setup = setting_.reread(*old);
    boost::asio::post(setting_.loop, [this, setup = std::move(setup)] {
      --clerk_busy_;
      reloading_ = false;
      if (setup && !stopping_) take_up(setup);
      manager_.notify("READY=1");
      finish_if_over();
      if (std::exchange(reload_again_, false)) reload();
    });
  });
}

void Service::take_up(const SetupPtr& setup) {
  setup_ = setup;
  apply_pause();
  scheduler_.reload(setup);
  tick();
}

void Service::handle_requests() {
  if (over_) return;
  ++clerk_busy_;
  boost::asio::post(clerk_, [this, setup = setup_] {
    const fs::path& state = setup->config.job_state_dir;
    const auto requests = take_requests(state);
    if (!requests && requests.error().message != box_error_) {
      box_error_ = requests.error().message;  // said once, not once a second
      spdlog::warn("{}", box_error_);
    }
    for (const auto& incoming : requests.value_or(std::vector<IncomingRequest>{})) {
      const Answer answer = setting_.errands.request
                                ? setting_.errands.request(incoming.request, setup->config)
                                : Answer{kExitUsage, "this av1d takes no requests\n"};
      if (const Status told = answer_request(state, incoming.id, answer); !told) {
        spdlog::warn("{}", told.error().message);
      }
    }
    const bool acted = requests && !requests->empty();
    boost::asio::post(setting_.loop, [this, acted] {
      --clerk_busy_;
      if (acted) scheduler_.scan_now();
      finish_if_over();
    });
  });
}

}  // namespace av1d
