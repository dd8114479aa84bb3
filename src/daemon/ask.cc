// Questions to ffmpeg and ffprobe; see ask.h.
#include "daemon/ask.h"

#include <fmt/format.h>

#include "av1d/text.h"

namespace av1d {

namespace {

constexpr std::size_t kMaxAnswer = std::size_t{64} << 20U;

std::string program_of(const std::vector<std::string>& argv) {
  const auto slash = argv.front().rfind('/');
  return slash == std::string::npos ? argv.front() : argv.front().substr(slash + 1);
}

}  // namespace

Status Asker::ask(const std::vector<std::string>& argv, std::chrono::seconds timeout,
                  const LineSink& on_line, StderrJudge* judge) const {
  RunOptions options;
  options.nice = nice;
  options.timeout = timeout;
  options.on_stdout = on_line;
  if (judge != nullptr) options.on_stderr = [judge](std::string_view line) { judge->add(line); };
  const Result<RunExit> exit = runner.run(argv, options, stop);
  if (!exit) return std::unexpected(exit.error());
  if (exit->ok()) return {};
  if (exit->stopped) return fail("stopped", ECANCELED);
  if (const std::string format = refused_format(exit->stderr_tail); !format.empty()) {
    return fail(
        fmt::format("it is of the format that ffmpeg calls '{}', which av1d does not read; "
                    "if it is a film, remux it (mkvmerge, or ffmpeg -c copy)",
                    printable(format)));
  }
  const std::string last =
      exit->stderr_tail.empty() ? "it said nothing" : printable(exit->stderr_tail.back());
  return fail(fmt::format("{} failed ({}): {}", program_of(argv), exit->describe(), last));
}

Result<std::string> Asker::ask_text(const std::vector<std::string>& argv,
                                    std::chrono::seconds timeout) const {
  std::string text;
  const Status status = ask(argv, timeout, [&](std::string_view line) {
    if (text.size() + line.size() < kMaxAnswer) text.append(line).push_back('\n');
  });
  if (!status) return std::unexpected(status.error());
  return text;
}

}  // namespace av1d
