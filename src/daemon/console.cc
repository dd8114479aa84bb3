// The log and the progress lines; see console.h.
#include "daemon/console.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "av1d/text.h"

namespace av1d {

namespace {

// systemd sets JOURNAL_STREAM=DEVICE:INODE of the pipe that it gave us.
bool stderr_is_journal() {
  const char* text = std::getenv("JOURNAL_STREAM");
  struct stat info {};
  if (text == nullptr || ::fstat(STDERR_FILENO, &info) != 0) return false;
  return std::string_view(text) == fmt::format("{}:{}", info.st_dev, info.st_ino);
}

// sd-daemon(3): "<N>" with the syslog priority in front of a line.
class PriorityFlag : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    static constexpr std::string_view kPriorities = "7764326";
    const std::array<char, 3> text = {'<', kPriorities[static_cast<std::size_t>(message.level)],
                                      '>'};
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return spdlog::details::make_unique<PriorityFlag>();
  }
};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  static constexpr std::array kLevels = {spdlog::level::trace, spdlog::level::debug,
                                         spdlog::level::info, spdlog::level::warn,
                                         spdlog::level::err};
  return kLevels.at(static_cast<std::size_t>(level));
}

std::size_t terminal_columns() {
  struct winsize size {};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80U;
}

std::string bar(double percent, std::size_t width) {
  const auto filled =
      static_cast<std::size_t>(std::lround(percent / 100 * static_cast<double>(width)));
  return std::string(std::min(filled, width), '#') +
         std::string(width - std::min(filled, width), '.');
}

std::string duration_text(double seconds) {
  const auto total = static_cast<long>(std::lround(seconds));
  if (total >= 3600) return fmt::format("{}h{:02}m", total / 3600, total / 60 % 60);
  return fmt::format("{}m{:02}s", total / 60, total % 60);
}

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

// Never in the middle of a UTF-8 character. Bytes stand for columns: no character is wider.
std::string cut(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && continues_character(text[bytes])) --bytes;
  return text.substr(0, bytes);
}

// The middle of a long name goes.
std::string shorten(const std::string& text, std::size_t width) {
  if (text.size() <= width || width < 5) return cut(text, width);
  const std::string head = cut(text, (width - 2) / 2);
  std::size_t tail = text.size() - (width - 2 - head.size());
  while (tail < text.size() && continues_character(text[tail])) ++tail;
  return head + ".." + text.substr(tail);
}

}  // namespace

std::string progress_line(const Job& job, std::size_t columns) {
  const Progress progress = job.progress.value_or(Progress{});
  std::string right = fmt::format(" [{}] {:5.1f} %", bar(progress.percent, 20), progress.percent);
  if (job.stage == JobStage::encoding) {
    right += fmt::format(" {:6.1f} fps", progress.fps);
    right += progress.eta_secs ? fmt::format("  ETA {}", duration_text(*progress.eta_secs)) : "";
  }
  const std::string left = fmt::format("{:<10} ", to_string(job.stage));
  const std::size_t used = left.size() + right.size() + 1;
  const std::size_t room = columns > used ? columns - used : 0;
  const std::string line =
      left + shorten(printable(job.source_path.filename().native()), room) + right;
  return cut(line, columns > 0 ? columns - 1 : 0);
}

// An spdlog sink that keeps the progress lines below the log.
class Console::Screen : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit Screen(bool terminal) : terminal_(terminal) {}

  void show(const Job& job) {
    if (!terminal_) return;
    const std::lock_guard lock(mutex_);
    erase();
    if (job.status == JobStatus::running) {
      lines_[job.id] = progress_line(job, terminal_columns());
    } else {
      lines_.erase(job.id);
    }
    draw();
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    erase();
    std::fwrite(text.data(), 1, text.size(), stderr);
    draw();
  }
  void flush_() override { std::fflush(stderr); }

 private:
  // The cursor stands at the start of the line below the last one drawn.
  void erase() {
    for (std::size_t i = 0; i < drawn_; ++i) std::fputs("\x1b[A\x1b[2K", stderr);
    drawn_ = 0;
  }
  void draw() {
    for (const auto& [id, line] : lines_) std::fprintf(stderr, "%s\n", line.c_str());
    drawn_ = lines_.size();
    std::fflush(stderr);
  }

  const bool terminal_;
  std::map<std::string, std::string> lines_;
  std::size_t drawn_ = 0;
};

Console::Console(LogLevel level)
    : screen_(std::make_shared<Screen>(::isatty(STDERR_FILENO) == 1 && !stderr_is_journal())) {
  auto logger = std::make_shared<spdlog::logger>("av1d", screen_);
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<PriorityFlag>('*').set_pattern(
      stderr_is_journal() ? "%*%v" : "%Y-%m-%d %H:%M:%S %-5l %v");
  logger->set_formatter(std::move(formatter));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
  set_level(level);
}

void Console::set_level(LogLevel level) {
  const char* name = std::getenv("AV1D_LOG");
  for (const LogLevel l :
       {LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
    if (name != nullptr && to_string(l) == name) level = l;
  }
  spdlog::default_logger()->set_level(spdlog_level(level));
}

Console::~Console() {
  spdlog::shutdown();
}

void Console::show(const Job& job) {
  screen_->show(job);
}

}  // namespace av1d
