// Which file is encoded when: scans that repeat, files that wait, jobs that run. Everything here is
// the loop's thread; scans and jobs are on threads of their own and come back by message.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnull-dereference"
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#pragma GCC diagnostic pop

#include "av1d/backlog.h"
#include "daemon/claims.h"
#include "daemon/encode_places.h"
#include "daemon/errands.h"
#include "daemon/look.h"
#include "daemon/pipeline.h"

namespace av1d {

enum class Lifetime {
  one_pass,       // one scan, and each file it found tried once
  until_stopped,  // scan_interval_secs after the end of a scan the next one begins
};

// What new work is done with. A reload makes a new one; who holds the old one keeps it.
struct Setup {
  Config config;
  Toolchain tools;
};
using SetupPtr = std::shared_ptr<const Setup>;

struct PassReport {
  ScanReport scan;                  // the last one
  Tally unstable;                   // one_pass: still changing, left to the next pass
  std::map<JobStatus, Tally> jobs;  // run since the start, by their end
  std::uint64_t bytes_before = 0;   // of the successes
  std::uint64_t bytes_after = 0;
};

class Scheduler {
 public:
  // What it works with. All of it outlives the scheduler and is thread-safe or constant.
  struct Setting {
    boost::asio::io_context& loop;
    Runner& runner;
    JobStore& store;
    Claims& claims;
    const Errands& errands;
    std::function<void(const Job&)> on_change;  // job threads: a job was saved
    std::function<void()> on_figures;           // the loop: figures() are others now
    std::function<void()> on_done;              // the loop, once: nothing runs, nothing will
  };
  struct Figures {
    std::uint64_t waiting = 0;        // for their first look, or for their encode
    std::uint64_t waiting_bytes = 0;  // of those before their first look
    std::uint64_t running = 0;        // jobs in work, from the first probe to the last sync
    std::uint64_t looking = 0;        // of those, the ones that are looked into
    std::uint64_t encoding = 0;
    std::uint64_t held_up = 0;  // of those, the ones that wait for space or to encode once more
    bool operator==(const Figures&) const = default;
  };

  Scheduler(Setting setting, SetupPtr setup, Lifetime lifetime);
  // Waits for the threads: call it after on_done.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void start();
  // Scans soon, also where one runs already: what changed just now is seen.
  void scan_now();
  // For what begins from now on; running jobs and a running scan keep the old one.
  void reload(SetupPtr setup);
  // While it is held no job is started. Scans go on.
  void hold();
  void release();
  // No new work; what runs is told to end. on_done follows.
  void stop();

  Figures figures() const;
  const PassReport& report() const { return report_; }
  bool scanning() const { return scanning_; }

 private:
  // What came of one file's turn.
  struct Turn {
    std::optional<Job> job;
    std::optional<Work> again;  // changed meanwhile, to be tried later, or recalled
    bool recalled = false;      // it was not begun
  };
  struct Running {
    FileStamp stamp;
    std::optional<Claims::Claim> claim;
    std::stop_source recall;  // from the queue, where it waits to be encoded
    std::jthread thread;
  };

  void begin_scan();
  void on_scanned(Findings found);
  bool may_start() const;
  void fill_places();
  void wait_for_ready();
  void start_job(const Candidate& candidate, EncodePlaces::Ticket ticket);
  Turn take_turn(const Candidate& candidate, const SetupPtr& setup, EncodePlaces::Ticket ticket,
                 std::stop_token recall);
  void recall_all();
  void recall_others(const std::vector<Work>& found);
  void on_turn_over(const std::string& path, Turn turn);
  void put_again(const Turn& turn);
  void count(const Job& job);
  void log_findings(const Findings& found);
  bool is_explained(const fs::path& leftover) const;
  void figures_changed();
  void check_done();

  Setting setting_;
  SetupPtr setup_;
  const Lifetime lifetime_;
  SpaceLedger space_;
  EncodePlaces places_;
  Backlog backlog_;
  std::map<std::string, Running> running_;  // by path
  std::stop_source stop_;
  boost::asio::steady_timer scan_timer_;
  boost::asio::steady_timer ready_timer_;
  boost::asio::thread_pool scan_pool_{1};
  // The scan's thread: what stands beside the films, what the last one warned about and reported.
  Notes notes_;
  std::set<std::string> warned_;
  std::string reported_;
  std::optional<Figures> told_;
  std::chrono::steady_clock::time_point give_up_at_;  // one_pass: on files that keep changing
  PassReport report_;
  bool scanning_ = false;
  bool scan_again_ = false;
  bool scanned_ = false;  // once at least
  bool held_ = false;
  bool done_ = false;
};

}  // namespace av1d
