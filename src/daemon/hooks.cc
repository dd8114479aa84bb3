// The owner's commands at the end of a job; see hooks.h.
#include "daemon/hooks.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "av1d/text.h"

namespace av1d {

namespace {

// A media server's refresh takes a second; two at a time keep up with any number of encoders.
constexpr int kHooksAtATime = 2;
// Far more than a night's worth; beyond it something hangs that no queue will mend.
constexpr std::size_t kMostWaiting = 1000;

std::string_view event_of(JobStatus status) {
  switch (status) {
    case JobStatus::success:
      return "success";
    case JobStatus::failed:
      return "failure";
    case JobStatus::skipped:
      return "skip";
    default:
      return "";
  }
}

const std::vector<std::string>& argv_of(JobStatus status, const Config& config) {
  if (status == JobStatus::success) return config.on_success;
  return status == JobStatus::failed ? config.on_failure : config.on_skip;
}

std::string number(const std::optional<std::uint64_t>& value) {
  return value ? std::to_string(*value) : "";
}

// Paths as they are, byte for byte; words for people without control characters. An environment
// holds no NUL, nor do paths.
std::vector<std::string> environment_of(const Job& job, const Config& config) {
  const fs::path job_file = config.job_state_dir / (job.id + ".json");
  const std::string output = job.result ? job.result->path.native() : "";
  return {
      fmt::format("AV1D_EVENT={}", event_of(job.status)),
      "AV1D_JOB_FILE=" + job_file.native(),
      "AV1D_JOB_ID=" + job.id,
      "AV1D_SOURCE=" + job.source_path.native(),
      "AV1D_OUTPUT=" + output,
      "AV1D_DIRECTORY=" + job.source_path.parent_path().native(),
      fmt::format("AV1D_STATUS={}", to_string(job.status)),
      fmt::format("AV1D_REASON_CODE={}", job.reason ? to_string(job.reason->code) : ""),
      "AV1D_REASON=" + (job.reason ? printable(job.reason->text) : ""),
      fmt::format("AV1D_ORIGINAL_BYTES={}", job.original_bytes),
      "AV1D_NEW_BYTES=" + number(job.new_bytes),
  };
}

std::string name_of(const HookRun& hook) {
  return fmt::format("hook on_{} ('{}')", hook.event, printable(hook.argv.front()));
}

}  // namespace

std::optional<HookRun> hook_for(const Job& job, const Config& config) {
  const std::string_view event = event_of(job.status);
  if (event.empty()) return std::nullopt;
  const auto& argv = argv_of(job.status, config);
  if (argv.empty()) return std::nullopt;
  return HookRun{.event = std::string(event),
                 .argv = argv,
                 .environment = environment_of(job, config),
                 .input = to_json(job),
                 .timeout = std::chrono::seconds(config.hook_timeout_secs)};
}

Hooks::Hooks(Runner& runner) : runner_(runner) {
  for (int i = 0; i < kHooksAtATime; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
}

Hooks::~Hooks() {
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();  // joins
  if (!waiting_.empty()) spdlog::warn("{} hooks were not run any more", waiting_.size());
}

void Hooks::start(HookRun run) {
  {
    const std::scoped_lock lock(mutex_);
    const bool was_full = std::exchange(is_full_, waiting_.size() >= kMostWaiting);
    if (!is_full_) {
      waiting_.push_back(std::move(run));
      changed_.notify_all();
      return;
    }
    ++failures_;
    if (was_full) return;
  }
  spdlog::warn("{} and those after it are not run: {} wait already", name_of(run), kMostWaiting);
}

void Hooks::drain(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [this] { return waiting_.empty() && running_ == 0; });
}

std::uint64_t Hooks::failures() const {
  const std::scoped_lock lock(mutex_);
  return failures_;
}

void Hooks::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
    if (stop.stop_requested()) return;
    const HookRun hook = std::move(waiting_.front());
    waiting_.pop_front();
    ++running_;
    lock.unlock();
    run(hook, stop);
    lock.lock();
    --running_;
    changed_.notify_all();
  }
}

void Hooks::count_failure() {
  const std::scoped_lock lock(mutex_);
  ++failures_;
}

void Hooks::run(const HookRun& hook, const std::stop_token& stop) {
  const std::string name = name_of(hook);
  const auto log_line = [&](std::string_view line) {
    spdlog::debug("{}: {}", name, printable(line));
  };
  RunOptions options;
  options.timeout = hook.timeout;
  options.while_paused = WhilePaused::run_on;  // it is no encoder
  options.input = hook.input;
  options.environment = hook.environment;
  options.on_stdout = log_line;
  options.on_stderr = log_line;
  const auto exit = runner_.run(hook.argv, options, stop);
  if (exit && exit->ok()) return;
  if (exit && exit->stopped) return spdlog::info("{} was ended: av1d stops", name);
  count_failure();
  if (!exit) return spdlog::warn("{}: {}", name, exit.error().message);
  const std::string last =
      exit->stderr_tail.empty() ? "" : ": " + printable(exit->stderr_tail.back());
  spdlog::warn("{} failed ({}){}", name, exit->describe(), last);
}

}  // namespace av1d
