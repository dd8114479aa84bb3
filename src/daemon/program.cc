// av1d from its command line to its exit status; see program.h.
//
// Two threads matter: this one runs the loop that owns signals and children, the director's runs
// the chosen mode as straight blocking code. A stop token carries the signal from one to the other.
#include "daemon/program.h"

#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>

#include "av1d/config.h"
#include "av1d/job_store.h"
#include "av1d/startup.h"
#include "av1d/text.h"
#include "daemon/command.h"
#include "daemon/console.h"
#include "daemon/exit_status.h"
#include "daemon/history.h"
#include "daemon/options.h"
#include "daemon/outcome.h"
#include "daemon/recovery.h"
#include "daemon/report.h"
#include "daemon/service.h"
#include "daemon/signals.h"
#include "daemon/subprocess.h"
#include "daemon/upkeep.h"

namespace av1d {

namespace {

constexpr const char* kDefaultConfig = "/etc/av1d/config.toml";
constexpr std::chrono::seconds kShutdownGrace{3};  // from TERM to KILL of encoders at the end

// ---- Configuration ------------------------------------------------------------------------------

std::expected<Config, int> read_config(const Options& options) {
  std::error_code error;
  if (!options.config_file && !fs::exists(kDefaultConfig, error)) {
    fmt::print(stderr, "av1d: no {}: running with the built-in defaults\n", kDefaultConfig);
    return Config{};
  }
  auto config = load_config(options.config_file.value_or(kDefaultConfig));
  if (config) return *std::move(config);
  for (const auto& mistake : config.error()) fmt::print(stderr, "{}\n", mistake.to_string());
  return std::unexpected(kExitConfig);
}

std::string config_name(const Options& options) {
  return printable(options.config_file.value_or(kDefaultConfig).native());
}

// What keeps the daemon from taking a configuration without mistakes: a fresh one has no library.
Status names_libraries(const Options& options, const Config& config) {
  if (!config.library_roots.empty()) return {};
  return fail(fmt::format("{}: library_roots: is empty; name the directories to scan",
                          config_name(options)));
}

// The daemon waits for a library to be mounted, scan after scan; a single pass does not.
Status has_a_library(const Options& options, const Config& config) {
  const auto is_there = [](const fs::path& root) {
    std::error_code error;
    return fs::is_directory(root, error);
  };
  if (std::ranges::any_of(config.library_roots, is_there)) return {};
  return fail(fmt::format("{}: library_roots: '{}' is not there{}; is its filesystem mounted?",
                          config_name(options), printable(config.library_roots.front().native()),
                          config.library_roots.size() > 1 ? ", nor is any other" : ""));
}

// Tells what the mode lacks, and the exit status that says so; nullopt: nothing.
std::optional<int> refuse(const Options& options, const Config& config) {
  if (options.mode == Mode::explain) return std::nullopt;
  if (const Status named = names_libraries(options, config); !named) {
    fmt::print(stderr, "{}\n", named.error().message);
    return kExitConfig;
  }
  const bool one_pass = options.mode == Mode::once || options.mode == Mode::dry_run;
  if (!one_pass) return std::nullopt;
  if (const Status there = has_a_library(options, config); !there) {
    fmt::print(stderr, "{}\n", there.error().message);
    return kExitNoInput;
  }
  return std::nullopt;
}

// ---- The modes ----------------------------------------------------------------------------------

Status make_directory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail_errno("create", path.native(), error.value());
  if (::access(path.c_str(), W_OK | X_OK) != 0) return fail_errno("write to", path.native(), errno);
  return {};
}

int status_of(const PassReport& report) {
  const auto count = [&](JobStatus status) {
    const auto it = report.jobs.find(status);
    return it == report.jobs.end() ? 0U : it->second.count;
  };
  if (count(JobStatus::failed) > 0) return kExitJobsFailed;
  return count(JobStatus::pending) > 0 ? kExitTryAgain : kExitOk;
}

void log_summary(const PassReport& report, const Config& config) {
  std::string line = "done:";
  for (const auto& [status, tally] : report.jobs)
    line += fmt::format(" {} {},", tally.count, to_string(status));
  line += fmt::format(" {} answered before;", report.scan.answered);
  if (report.bytes_before > 0) {
    line += fmt::format(" {};", savings(report.bytes_before, report.bytes_after));
  }
  spdlog::info("{} job files in '{}'", line, printable(config.job_state_dir.native()));
}

// What the director needs; lives on the main thread's stack.
struct Stage {
  const Options& options;
  const Config& config;
  boost::asio::io_context& loop;
  ProcessRunner& runner;
  Signals& signals;
  Console& console;
  std::stop_token stop;
};

void log_load_warnings(const std::vector<JobStore::LoadWarning>& warnings) {
  for (const auto& warning : warnings) {
    spdlog::warn("job file '{}': {}", printable(warning.file.native()), warning.what);
  }
}

int run_read_only(const Stage& stage, const Toolchain& tools) {
  std::vector<JobStore::LoadWarning> warnings;
  const auto store = JobStore::open_read_only(stage.config.job_state_dir, warnings);
  const Asker asker{stage.runner, tools, stage.config.nice, stage.stop};
  if (stage.options.mode == Mode::explain) {
    return print_explanations(stage.options.files, stage.config, *store, asker);
  }
  print_dry_run(stage.config, *store, asker);
  return kExitOk;
}

// "order biggest_first -> path, nice 10 -> 5"
std::string changed_keys(const Config& old, const Config& now) {
  std::string text;
  for (const auto& key : config_keys()) {
    const std::string before = config_value(old, key);
    const std::string after = config_value(now, key);
    if (before == after) continue;
    text += fmt::format("{}{} {} -> {}", text.empty() ? "" : ", ", key, before, after);
  }
  return text.empty() ? "nothing has changed" : text;
}

// On SIGHUP. Nothing, and the reason in the log, where the new configuration can't be used.
SetupPtr reread(const Stage& stage, const Setup& old) {
  const auto keep = [](const std::string& why) {
    spdlog::error("{}", why);
    spdlog::error("the configuration stays as it was");
    return nullptr;
  };
  auto config = load_config(stage.options.config_file.value_or(kDefaultConfig));
  if (!config) {
    for (const auto& mistake : config.error()) spdlog::error("{}", mistake.to_string());
    return keep("the new configuration has mistakes");
  }
  if (const Status named = names_libraries(stage.options, *config); !named) {
    return keep(named.error().message);
  }
  if (config->job_state_dir != old.config.job_state_dir) {
    spdlog::warn("job_state_dir: takes effect when av1d is started again");
    config->job_state_dir = old.config.job_state_dir;
  }
  if (const Status made = make_directory(config->temp_output_dir); !made) {
    return keep(made.error().message);
  }
  auto tools = find_toolchain(*config, stage.runner);
  if (!tools) return keep(tools.error().message);
  spdlog::info("configuration read again: {}", changed_keys(old.config, *config));
  Console::set_level(config->log_level);
  return std::make_shared<const Setup>(Setup{*std::move(config), *std::move(tools)});
}

// Waits on the director's thread while the loop's does the work.
PassReport serve(const Stage& stage, const SetupPtr& setup, JobStore& store, Lifetime lifetime) {
  Claims claims;
  Upkeep upkeep(store, stage.runner, claims);
  Historian historian;
  Errands errands = upkeep.errands();
  errands.job_ended = [&](const Job& job, News news, const Config& config) {
    log_outcome(job, news);
    upkeep.job_ended(job, news, config);
  };
  errands.scanned = [&](const ScanResult& found, const Config& config) {
    close_abandoned(store, claims, config, found.absent_roots, Time::clock::now());
    historian.tidy(store, config, found.absent_roots);
    upkeep.scanned(config);
  };
  std::promise<PassReport> over;
  std::unique_ptr<Service> service;
  std::optional<std::stop_callback<std::function<void()>>> on_stop;
  const auto begin = [&] {
    service = std::make_unique<Service>(
        Service::Setting{stage.loop, stage.runner, stage.signals, store, claims, errands,
                         [&](const Job& job) { stage.console.show(job); },
                         [&](const Setup& old) { return reread(stage, old); },
                         [&](const PassReport& report) {
                           // Not in here: the service would take this very function with it.
                           boost::asio::post(stage.loop, [&, report] {
                             on_stop.reset();
                             service.reset();
                             over.set_value(report);
                           });
                         }},
        setup, lifetime);
    service->start();
    on_stop.emplace(stage.stop, [&] { service->stop(); });  // at once where it came before
  };
  boost::asio::post(stage.loop, begin);
  const PassReport report = over.get_future().get();
  if (lifetime == Lifetime::one_pass) upkeep.drain(stage.stop);
  return report;
}

int run_passes(const Stage& stage, Toolchain tools, JobStore& store) {
  const auto setup = std::make_shared<const Setup>(Setup{stage.config, std::move(tools)});
  if (stage.options.mode == Mode::serve) {
    serve(stage, setup, store, Lifetime::until_stopped);
    return kExitOk;
  }
  const PassReport report = serve(stage, setup, store, Lifetime::one_pass);
  log_summary(report, stage.config);
  return status_of(report);
}

int run_writing(const Stage& stage, Toolchain tools) {
  for (const auto& directory : {stage.config.job_state_dir, stage.config.temp_output_dir}) {
    if (const Status made = make_directory(directory); !made) {
      spdlog::error("{}", made.error().message);
      return kExitCannotCreate;
    }
  }
  std::vector<JobStore::LoadWarning> warnings;
  auto store = JobStore::open(stage.config.job_state_dir, warnings);
  if (!store) {
    spdlog::error("{}", store.error().message);
    return store.error().errno_value == EWOULDBLOCK ? kExitTryAgain : kExitCannotCreate;
  }
  log_load_warnings(warnings);
  recover_jobs(**store, stage.config);
  return run_passes(stage, std::move(tools), **store);
}

int direct(const Stage& stage) {
  const auto tools = find_toolchain(stage.config, stage.runner);
  if (stage.stop.stop_requested()) return kExitOk;
  if (!tools) {
    spdlog::error("{}", tools.error().message);
    return kExitUnavailable;
  }
  spdlog::debug("av1d {}, ffmpeg {} ({})", AV1D_VERSION, tools->version.text, tools->ffmpeg);
  const bool writes = stage.options.mode == Mode::once || stage.options.mode == Mode::serve;
  return writes ? run_writing(stage, *tools) : run_read_only(stage, *tools);
}

// ---- The loop -----------------------------------------------------------------------------------

// Threads come and go for years here: with a heap each, every one would keep what it once needed.
void share_heaps() {
#ifdef __GLIBC__
  ::mallopt(M_ARENA_MAX, 2);
#endif
}

int run_with_loop(const Options& options, const Config& config) {
  share_heaps();
  Console console(config.log_level);
  boost::asio::io_context loop;
  ProcessRunner runner(loop);
  std::stop_source stop;
  Signals signals(
      loop, options.mode == Mode::serve ? Signalled::ends_and_control : Signalled::ends_only, [&] {
        runner.set_kill_grace(kShutdownGrace);
        stop.request_stop();
      });
  auto work = boost::asio::make_work_guard(loop);
  int status = kExitOk;
  std::jthread director([&] {
    status = direct({options, config, loop, runner, signals, console, stop.get_token()});
    boost::asio::post(loop, [&] {
      signals.cancel();
      work.reset();
    });
  });
  loop.run();
  director.join();
  // A pass that was cut short says so; the service's end by a signal is its ordinary end.
  const bool cut_short = signals.received() != 0 && options.mode != Mode::serve;
  return cut_short ? 128 + signals.received() : status;
}

}  // namespace

int run_program(int argc, const char* const* argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // inherited SIG_IGN would reap our children behind our back
  const auto options = parse_options(argc, argv);
  if (!options) {
    fmt::print(options.error().status == kExitOk ? stdout : stderr, "{}", options.error().text);
    return options.error().status;
  }
  const auto config = read_config(*options);
  if (!config) return config.error();
  if (options->mode == Mode::order) {
    const Console console(config->log_level);
    return give_order(options->order, *config);
  }
  if (options->mode == Mode::check_config) fmt::print("{}", format_config(*config));
  if (const auto status = refuse(*options, *config)) return *status;
  if (options->mode == Mode::check_config) return kExitOk;
  return run_with_loop(*options, *config);
}

}  // namespace av1d
