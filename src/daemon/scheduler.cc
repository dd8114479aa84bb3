// Scans, the queue and the jobs that run; see scheduler.h.
#include "daemon/scheduler.h"

#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "av1d/gates.h"
#include "av1d/text.h"

namespace av1d {

namespace {

using Clock = Backlog::Clock;
using ErrorCode = boost::system::error_code;

// A file that is written to all the time must not hold up a single pass: after this many rests it
// is left to the next one.
constexpr int kStabilityRounds = 3;
constexpr std::size_t kJobIdLength = 32;

// A scan takes some megabytes for a second; until the next one others may have them.
void give_back_memory(Findings found) {
  found = {};
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

std::size_t places_of(const Config& config) {
  return static_cast<std::size_t>(config.max_concurrent_jobs);
}

std::string name_of(const fs::path& path) {
  return printable(path.native());
}

}  // namespace

Scheduler::Scheduler(Setting setting, SetupPtr setup, Lifetime lifetime)
    : setting_(std::move(setting)),
      setup_(std::move(setup)),
      lifetime_(lifetime),
      places_(places_of(setup_->config),
              [this] { boost::asio::post(setting_.loop, [this] { fill_places(); }); }),
      backlog_(setup_->config.order, std::chrono::seconds(setup_->config.stability_secs)),
      scan_timer_(setting_.loop),
      ready_timer_(setting_.loop) {}

Scheduler::~Scheduler() {
  scan_pool_.join();
}

void Scheduler::start() {
  begin_scan();
}

void Scheduler::stop() {
  stop_.request_stop();
  recall_all();
  scan_timer_.cancel();
  ready_timer_.cancel();
  check_done();
}

void Scheduler::hold() {
  held_ = true;
  places_.set_limit(0);
  ready_timer_.cancel();
}

void Scheduler::release() {
  held_ = false;
  places_.set_limit(places_of(setup_->config));
  fill_places();
}

void Scheduler::reload(SetupPtr setup) {
  setup_ = std::move(setup);
  if (!held_) places_.set_limit(places_of(setup_->config));
  recall_all();  // they were looked into by the old rules
  backlog_.set_rules(setup_->config.order, std::chrono::seconds(setup_->config.stability_secs));
  fill_places();
  scan_now();
}

Scheduler::Figures Scheduler::figures() const {
  const EncodePlaces::Counts jobs = places_.counts();
  Figures now;
  now.waiting = backlog_.size() + jobs.waiting;
  now.running = running_.size() - std::min(running_.size(), jobs.waiting);
  now.looking = jobs.looking;
  now.encoding = jobs.inside;
  now.held_up = space_.waiting() + jobs.returning;
  now.waiting_bytes = backlog_.bytes();
  return now;
}

void Scheduler::figures_changed() {
  const Figures now = figures();
  if (told_ == now) return;
  told_ = now;
  if (setting_.on_figures) setting_.on_figures();
}

void Scheduler::check_done() {
  if (done_ || scanning_ || !running_.empty()) return;
  const bool passed = lifetime_ == Lifetime::one_pass && scanned_ && backlog_.size() == 0;
  if (!passed && !stop_.stop_requested()) return;
  done_ = true;
  setting_.on_done();
}

// ---- Scans --------------------------------------------------------------------------------------

void Scheduler::scan_now() {
  if (lifetime_ == Lifetime::one_pass || stop_.stop_requested()) return;
  if (scanning_) {
    scan_again_ = true;
  } else {
    begin_scan();
  }
}

void Scheduler::begin_scan() {
  scan_timer_.cancel();
  scanning_ = true;
  scan_again_ = false;
  boost::asio::post(scan_pool_, [this, setup = setup_, stop = stop_.get_token()] {
    // Deleting a job's file is the owner's way to have a film looked at anew.
    if (const auto forgotten = setting_.store.forget_deleted(); !forgotten) {
      spdlog::warn("{}", forgotten.error().message);
    }
    Findings found =
        look_around(setup->config, setting_.store, setup->tools.version.text, &notes_, stop);
    if (!found.scan.stopped) {
      log_findings(found);
      if (setting_.errands.scanned) setting_.errands.scanned(found.scan, setup->config);
    }
    boost::asio::post(setting_.loop,
                      [this, found = std::move(found)]() mutable { on_scanned(std::move(found)); });
  });
}

// On the scan's thread. A warning and a report are said when they are new, not once a minute.
void Scheduler::log_findings(const Findings& found) {
  std::set<std::string> warnings;
  for (const auto& warning : found.scan.warnings) {
    warnings.insert(warning_line(warning));
  }
  for (const auto& path : found.scan.leftovers) {
    if (is_explained(path)) continue;
    warnings.insert(fmt::format("'{}' has a name of av1d's own but no job explains it: left alone",
                                name_of(path)));
  }
  for (const auto& warning : warnings) {
    if (!warned_.contains(warning)) spdlog::warn("{}", warning);
  }
  warned_ = std::move(warnings);
  std::string report = report_line(found.report);
  spdlog::log(report == reported_ ? spdlog::level::debug : spdlog::level::info, "{}", report);
  reported_ = std::move(report);
}

// The names of a job that runs come and go while it replaces its film.
bool Scheduler::is_explained(const fs::path& leftover) const {
  const std::string name = leftover.filename().native();
  const auto job = setting_.store.find(name.substr(name.find('-') + 1, kJobIdLength));
  std::error_code error;
  return (job && job->status == JobStatus::running) ||
         !fs::exists(fs::symlink_status(leftover, error));
}

void Scheduler::on_scanned(Findings found) {
  scanning_ = false;
  if (found.scan.stopped || stop_.stop_requested()) return check_done();
  scanned_ = true;
  report_.scan = found.report;
  recall_others(found.work);
  std::erase_if(found.work, [this](const Work& work) {
    return running_.contains(work.candidate.path.native());
  });
  if (lifetime_ == Lifetime::one_pass) {
    for (Work& work : found.work) work.not_before.reset();  // each file once, now
    give_up_at_ = Clock::now() +
                  kStabilityRounds * std::chrono::seconds(setup_->config.stability_secs) +
                  std::chrono::seconds(1);
  }
  backlog_.replace(found.work, Clock::now());
  give_back_memory(std::move(found));
  fill_places();
  if (lifetime_ == Lifetime::until_stopped) {
    scan_timer_.expires_after(std::chrono::seconds(setup_->config.scan_interval_secs));
    scan_timer_.async_wait([this](const ErrorCode& error) {
      if (!error && !scanning_ && !stop_.stop_requested()) begin_scan();
    });
    if (scan_again_) begin_scan();
  }
  figures_changed();
  check_done();
}

// ---- Jobs ---------------------------------------------------------------------------------------

bool Scheduler::may_start() const {
  return !held_ && !stop_.stop_requested() && places_.has_room();
}

// The next films are looked into while others are encoded.
void Scheduler::fill_places() {
  while (may_start()) {
    auto ticket = places_.try_come();
    if (!ticket) break;
    const auto candidate = backlog_.take(Clock::now());
    if (!candidate) break;
    start_job(*candidate, *std::move(ticket));
  }
  wait_for_ready();
  figures_changed();
}

// Room for a film waits for the next one to have rested. A job's end calls fill_places() anyway.
void Scheduler::wait_for_ready() {
  const auto ready = backlog_.next_ready();
  if (!may_start() || !ready) return;
  ready_timer_.expires_at(*ready);
  ready_timer_.async_wait([this](const ErrorCode& error) {
    if (!error) fill_places();
  });
}

void Scheduler::start_job(const Candidate& candidate, EncodePlaces::Ticket ticket) {
  const std::string path = candidate.path.native();
  auto claim = setting_.claims.take(candidate.path);
  if (!claim) return;  // a command is at work on it; the scan that follows finds it again
  Running& slot = running_[path];
  slot.stamp = candidate.stamp;
  slot.claim.emplace(*std::move(claim));
  slot.thread = std::jthread([this, candidate, setup = setup_, ticket = std::move(ticket),
                              recall = slot.recall.get_token()]() mutable {
    Turn turn = take_turn(candidate, setup, std::move(ticket), std::move(recall));
    boost::asio::post(setting_.loop,
                      [this, path = candidate.path.native(), turn = std::move(turn)]() mutable {
                        on_turn_over(path, std::move(turn));
                      });
  });
}

// On the job's thread. The file is looked at once more: it has rested only if its stamp is still
// the one that was seen first, and whatever else has changed meanwhile counts too.
// The ticket goes back when the turn is over, before the loop hears of it.
Scheduler::Turn Scheduler::take_turn(const Candidate& candidate, const SetupPtr& setup,
                                     EncodePlaces::Ticket ticket, std::stop_token recall) {
  const Config& config = setup->config;
  auto fresh = inspect(candidate.path, config);
  if (!fresh) return {};  // gone
  fresh->path = candidate.path;
  fresh->root = candidate.root;
  const Sorted sorted = sort_out(*fresh, config, setting_.store, setup->tools.version.text,
                                 PreflightMode::writing, Time::clock::now());
  if (sorted.fate == Fate::gated || sorted.fate == Fate::answered) return {};
  if (fresh->stamp != candidate.stamp) return {{}, Work{*fresh, {}}};
  if (sorted.fate == Fate::later && lifetime_ == Lifetime::until_stopped) {
    return {{}, work_of(*fresh, sorted.retry_after)};
  }
  const Workshop workshop{config,
                          setup->tools,
                          setting_.runner,
                          setting_.store,
                          space_,
                          setting_.claims,
                          setting_.on_change,
                          [&](const Job& job, News news) {
                            if (setting_.errands.job_ended) {
                              setting_.errands.job_ended(job, news, config);
                            }
                          }};
  Turn turn;
  turn.job = run_job(*fresh, workshop, ticket, stop_.get_token(), std::move(recall));
  turn.recalled = !turn.job;
  if (turn.recalled) turn.again = work_of(*fresh, {});
  if (turn.job && turn.job->retry_after) turn.again = work_of(*fresh, turn.job->retry_after);
  return turn;
}

void Scheduler::on_turn_over(const std::string& path, Turn turn) {
  running_.erase(path);  // joins a thread that has nothing left to do
  if (turn.job) count(*turn.job);
  if (turn.again && !stop_.stop_requested()) put_again(turn);
  fill_places();
  check_done();
}

void Scheduler::recall_all() {
  for (auto& [path, slot] : running_) slot.recall.request_stop();
}

// Films that a scan did not find as they were: gone, changed or marked.
void Scheduler::recall_others(const std::vector<Work>& found) {
  if (running_.empty()) return;
  std::map<std::string, FileStamp> as_they_were;
  for (const Work& work : found) {
    const std::string& path = work.candidate.path.native();
    if (running_.contains(path)) as_they_were[path] = work.candidate.stamp;
  }
  for (auto& [path, slot] : running_) {
    const auto at = as_they_were.find(path);
    if (at == as_they_were.end() || at->second != slot.stamp) slot.recall.request_stop();
  }
}

void Scheduler::put_again(const Turn& turn) {
  const Work& work = *turn.again;
  if (lifetime_ == Lifetime::until_stopped || turn.recalled) {
    return backlog_.put(work, Clock::now());
  }
  if (work.not_before) return;  // tried once
  if (Clock::now() < give_up_at_) return backlog_.put(work, Clock::now());
  report_.unstable.add(work.candidate.stamp.size_bytes);
  spdlog::info("'{}' is still changing: left to the next pass", name_of(work.candidate.path));
}

void Scheduler::count(const Job& job) {
  report_.jobs[job.status].add(job.original_bytes);
  if (job.status != JobStatus::success) return;
  report_.bytes_before += job.original_bytes;
  report_.bytes_after += job.new_bytes.value_or(0);
}

}  // namespace av1d
