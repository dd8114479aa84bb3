// A program in a real pseudo-terminal: a tmux server of its own, keys by send-keys, the screen by
// capture-pane. Everything waits for text, nothing for time.
#pragma once

#include <signal.h>

#include <cstdlib>
#include <string>

#include "av1d/text.h"
#include "support/catch.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace av1d::test {

inline Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

inline bool has_tmux() {
  static const bool kHas = can_run({"tmux", "-V"});
  return kHas;
}

#define AV1D_NEEDS_TMUX()                                    \
  do {                                                       \
    if (!av1d::test::has_tmux()) AV1D_SKIP("no tmux found"); \
  } while (false)

inline std::string av1top() {
  const char* named = std::getenv("AV1TOP_PROGRAM");
  return named == nullptr ? AV1TOP_PROGRAM : named;
}

class PseudoTerminal {
 public:
  // Runs `command` in a shell, which tells its end as "ended: STATUS" and whether the terminal
  // was sane by then as "echo: on".
  PseudoTerminal(const Words& command, int columns, int rows, const std::string& term = "",
                 const std::string& env = "LC_ALL=C.UTF-8")
      : columns_(columns), rows_(rows) {
    write_file(home_ / "conf",
               "set -g status off\nset -g escape-time 0\nset -g remain-on-exit on\n"
               "set -g default-terminal \"" +
                   (term.empty() ? "tmux-256color" : term) + "\"\n");
    const std::string script =
        "trap : INT HUP\nexport " + env + "\n" + shell_command(command) +
        "\necho \"ended: $?\"\nstty -a | grep -q ' echo ' && echo 'echo: on'\nexec sleep 1000\n";
    write_file(home_ / "run", script);
    const Words start = {"-f",
                         home_ / "conf",
                         "new-session",
                         "-d",
                         "-x",
                         std::to_string(columns),
                         "-y",
                         std::to_string(rows),
                         "sh " + (home_ / "run").string()};
    REQUIRE(tmux(start).ok());
  }
  ~PseudoTerminal() { tmux({"kill-server"}); }
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;

  void press(const Words& keys) { tmux(Words{"send-keys"} + keys); }
  void type(const std::string& text) { tmux({"send-keys", "-l", text}); }
  // A report of the mouse as xterm sends it (SGR); cells count from 1.
  void mouse(int button, int x, int y) {
    const std::string cell =
        std::to_string(button) + ";" + std::to_string(x) + ";" + std::to_string(y);
    type("\x1b[<" + cell + "M\x1b[<" + cell + "m");
  }
  void resize(int columns, int rows) {
    columns_ = columns;
    rows_ = rows;
    tmux({"resize-window", "-x", std::to_string(columns), "-y", std::to_string(rows)});
  }
  std::string screen() { return tmux({"capture-pane", "-p"}).out; }
  std::string screen_with_colors() { return tmux({"capture-pane", "-e", "-p"}).out; }
  int columns() const { return columns_; }
  int rows() const { return rows_; }

  bool shows(const std::string& text) {
    const bool found = eventually([&] { return screen().find(text) != std::string::npos; },
                                  kPatience, std::chrono::milliseconds(50));
    INFO("wanted: " << text << "\n" << screen());
    CHECK(found);
    return found;
  }
  bool lacks(const std::string& text) {
    const bool gone = eventually([&] { return screen().find(text) == std::string::npos; },
                                 kPatience, std::chrono::milliseconds(50));
    INFO("unwanted: " << text << "\n" << screen());
    CHECK(gone);
    return gone;
  }
  // The line of the selection, by its reverse video (tmux writes "7" alone or behind a "0;").
  std::string selected_line() {
    std::istringstream in(screen_with_colors());
    for (std::string line; std::getline(in, line);) {
      const bool reversed =
          line.find("\x1b[7m") != std::string::npos || line.find(";7m") != std::string::npos;
      if (reversed) return line;
    }
    return "";
  }
  bool selects(const std::string& text) {
    const bool found = eventually([&] { return selected_line().find(text) != std::string::npos; },
                                  kPatience, std::chrono::milliseconds(50));
    INFO("wanted to be selected: " << text << "\n" << screen());
    CHECK(found);
    return found;
  }
  // The program's own process.
  pid_t pid_of(const std::string& part) const {
    for (const pid_t pid : processes_naming(part)) {
      const std::string name = read_file("/proc/" + std::to_string(pid) + "/comm");
      if (name == "av1top\n") return pid;
    }
    return -1;
  }

 private:
  static constexpr std::chrono::seconds kPatience{60};

  Finished tmux(const Words& words) {
    return run(Words{"tmux", "-S", home_ / "socket"} + words,
               {{}, {{"TMUX", ""}, {"LC_ALL", "C.UTF-8"}}});
  }

  TempDir home_;
  int columns_, rows_;
};

}  // namespace av1d::test
