// The lines above the list: the daemon, the machine, the sums. Pure.
#pragma once

#include <string>
#include <vector>

#include "monitor/display_text.h"
#include "monitor/facts.h"
#include "monitor/job_table.h"
#include "monitor/screen.h"

namespace av1d {

struct HeaderFacts {
  DaemonFacts daemon;
  SystemFacts system;
  std::vector<FreeSpace> space;
  std::string directory;   // job_state_dir
  std::string notice;      // one sentence about what is wrong, "" where nothing is
  std::size_t unread = 0;  // job files that are still to be read
};

// As many lines as a screen of that size has room for.
std::vector<Line> header_lines(const HeaderFacts& facts, const JobTable& jobs, int columns,
                               int rows, Charset charset, Time now);

// "av1d is encoding 2 films": one sentence about the daemon, and how it is to be seen.
struct DaemonSentence {
  std::string text;
  Style style = Style::plain;
};
DaemonSentence daemon_sentence(const DaemonFacts& daemon, const JobTotals& totals, Time now);

// Seconds until everything that waits or runs is done, from the speed of what is done; nothing
// where there is nothing to go by.
std::optional<double> queue_eta_secs(const JobTable& jobs, const DaemonFacts& daemon);

}  // namespace av1d
