// av1top from its command line to its exit status; see program.h.
//
// One thread: it waits for keys, for inotify and for the time of the next look, takes in what has
// changed, and draws. A second one only asks for free space (free_space.h).
#include "monitor/program.h"

#include <fmt/format.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <thread>

#include "av1d/config.h"
#include "av1d/text.h"
#include "monitor/batch.h"
#include "monitor/daemon_watch.h"
#include "monitor/free_space.h"
#include "monitor/job_feed.h"
#include "monitor/model.h"
#include "monitor/options.h"
#include "monitor/system_metrics.h"
#include "monitor/view.h"

namespace av1d::monitor {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kDefaultConfig = "/etc/av1d/config.toml";
constexpr std::chrono::milliseconds kDrawInterval{250};    // at most so often for what changes
constexpr std::chrono::milliseconds kFactsInterval{1000};  // CPU, memory, heartbeat, ages
constexpr std::chrono::milliseconds kReadSlice{100};       // reading without looking at the keys
constexpr std::chrono::milliseconds kCpuSample{200};       // of a snapshot

// ---- Where the jobs are -----------------------------------------------------------------------

struct Places {
  fs::path jobs;
  std::vector<fs::path> libraries;
  fs::path temporary;
};

Places places_of(const Config& config) {
  return {config.job_state_dir, config.library_roots, config.temp_output_dir};
}

// With --job-state-dir no configuration is needed: the heartbeat names the rest.
std::expected<Places, int> find_places(const Options& options) {
  if (options.job_state_dir && !options.config_file) return Places{*options.job_state_dir, {}, {}};
  std::error_code error;
  if (!options.config_file && !fs::exists(kDefaultConfig, error)) return places_of(Config{});
  const auto config = load_config(options.config_file.value_or(kDefaultConfig));
  if (!config) {
    for (const auto& mistake : config.error()) fmt::print(stderr, "{}\n", mistake.to_string());
    return std::unexpected(kExitConfig);
  }
  Places places = places_of(*config);
  if (options.job_state_dir) places.jobs = *options.job_state_dir;
  return places;
}

// ---- Signals ----------------------------------------------------------------------------------

volatile sig_atomic_t g_signal = 0;

void note_signal(int signal) {
  g_signal = signal;
}

// The signals that end us arrive only while we wait: no look at g_signal comes too early.
class EndSignals {
 public:
  EndSignals() {
    struct sigaction action {};
    action.sa_handler = note_signal;
    sigset_t blocked;
    ::sigemptyset(&blocked);
    for (const int signal : {SIGTERM, SIGHUP, SIGINT}) {
      ::sigaction(signal, &action, nullptr);
      ::sigaddset(&blocked, signal);
    }
    ::sigaddset(&blocked, SIGWINCH);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &while_waiting_);
    ::sigdelset(&while_waiting_, SIGTERM);
    ::sigdelset(&while_waiting_, SIGHUP);
    ::sigdelset(&while_waiting_, SIGINT);
    ::sigdelset(&while_waiting_, SIGWINCH);
  }
  const sigset_t& while_waiting() const { return while_waiting_; }

 private:
  sigset_t while_waiting_{};
};

// ---- The screen -------------------------------------------------------------------------------

class App {
 public:
  App(JobFeed& feed, Places places, Terminal& terminal)
      : feed_(feed), places_(std::move(places)), terminal_(terminal) {
    header_.directory = places_.jobs.native();
    view_.charset = terminal.charset();
  }

  int run(const EndSignals& signals) {
    while (!view_.wants_to_quit && g_signal == 0) {
      const bool jobs_changed = feed_.update(Clock::now() + kReadSlice);
      must_draw_ = must_draw_ || jobs_changed;
      take_facts();
      take_keys();
      if (Clock::now() >= next_draw_ && must_draw_) draw();
      if (!wait(signals)) break;
    }
    return g_signal == 0 ? kExitOk : 128 + g_signal;
  }

 private:
  Sight sight() {
    renew_list();
    Sight sight{feed_.jobs(), list_, header_, nullptr, {}, std::chrono::system_clock::now()};
    if (view_.page == Page::details && view_.selected) {
      renew_details();
      sight.details = details_ ? &*details_ : nullptr;
      sight.details_problem = details_problem_;
    }
    return sight;
  }

  void renew_list() {
    const std::uint64_t generation = feed_.jobs().order_generation();
    if (list_generation_ == generation && list_order_ == view_.order) return;
    list_ = list_jobs(feed_.jobs().rows(), view_.order);
    list_generation_ = generation;
    list_order_ = view_.order;
  }

  // The whole job file is read only while its page is open, and when the file is another one.
  void renew_details() {
    const std::string id(text_of(*view_.selected));
    const JobRow* row = feed_.jobs().find(*view_.selected);
    if (details_ && details_->id == id && row != nullptr && row->stamp == details_stamp_) return;
    auto job = feed_.directory().read(id);
    if (job) {
      details_ = *std::move(job);
      details_stamp_ = row == nullptr ? JobFileStamp{} : row->stamp;
      return;
    }
    // A job that has gone stays on its page as it was.
    if (details_ && details_->id == id) return;
    details_.reset();
    details_problem_ = job.error().message;
  }

  void take_facts() {
    header_.unread = feed_.unread();
    header_.notice = feed_.problem();
    const auto now = Clock::now();
    if (now < next_facts_) return;
    next_facts_ = now + kFactsInterval;
    header_.system = metrics_.read();
    header_.daemon = look_at_daemon(feed_.directory(), std::chrono::system_clock::now());
    const auto& beat = header_.daemon.heartbeat;
    const bool told = beat && !beat->library_roots.empty();
    space_.watch(told ? beat->library_roots : places_.libraries,
                 told ? beat->temp_output_dir : places_.temporary);
    header_.space = space_.latest();
    must_draw_ = true;
  }

  // Each key acts on what the key before it has left.
  void take_keys() {
    while (const auto press = terminal_.read_key()) {
      measure();
      const Sight before = sight();
      view_ = after_key(settled(view_, before), *press, before);
      view_ = settled(view_, sight());
      must_draw_ = true;
      next_draw_ = {};
      if (view_.wants_to_quit) return;
    }
    if (measure()) {
      must_draw_ = true;
      next_draw_ = {};
    }
  }

  // True when the terminal has another size.
  bool measure() {
    const bool same = view_.columns == terminal_.columns() && view_.rows == terminal_.rows();
    view_.columns = terminal_.columns();
    view_.rows = terminal_.rows();
    return !same;
  }

  void draw() {
    const Sight now = sight();
    view_ = settled(view_, now);
    terminal_.draw(build_screen(view_, now));
    must_draw_ = false;
    next_draw_ = Clock::now() + kDrawInterval;
  }

  // Until there is something to do. False when the terminal is gone.
  bool wait(const EndSignals& signals) {
    auto until = must_draw_ ? std::min(next_draw_, next_facts_) : next_facts_;
    if (feed_.unread() > 0) until = Clock::now();
    // What changes is drawn every 250 ms at most: no need to look at it more often.
    const bool listens = Clock::now() >= next_draw_;
    if (!listens) until = std::min(until, next_draw_);
    const auto left = std::max<Clock::duration>(until - Clock::now(), Clock::duration::zero());
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
    const timespec timeout{ns / 1'000'000'000, ns % 1'000'000'000};
    std::array<pollfd, 2> wanted = {pollfd{STDIN_FILENO, POLLIN, 0},
                                    pollfd{listens ? feed_.watch_fd() : -1, POLLIN, 0}};
    const int ready = ::ppoll(wanted.data(), wanted.size(), &timeout, &signals.while_waiting());
    if (ready < 0) return errno == EINTR;
    return (wanted[0].revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
  }

  JobFeed& feed_;
  Places places_;
  Terminal& terminal_;
  SystemMetrics metrics_;
  FreeSpaceWatch space_;
  HeaderFacts header_;
  View view_;
  std::vector<std::uint32_t> list_;
  std::uint64_t list_generation_ = ~std::uint64_t{0};
  ListOrder list_order_;
  std::optional<Job> details_;
  JobFileStamp details_stamp_;
  std::string details_problem_;
  bool must_draw_ = true;
  Clock::time_point next_draw_{}, next_facts_{};
};

int run_screen(JobFeed& feed, Places places) {
  auto terminal = Terminal::open();
  if (!terminal) {
    fmt::print(stderr, "av1top: {}\n", terminal.error().message);
    return kExitNoTerminal;
  }
  const EndSignals signals;
  return App(feed, std::move(places), **terminal).run(signals);
}

int run_batch(JobFeed& feed, const Places& places, Mode mode) {
  std::setlocale(LC_ALL, "");
  SystemMetrics metrics;
  metrics.read();
  const auto start = Clock::now();
  do {
    feed.update(Clock::time_point::max());
  } while (feed.unread() > 0);
  std::this_thread::sleep_until(start + kCpuSample);
  const Time now = std::chrono::system_clock::now();
  HeaderFacts facts;
  facts.directory = places.jobs.native();
  facts.notice = feed.problem();
  facts.system = metrics.read();
  facts.daemon = look_at_daemon(feed.directory(), now);
  const auto& beat = facts.daemon.heartbeat;
  const bool told = beat && !beat->library_roots.empty();
  facts.space = read_free_space(told ? beat->library_roots : places.libraries,
                                told ? beat->temp_output_dir : places.temporary);
  const auto list = list_jobs(feed.jobs().rows(), {});
  const bool utf8 = std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
  const std::string text =
      mode == Mode::batch_json
          ? batch_json(facts, feed.jobs(), list, now)
          : batch_text(facts, feed.jobs(), list, utf8 ? Charset::utf8 : Charset::ascii, now);
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) == 0) return kExitOk;
  fmt::print(stderr, "av1top: {}\n", fail_errno("write", "standard output", errno).error().message);
  return 1;
}

}  // namespace

int run_program(int argc, const char* const* argv) {
  const auto options = parse_options(argc, argv);
  if (!options) {
    fmt::print(options.error().status == kExitOk ? stdout : stderr, "{}", options.error().text);
    return options.error().status;
  }
  auto places = find_places(*options);
  if (!places) return places.error();
  auto feed = JobFeed::open(places->jobs);
  if (!feed) {
    fmt::print(stderr, "av1top: {}\n", feed.error().message);
    return kExitNoInput;
  }
  if (options->mode == Mode::screen) return run_screen(*feed, *std::move(places));
  return run_batch(*feed, *places, options->mode);
}

}  // namespace av1d::monitor
