// The terminal: draws screens and delivers keys. The only file that knows ncurses.
#pragma once

#include <memory>
#include <optional>

#include "av1d/result.h"
#include "monitor/display_text.h"
#include "monitor/keys.h"
#include "monitor/screen.h"

namespace av1d {

class Terminal {
 public:
  // Takes over the terminal of standard output. An error, and the terminal as before, where it is
  // none or its TERM is unknown. One at a time.
  static Result<std::unique_ptr<Terminal>> open();
  // Gives it back as it was. A crash gives it back too.
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  int columns() const;
  int rows() const;
  Charset charset() const { return charset_; }

  // Writes only what differs from the screen before.
  void draw(const Screen& screen);

  // What was pressed, without waiting; nothing where there is nothing (any more).
  std::optional<KeyPress> read_key();

 private:
  Terminal() = default;

  Charset charset_ = Charset::ascii;
};

}  // namespace av1d
