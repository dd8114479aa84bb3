// The job thread's half of a child: lines, ticks and the callbacks; see subprocess.h.
#include "daemon/subprocess.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <deque>
#include <exception>
#include <stop_token>
#include <utility>

#include "daemon/child_watch.h"
#include "daemon/line_splitter.h"

namespace av1d {

namespace {

using Clock = ChildWatch::Clock;

constexpr std::chrono::seconds kTickInterval{1};
constexpr std::size_t kTailLines = 40;
constexpr std::size_t kTailLineBytes = 1024;

// Calls the callbacks of one run() until its child is gone.
class Listener {
 public:
  Listener(const RunOptions& options, const std::stop_token& stop, ChildWatch& watch)
      : options_(options), stop_(stop), watch_(watch) {}

  void listen();
  // After listen(): what the job thread knows of the end. Rethrows what a callback threw.
  void add_to(RunExit& exit);

 private:
  void deliver(const ChildWatch::Chunk& chunk);
  void finish_lines();
  void on_out(std::string_view line) { call(options_.on_stdout, line); }
  void on_err(std::string_view line);
  void call(const std::function<void(std::string_view)>& callback, std::string_view line);
  void tick_if_due();
  bool muted();
  void abandon();

  const RunOptions& options_;
  const std::stop_token& stop_;
  ChildWatch& watch_;
  LineSplitter out_lines_;
  LineSplitter err_lines_;
  LineSplitter::Sink out_sink_ = [this](std::string_view line) { on_out(line); };
  LineSplitter::Sink err_sink_ = [this](std::string_view line) { on_err(line); };
  std::deque<std::string> tail_;
  Clock::time_point next_tick_ = Clock::now() + kTickInterval;
  bool tick_refused_ = false;
  bool cut_short_ = false;  // a stop kept something from the callbacks
  std::exception_ptr thrown_;
};

void Listener::listen() {
  for (;;) {
    const auto mail = watch_.next(next_tick_);
    if (mail.finished) break;
    if (mail.chunk) deliver(*mail.chunk);
    tick_if_due();
  }
  finish_lines();
}

void Listener::deliver(const ChildWatch::Chunk& chunk) {
  if (chunk.stream == Stream::kErr) return err_lines_.feed(chunk.bytes, err_sink_);
  if (options_.on_stdout) out_lines_.feed(chunk.bytes, out_sink_);
}

void Listener::finish_lines() {
  out_lines_.finish(out_sink_);
  err_lines_.finish(err_sink_);
}

void Listener::on_err(std::string_view line) {
  if (tail_.size() == kTailLines) tail_.pop_front();
  tail_.emplace_back(line.substr(0, kTailLineBytes));
  call(options_.on_stderr, line);
}

void Listener::call(const std::function<void(std::string_view)>& callback, std::string_view line) {
  if (!callback || muted()) return;
  try {
    callback(line);
  } catch (...) {
    abandon();
  }
}

void Listener::tick_if_due() {
  if (Clock::now() < next_tick_) return;
  next_tick_ = Clock::now() + kTickInterval;
  if (!options_.on_tick || tick_refused_ || thrown_ || stop_.stop_requested()) return;
  const auto status = watch_.status();
  if (!status) return;
  try {
    tick_refused_ = !options_.on_tick(*status);
    if (tick_refused_) watch_.request_end(EndReason::kTick);
  } catch (...) {
    abandon();
  }
}

bool Listener::muted() {
  if (thrown_) return true;
  if (stop_.stop_requested()) cut_short_ = true;
  return cut_short_;
}

// In a handler of an exception: the child must be gone before it goes on its way.
void Listener::abandon() {
  thrown_ = std::current_exception();
  watch_.request_end(EndReason::kException);
}

void Listener::add_to(RunExit& exit) {
  if (thrown_) std::rethrow_exception(thrown_);
  exit.stopped = exit.stopped || cut_short_;
  exit.stderr_tail.assign(std::make_move_iterator(tail_.begin()),
                          std::make_move_iterator(tail_.end()));
}

}  // namespace

ProcessRunner::ProcessRunner(boost::asio::io_context& loop)
    : loop_(loop), registry_(std::make_shared<ChildRegistry>()) {}

ProcessRunner::~ProcessRunner() = default;

Result<RunExit> ProcessRunner::run(const std::vector<std::string>& argv, const RunOptions& options,
                                   std::stop_token stop) {
  if (stop.stop_requested()) {
    RunExit exit;
    exit.stopped = true;
    return exit;
  }
  auto command = prepare_command(argv, options.nice);
  if (!command) return std::unexpected(command.error());
  add_environment(*command, options.environment);
  command->input = options.input;
  const auto watch = std::make_shared<ChildWatch>(
      loop_, registry_, std::move(*command),
      ChildWatch::Limits{options.timeout, options.kill_grace, options.while_paused});
  Listener listener(options, stop, *watch);
  watch->start();
  {
    // After start(): the loop takes what is posted in its order.
    const std::stop_callback on_stop(stop, [&watch] { watch->request_end(EndReason::kStop); });
    listener.listen();
  }
  auto exit = watch->take_result();
  if (exit) listener.add_to(*exit);
  return exit;
}

void ProcessRunner::set_kill_grace(std::chrono::milliseconds grace) {
  boost::asio::dispatch(loop_, [registry = registry_, grace] {
    registry->max_grace = std::min(registry->max_grace, grace);
    for (ChildWatch* child : registry->children) child->shorten_grace();
  });
}

void ProcessRunner::signal_all(int signo) {
  boost::asio::dispatch(loop_, [registry = registry_, signo] {
    for (ChildWatch* child : registry->children) child->signal(signo);
  });
}

void ProcessRunner::pause() {
  boost::asio::dispatch(loop_, [registry = registry_] {
    registry->paused = true;
    for (ChildWatch* child : registry->children) child->pause();
  });
}

void ProcessRunner::resume() {
  boost::asio::dispatch(loop_, [registry = registry_] {
    registry->paused = false;
    for (ChildWatch* child : registry->children) child->resume();
  });
}

std::vector<int> ProcessRunner::pids() const {
  std::vector<int> all;
  for (const ChildWatch* child : registry_->children) {
    if (child->pausable()) all.push_back(child->pid());
  }
  return all;
}

std::size_t ProcessRunner::running() const {
  return registry_->running;
}

}  // namespace av1d
