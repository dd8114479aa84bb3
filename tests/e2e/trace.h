// Which files a tree of processes opened, as strace saw it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "e2e/media.h"

namespace av1d::test {

inline bool strace_works() {
  return can_run({"strace", "-f", "-e", "trace=openat", "-o", "/dev/null", "true"});
}

enum class Access { read, write };

// One attempt to open a file, successful or not.
struct Opened {
  std::string path;
  Access access = Access::read;
  std::string command;  // the program that did it and its words, as strace prints them
};

struct Trace {
  std::vector<Opened> opened;
  std::vector<std::string> connections;  // to the network
  Finished finished;
};

// The first quoted word behind `from`. Paths of the tests have no characters that strace escapes.
inline std::string quoted_word(const std::string& line, std::size_t from = 0) {
  const std::size_t begin = line.find('"', from);
  if (begin == std::string::npos) return {};
  return line.substr(begin + 1, line.find('"', begin + 1) - begin - 1);
}

// Which process started each thread or process: "12 clone3(...) = 13", whose two halves may stand
// apart ("<... clone3 resumed>").
inline std::map<std::string, std::string> parents_in(const Words& lines) {
  std::map<std::string, std::string> parents;
  for (const auto& line : lines) {
    const bool starts =
        line.find(" clone") != std::string::npos || line.find("fork") != std::string::npos;
    const std::size_t equals = line.rfind(" = ");
    if (!starts || equals == std::string::npos) continue;
    parents[line.substr(equals + 3)] = line.substr(0, line.find(' '));
  }
  return parents;
}

inline Trace parse_trace(const std::string& text) {
  const Words lines = lines_of(text);
  const auto parents = parents_in(lines);
  std::map<std::string, std::string> commands;  // by process
  const auto command_of = [&](std::string pid) {
    while (!commands.contains(pid) && parents.contains(pid)) pid = parents.at(pid);
    return commands[pid];
  };
  Trace trace;
  for (const auto& line : lines) {
    const std::string pid = line.substr(0, line.find(' '));
    const auto is = [&](const char* call) { return line.find(call) != std::string::npos; };
    if (is(" execve(")) commands[pid] = line;
    if (is("sa_family=AF_INET")) trace.connections.push_back(line);
    if (!is(" open(") && !is(" openat(") && !is(" openat2(") && !is(" creat(")) continue;
    const bool writes = is("O_WRONLY") || is("O_RDWR") || is("O_CREAT") || is(" creat(");
    trace.opened.push_back(
        {quoted_word(line), writes ? Access::write : Access::read, command_of(pid)});
  }
  return trace;
}

// Runs `words` to its end under strace.
inline Trace traced(const Words& words, Surroundings where = {}) {
  const TempDir directory;
  const fs::path log = directory / "trace.txt";
  where.env["ASAN_OPTIONS"] = "detect_leaks=0";  // LeakSanitizer can't run under ptrace
  Finished finished =
      run(Words{"strace", "-f", "-s", "65536", "-o", log, "-e",
                "trace=execve,open,openat,openat2,creat,connect,sendto,clone,clone3,fork,vfork"} +
              words,
          where);
  Trace trace = parse_trace(read_file(log));
  trace.finished = std::move(finished);
  return trace;
}

}  // namespace av1d::test
