// A command that orders something of the daemon; see command.h.
#include "daemon/command.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "av1d/job_store.h"
#include "daemon/claims.h"
#include "daemon/exit_status.h"
#include "daemon/orders.h"

namespace av1d {

namespace {

// An undo syncs a directory a few times and removes one file; a slow disk may take its time.
constexpr std::chrono::seconds kAnswerLimit{120};

int say(const Answer& answer) {
  fmt::print(answer.exit_status == kExitOk ? stdout : stderr, "{}", answer.text);
  return answer.exit_status;
}

int say(const Error& error, int status) {
  fmt::print(stderr, "av1d: {}\n", error.message);
  return status;
}

int status_of(const Error& error) {
  const bool may_pass = error.errno_value == ESRCH || error.errno_value == ETIMEDOUT ||
                        error.errno_value == EWOULDBLOCK;
  return may_pass ? kExitTryAgain : kExitCannotCreate;
}

int ask(const Request& order, const Config& config) {
  const auto answer = ask_daemon(config.job_state_dir, order, kAnswerLimit);
  return answer ? say(*answer) : say(answer.error(), status_of(answer.error()));
}

// The daemon may stand in another directory, or know the film by another path.
Request with_whole_paths(Request order) {
  for (auto& name : order.arguments) {
    std::error_code error;
    const bool is_path = name.find('/') != std::string::npos || fs::exists(name, error);
    const fs::path whole = fs::absolute(name, error);
    if (is_path && !error) name = whole.native();
  }
  return order;
}

}  // namespace

int give_order(const Request& given, const Config& config) {
  const Request order = with_whole_paths(given);
  if (daemon_is_running(config.job_state_dir)) return ask(order, config);
  std::error_code error;
  if (!fs::exists(config.job_state_dir, error)) {  // nothing to make a directory for
    return say({fmt::format("no job files in '{}'", config.job_state_dir.string()), ENOENT},
               kExitNoInput);
  }
  std::vector<JobStore::LoadWarning> warnings;
  const auto store = JobStore::open(config.job_state_dir, warnings);
  if (!store && store.error().errno_value == EWOULDBLOCK) return ask(order, config);
  if (!store) return say(store.error(), status_of(store.error()));
  for (const auto& warning : warnings) spdlog::warn("{}", warning.what);
  Claims claims;
  return say(carry_out(order, config, **store, claims));
}

}  // namespace av1d
