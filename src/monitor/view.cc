// ncurses; see view.h.
#include "monitor/view.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <termcap.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace av1d {

namespace {

// ---- Looks ------------------------------------------------------------------------------------

// How a style looks without colours, with 8, and with 256. Colours of 256 are of middle brightness,
// so that they can be read on dark and on light ground (the cube of xterm's 256colres.h).
struct Look {
  Style style;
  attr_t mono;
  short color8;
  attr_t attributes8;
  short color256;
  attr_t attributes256;
};

constexpr short kDefault = -1;
constexpr std::array kLooks = {
    Look{Style::plain, A_NORMAL, kDefault, A_NORMAL, kDefault, A_NORMAL},
    Look{Style::dim, A_DIM, kDefault, A_DIM, 244, A_NORMAL},
    Look{Style::strong, A_BOLD, kDefault, A_BOLD, kDefault, A_BOLD},
    Look{Style::title, A_BOLD, COLOR_CYAN, A_BOLD, 74, A_BOLD},
    Look{Style::heading, A_BOLD, COLOR_CYAN, A_BOLD, 110, A_BOLD},
    Look{Style::pending, A_NORMAL, COLOR_CYAN, A_NORMAL, 109, A_NORMAL},
    Look{Style::running, A_BOLD, COLOR_CYAN, A_BOLD, 75, A_BOLD},
    Look{Style::success, A_NORMAL, COLOR_GREEN, A_NORMAL, 71, A_NORMAL},
    Look{Style::failed, A_BOLD, COLOR_RED, A_BOLD, 167, A_BOLD},
    Look{Style::skipped, A_DIM, COLOR_YELLOW, A_NORMAL, 137, A_NORMAL},
    Look{Style::meter, A_NORMAL, COLOR_GREEN, A_NORMAL, 72, A_NORMAL},
    Look{Style::warning, A_BOLD, COLOR_YELLOW, A_BOLD, 172, A_BOLD},
    Look{Style::key, A_BOLD, COLOR_CYAN, A_BOLD, 74, A_BOLD},
};

enum class Colors { none, eight, many };
Colors g_colors = Colors::none;

// https://no-color.org: set and not empty.
bool colors_are_unwanted() {
  const char* value = std::getenv("NO_COLOR");
  return value != nullptr && *value != '\0';
}

void prepare_colors() {
  g_colors = Colors::none;
  if (colors_are_unwanted() || !has_colors()) return;
  start_color();
  const bool has_default = use_default_colors() == OK;
  g_colors = COLORS >= 256 ? Colors::many : COLORS >= 8 ? Colors::eight : Colors::none;
  if (g_colors == Colors::none) return;
  const auto ground = static_cast<short>(has_default ? kDefault : COLOR_BLACK);
  for (std::size_t i = 0; i < kLooks.size(); ++i) {
    short color = g_colors == Colors::many ? kLooks[i].color256 : kLooks[i].color8;
    if (color == kDefault && !has_default) color = COLOR_WHITE;
    init_pair(static_cast<short>(i + 1), color, ground);
  }
}

void set_look(Style style, LineKind kind) {
  if (kind == LineKind::heading) style = Style::heading;
  const auto at = static_cast<std::size_t>(style);
  const Look& look = kLooks.at(at);
  if (kind == LineKind::selected) {  // one colour all over: the line is one thing
    attr_set(A_REVERSE | (style == Style::strong ? A_BOLD : A_NORMAL), 0, nullptr);
    return;
  }
  attr_t attributes = g_colors == Colors::none    ? look.mono
                      : g_colors == Colors::eight ? look.attributes8
                                                  : look.attributes256;
  if (kind == LineKind::heading) attributes |= A_UNDERLINE;
  attr_set(attributes, static_cast<short>(g_colors == Colors::none ? 0 : at + 1), nullptr);
}

// A terminal that this machine has not heard of (a new one, at the other end of ssh or `docker
// exec`), or that has no name, is taken for xterm, which all of today understand.
bool start_curses() {
  // Asked for first, since newterm() leaks what it has begun for a name that it doesn't know.
  const char* term = std::getenv("TERM");
  const bool is_known = term != nullptr && tgetent(nullptr, term) == 1;
  return newterm(is_known ? term : "xterm-256color", stdout, stdin) != nullptr;
}

Charset charset_of_terminal() {
  if (std::string_view(::nl_langinfo(CODESET)) != "UTF-8") return Charset::ascii;
  const char* term = std::getenv("TERM");
  const bool is_console = term != nullptr && std::string_view(term).starts_with("linux");
  return is_console ? Charset::plain : Charset::utf8;
}

// ---- After a crash ----------------------------------------------------------------------------

// Made ready at the start: a signal handler may only write.
termios g_saved_terminal{};
bool g_terminal_is_ours = false;
std::array<char, 512> g_farewell{};
std::size_t g_farewell_size = 0;
constexpr std::array kCrashes = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGQUIT};

void add_capability(const char* name) {
  const char* text = ::tigetstr(name);
  if (text == nullptr || text == reinterpret_cast<const char*>(-1)) return;
  const std::size_t size = std::strlen(text);
  if (g_farewell_size + size > g_farewell.size()) return;
  std::memcpy(g_farewell.data() + g_farewell_size, text, size);
  g_farewell_size += size;
}

void give_terminal_back(int signal) {
  if (g_terminal_is_ours) {
    static constexpr std::string_view kNoMouse = "\x1b[?1000l\x1b[?1002l\x1b[?1006l";
    static_cast<void>(!::write(STDOUT_FILENO, kNoMouse.data(), kNoMouse.size()));
    static_cast<void>(!::write(STDOUT_FILENO, g_farewell.data(), g_farewell_size));
    ::tcsetattr(STDIN_FILENO, TCSANOW, &g_saved_terminal);
  }
  ::raise(signal);  // SA_RESETHAND: as if we had not been here
}

void prepare_for_crashes() {
  g_farewell_size = 0;
  for (const char* name : {"sgr0", "cnorm", "rmkx", "rmcup"}) add_capability(name);
  struct sigaction action {};
  action.sa_handler = give_terminal_back;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_NODEFER;
  for (const int signal : kCrashes) ::sigaction(signal, &action, nullptr);
}

// ---- Keys -------------------------------------------------------------------------------------

struct Named {
  wint_t code;
  KeyKind kind;
};
constexpr std::array kNamedKeys = {
    Named{KEY_UP, KeyKind::up},
    Named{KEY_DOWN, KeyKind::down},
    Named{KEY_PPAGE, KeyKind::page_up},
    Named{KEY_NPAGE, KeyKind::page_down},
    Named{KEY_HOME, KeyKind::home},
    Named{KEY_END, KeyKind::end},
    Named{KEY_FIND, KeyKind::home},  // what some terminals call it
    Named{KEY_SELECT, KeyKind::end},
    Named{KEY_ENTER, KeyKind::enter},
    Named{KEY_BACKSPACE, KeyKind::backspace},
    Named{KEY_DC, KeyKind::backspace},
    Named{KEY_F(1), KeyKind::f1},
};

std::optional<KeyPress> mouse_press() {
  MEVENT event{};
  if (getmouse(&event) != OK) return std::nullopt;
  const auto press = [&](KeyKind kind) { return KeyPress{kind, 0, event.y}; };
  if ((event.bstate & BUTTON4_PRESSED) != 0) return press(KeyKind::wheel_up);
  if ((event.bstate & BUTTON5_PRESSED) != 0) return press(KeyKind::wheel_down);
  if ((event.bstate & BUTTON1_DOUBLE_CLICKED) != 0) return press(KeyKind::double_click);
  if ((event.bstate & (BUTTON1_CLICKED | BUTTON1_PRESSED)) != 0) return press(KeyKind::click);
  return std::nullopt;
}

std::optional<KeyPress> named_press(wint_t code) {
  if (code == KEY_MOUSE) return mouse_press();
  const auto at = std::find_if(kNamedKeys.begin(), kNamedKeys.end(),
                               [code](const Named& key) { return key.code == code; });
  if (at == kNamedKeys.end()) return std::nullopt;
  return KeyPress{at->kind};
}

KeyPress character_press(wint_t code) {
  switch (code) {
    case '\r':
    case '\n':
      return {KeyKind::enter};
    case 27:
      return {KeyKind::escape};
    case 8:
    case 127:
      return {KeyKind::backspace};
    default:
      return {KeyKind::character, static_cast<char32_t>(code)};
  }
}

// Displayable UTF-8 as ncurses wants it. In an ASCII locale all of it is ASCII.
std::wstring wide(std::string_view text) {
  std::wstring out;
  std::mbstate_t state{};
  while (!text.empty()) {
    wchar_t character = 0;
    const std::size_t size = ::mbrtowc(&character, text.data(), text.size(), &state);
    if (size == 0 || size > text.size()) return out;
    out += character;
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<Terminal>> Terminal::open() {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1) {
    return fail("needs a terminal; --batch prints one snapshot without");
  }
  std::setlocale(LC_ALL, "");
  ::tcgetattr(STDIN_FILENO, &g_saved_terminal);
  if (!start_curses()) {
    const char* term = std::getenv("TERM");
    return fail(std::string("cannot draw on a terminal of the kind TERM='") +
                (term == nullptr ? "" : term) + "'; --batch prints one snapshot without");
  }
  std::unique_ptr<Terminal> terminal(new Terminal);
  terminal->charset_ = charset_of_terminal();
  prepare_for_crashes();
  g_terminal_is_ours = true;
  prepare_colors();
  cbreak();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  set_escdelay(25);
  curs_set(0);
  mouseinterval(200);
  mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON1_DOUBLE_CLICKED | BUTTON4_PRESSED |
                BUTTON5_PRESSED,
            nullptr);
  return terminal;
}

Terminal::~Terminal() {
  endwin();
  g_terminal_is_ours = false;
}

int Terminal::columns() const {
  return COLS;
}

int Terminal::rows() const {
  return LINES;
}

void Terminal::draw(const Screen& screen) {
  erase();
  for (std::size_t i = 0; i < screen.lines.size() && static_cast<int>(i) < LINES; ++i) {
    const Line& line = screen.lines[i];
    ::move(static_cast<int>(i), 0);
    for (const auto& span : line.spans) {
      set_look(span.style, line.kind);
      const std::wstring text = wide(span.text);
      addnwstr(text.data(), static_cast<int>(text.size()));
    }
    if (line.kind == LineKind::plain) continue;
    set_look(Style::plain, line.kind);
    int y = 0;
    int x = 0;
    getyx(stdscr, y, x);
    if (y == static_cast<int>(i))
      hline(' ' | (line.kind == LineKind::selected ? A_REVERSE : 0), COLS - x);
  }
  attr_set(A_NORMAL, 0, nullptr);
  const bool types = screen.cursor_line >= 0;
  if (types) ::move(screen.cursor_line, std::min(screen.cursor_column, COLS - 1));
  curs_set(types ? 1 : 0);
  refresh();
}

std::optional<KeyPress> Terminal::read_key() {
  for (;;) {
    wint_t code = 0;
    const int kind = get_wch(&code);
    if (kind == ERR) return std::nullopt;
    if (kind == OK) return character_press(code);
    if (auto press = named_press(code)) return press;
  }
}

}  // namespace av1d
