// One measurement a run, in a process of its own, printed as one line of JSON: wall and CPU seconds
// of the step alone (not of the preparation), peak and present memory. bench/run takes turns with
// the rivals and makes the table.
//
//   measure scan ROOT              a first scan with its decisions, then a second one
//   measure stable ROOT SECONDS    from the scan to the moment when the last file is known to rest
//   measure open DIR               start: all job files
//   measure answers DIR            the decision on each file of that store, as a scan asks for it
//   measure save DIR JOBS SECONDS  progress of so many jobs, twice a second, for so long
//   measure swap OUTPUT ORIGINAL STATE  OUTPUT, proven, in the place of ORIGINAL
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <span>
#include <string>
#include <thread>

#include "av1d/backlog.h"
#include "av1d/job_store.h"
#include "av1d/replace.h"
#include "av1d/scan.h"
#include "daemon/job_record.h"
#include "daemon/look.h"
#include "daemon/pipeline.h"

namespace {

using namespace av1d;
using Clock = std::chrono::steady_clock;
using Words = std::span<char* const>;

constexpr const char* kFfmpegVersion = "9.0";

// ---- Figures ------------------------------------------------------------------------------------

double cpu_seconds() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// A line of /proc/self/status, in kB.
long status_kb(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::atol(line.c_str() + name.size() + 1);
  }
  return 0;
}

struct Cost {
  double wall = 0;
  double cpu = 0;
};

Cost cost_of(const std::function<void()>& step) {
  const double cpu = cpu_seconds();
  const auto start = Clock::now();
  step();
  const std::chrono::duration<double> wall = Clock::now() - start;
  return {wall.count(), cpu_seconds() - cpu};
}

void print(const std::string& members) {
  fmt::print("{{{}, \"rss_kb\": {}, \"peak_kb\": {}}}\n", members, status_kb("VmRSS"),
             status_kb("VmHWM"));
}

std::string text_of(const std::string& name, const Cost& cost) {
  return fmt::format("\"{}\": {{\"wall\": {:.6f}, \"cpu\": {:.6f}}}", name, cost.wall, cost.cpu);
}

[[noreturn]] void give_up(const std::string& why) {
  fmt::print(stderr, "measure: {}\n", why);
  std::exit(EXIT_FAILURE);
}

std::unique_ptr<JobStore> opened(const fs::path& dir) {
  std::vector<JobStore::LoadWarning> warnings;
  auto store = JobStore::open(dir, warnings);
  if (!store) give_up(store.error().message);
  if (!warnings.empty()) give_up(warnings.front().what);
  return *std::move(store);
}

Config library(const fs::path& root, std::uint64_t min_bytes) {
  Config config;
  config.library_roots = {root};
  config.min_bytes = min_bytes;
  config.write_why_sidecars = false;
  config.job_state_dir = root.native() + ".jobs";
  config.temp_output_dir = root.native() + ".temp";
  return config;
}

// ---- The measurements ---------------------------------------------------------------------------

void measure_scan(Words words) {
  const Config config = library(words[0], Config{}.min_bytes);
  const auto store = opened(config.job_state_dir);
  Notes notes;
  std::uint64_t files = 0;
  const auto look = [&] {
    if (const auto forgotten = store->forget_deleted(); !forgotten) {
      give_up(forgotten.error().message);
    }
    files = look_around(config, *store, kFfmpegVersion, &notes, {}).report.files;
  };
  const Cost first = cost_of(look);
  const Cost later = cost_of(look);
  print(fmt::format("{}, {}, \"files\": {}", text_of("first", first), text_of("later", later),
                    files));
}

void measure_stable(Words words) {
  Config config = library(words[0], 0);
  config.stability_secs = std::atoi(words[1]);
  const auto store = opened(config.job_state_dir);
  Backlog backlog(config.order, std::chrono::seconds(config.stability_secs));
  Notes notes;
  std::size_t ready = 0;
  const Cost cost = cost_of([&] {
    const auto found = look_around(config, *store, kFfmpegVersion, &notes, {});
    backlog.replace(found.work, Clock::now());
    while (const auto next = backlog.next_ready()) {
      std::this_thread::sleep_until(*next);
      // Each is looked at once more, as before its encode.
      while (const auto candidate = backlog.take(Clock::now())) {
        const auto stamp = stamp_of(candidate->path);
        if (stamp && *stamp == candidate->stamp) ++ready;
      }
    }
  });
  print(fmt::format("{}, \"files\": {}, \"beyond\": {:.6f}", text_of("stable", cost), ready,
                    cost.wall - config.stability_secs));
}

void measure_open(Words words) {
  std::unique_ptr<JobStore> store;
  const Cost cost = cost_of([&] { store = opened(words[0]); });
  print(fmt::format("{}, \"jobs\": {}", text_of("open", cost), store->size()));
}

void measure_answers(Words words) {
  const auto store = opened(words[0]);
  std::vector<Candidate> candidates;
  store->visit([&](const Job& job) {
    Candidate candidate;
    candidate.path = job.source_path;
    candidate.stamp = job.source;
    candidates.push_back(std::move(candidate));
  });
  const Config config;
  const Time now = Time::clock::now();
  std::size_t answered = 0;
  const Cost answers = cost_of([&] {
    for (const auto& candidate : candidates) {
      const Sorted sorted =
          sort_out(candidate, config, *store, kFfmpegVersion, PreflightMode::read_only, now);
      if (sorted.fate == Fate::answered) ++answered;
    }
  });
  const Cost forget = cost_of([&] {
    if (!store->forget_deleted()) give_up("the job directory cannot be read");
  });
  const Cost totals = cost_of([&] {
    if (store->totals().count(JobStatus::success) == 0) give_up("no job has succeeded");
  });
  print(fmt::format("{}, {}, {}, \"answered\": {}", text_of("answers", answers),
                    text_of("forget", forget), text_of("totals", totals), answered));
}

// Starts nothing: progress is all that is looked at here.
class NoRunner : public Runner {
 public:
  Result<RunExit> run(const std::vector<std::string>&, const RunOptions&,
                      std::stop_token) override {
    return fail("nothing is run here");
  }
};

void measure_save(Words words) {
  const auto store = opened(words[0]);
  const auto jobs = static_cast<std::size_t>(std::atoi(words[1]));
  const auto beats = 2 * std::atoi(words[2]);
  const Config config;
  const Toolchain tools;
  NoRunner runner;
  SpaceLedger space;
  const Workshop workshop{config, tools, runner, *store, space, nullptr, nullptr};
  std::vector<Candidate> candidates(jobs);
  std::vector<std::unique_ptr<JobRecord>> records;
  for (std::size_t i = 0; i < jobs; ++i) {
    candidates[i].path = fmt::format("/srv/films/Some Film (2001)/Some Film {}.mkv", i);
    records.push_back(std::make_unique<JobRecord>(candidates[i], workshop));
    for (int word = 0; word < 60; ++word) {
      records[i]->job().argv.push_back(fmt::format("-option{}", word));
    }
    records[i]->stage(JobStage::encoding);
  }
  std::uint64_t frame = 0;
  const Cost cost = cost_of([&] {
    auto next = Clock::now();
    for (int beat = 0; beat < beats; ++beat) {
      std::this_thread::sleep_until(next += std::chrono::milliseconds(500));
      ++frame;
      for (const auto& record : records) {
        record->progress(
            {frame, 170'000, static_cast<double>(frame) / 1700, 24, 1, frame * 1000, 1000.0});
      }
    }
  });
  print(fmt::format("{}, \"core\": {:.6f}", text_of("save", cost), cost.cpu / cost.wall));
}

void measure_swap(Words words) {
  const fs::path original = words[1];
  const auto store = opened(words[2]);
  const auto stamp = stamp_of(original);
  if (!stamp) give_up(stamp.error().message);
  Candidate candidate;
  candidate.path = original;
  candidate.root = original.parent_path();
  candidate.stamp = *stamp;
  Job job;
  job.source_path = original;
  job.source = *stamp;
  job.id = job_id(original, *stamp);
  const auto journal = [&](const ReplaceJournal& entry) {
    job.journal = entry;
    return store->save(job, Time::clock::now(), JobStore::Durability::durable);
  };
  const Cost cost = cost_of([&] {
    const auto replaced =
        replace_original(replace_request(candidate, job.id, original, Config{}), words[0], journal);
    if (!replaced) give_up(replaced.error().text);
  });
  print(text_of("swap", cost));
}

struct Verb {
  std::string_view name;
  std::size_t arguments;
  void (*measure)(Words);
};

constexpr Verb kVerbs[] = {
    {"scan", 1, measure_scan},       {"stable", 2, measure_stable}, {"open", 1, measure_open},
    {"answers", 1, measure_answers}, {"save", 3, measure_save},     {"swap", 3, measure_swap},
};

}  // namespace

int main(int argc, char** argv) {
  const Words words(argv, static_cast<std::size_t>(argc));
  for (const Verb& verb : kVerbs) {
    if (words.size() != verb.arguments + 2 || words[1] != verb.name) continue;
    verb.measure(words.subspan(2));
    return EXIT_SUCCESS;
  }
  fmt::print(stderr, "measure: see the top of bench/measure.cc for what it does\n");
  return 64;
}
