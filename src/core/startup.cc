// Looks at FFmpeg before anything depends on it: an old or missing one must be said once, at the
// start and in one line, not by every job.
#include "av1d/startup.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include "av1d/text.h"

namespace av1d {

namespace {

constexpr int kNeededMajor = 8;
constexpr int kNeededLibavcodec = 62;  // FFmpeg 8's
constexpr std::string_view kHowToGetIt =
    "install Debian testing's ffmpeg package, or run av1d-install-ffmpeg (in the source tree: "
    "packaging/ffmpeg/install.sh)";

// In the order in which one stands in for another.
constexpr auto kEncoders = std::to_array<Encoder>({Encoder::svt, Encoder::aom, Encoder::rav1e});

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view take_word(std::string_view& text) {
  constexpr std::string_view kBlank = " \t\r";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  const auto end = std::min(text.find_first_of(kBlank), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

// The digits at the front of `text`, taken away from it.
std::optional<int> take_number(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (digits == 0 || error != std::errc{}) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take_char(char c, std::string_view& text) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// "9.0.2-4", "n8.0", "8.0.1+fix": a release. "N-120000-gabc", "2025-08-25-git-1", "8.0.git": not.
void read_release(ProgramVersion& version) {
  std::string_view rest = version.text;
  take_char('n', rest);
  const auto major = take_number(rest);
  if (!major || !take_char('.', rest)) return;
  const auto minor = take_number(rest);
  if (!minor || (take_char('.', rest) && !take_number(rest))) return;
  if (!rest.empty() && std::string_view("-+~").find(rest.front()) == std::string_view::npos) return;
  version.major = *major;
  version.minor = *minor;
}

// ---- Asking a program --------------------------------------------------------------------------

// With the last thing that it said: "exit status 127 (error while loading shared libraries: ...)".
std::string how_it_ended(const RunExit& exit) {
  if (exit.stderr_tail.empty()) return exit.describe();
  return fmt::format("{} ({})", exit.describe(), printable(exit.stderr_tail.back()));
}

// What `argv` prints, at most about 1 MiB of it.
Result<std::string> output_of(const std::vector<std::string>& argv, Runner& runner) {
  constexpr std::size_t kMost = 1024 * 1024;
  std::string output;
  RunOptions options;
  options.while_paused = WhilePaused::run_on;  // a reload does not wait for the end of a pause
  options.timeout = std::chrono::seconds(30);
  options.kill_grace = std::chrono::seconds(2);
  options.on_stdout = [&](std::string_view line) {
    if (output.size() < kMost) output.append(line).append("\n");
  };
  const auto exit = runner.run(argv, options);
  if (!exit) return std::unexpected(exit.error());
  if (exit->timed_out) {
    return fail(
        fmt::format("cannot use '{}': {}: is the machine overloaded, or its disk without an "
                    "answer?",
                    printable(argv.front()), exit->describe()),
        ETIMEDOUT);
  }
  if (!exit->ok()) {
    return fail(fmt::format("cannot use '{}': {}", printable(argv.front()), how_it_ended(*exit)));
  }
  return output;
}

struct Program {
  std::string path;
  ProgramVersion version;
};

std::string what_was_found(const std::string& path, const ProgramVersion& version) {
  std::string what = fmt::format("'{}' is version {}", printable(path), printable(version.text));
  if (version.major == 0 && version.libavcodec == 0) what += " (libavcodec unknown)";
  if (version.major == 0 && version.libavcodec != 0) {
    what += fmt::format(" (libavcodec {})", version.libavcodec);
  }
  return what;
}

// The program if it is there and new enough; else what was found instead.
Result<Program> ask_version(const std::string& path, Runner& runner) {
  const auto output = output_of({path, "-version"}, runner);
  if (!output) return std::unexpected(output.error());
  auto version = parse_version(*output);
  if (!version) {
    return fail(fmt::format("cannot use '{}': {}", printable(path), version.error().message));
  }
  if (version->new_enough()) return Program{path, std::move(*version)};
  return fail(what_was_found(path, *version));
}

// A name is looked up in PATH, and its private twin stands in for it; a path is taken at its word.
Result<Program> find_program(std::string_view key, const std::string& configured,
                             const fs::path& private_twin, Runner& runner) {
  auto found = ask_version(configured, runner);
  if (found) return found;
  std::string what = found.error().message;
  if (found.error().errno_value == ETIMEDOUT) return fail(fmt::format("{}: {}", key, what));
  if (configured.find('/') == std::string::npos) {
    auto twin = ask_version(private_twin.native(), runner);
    if (twin) return twin;
    what += ", and " + twin.error().message;
  } else {
    what = fmt::format("{}: {}", key, what);
  }
  return fail(fmt::format("{}; FFmpeg >= 8.0 is needed: {}", what, kHowToGetIt));
}

// An ffmpeg that is new enough and yet of no use.
std::unexpected<Error> no_encoder(const Program& ffmpeg, const fs::path& private_dir) {
  return fail(fmt::format(
      "'{}' (version {}) has no AV1 encoder, neither libsvtav1, libaom-av1 nor librav1e; FFmpeg >= "
      "8.0 with one of them is needed: {} and set ffmpeg_path to '{}'",
      printable(ffmpeg.path), printable(ffmpeg.version.text), kHowToGetIt,
      printable((private_dir / "ffmpeg").native())));
}

}  // namespace

bool ProgramVersion::new_enough() const {
  return major > 0 ? major >= kNeededMajor : libavcodec >= kNeededLibavcodec;
}

Result<ProgramVersion> parse_version(std::string_view output) {
  auto first = take_line(output);
  const auto program = take_word(first);
  const bool ours = program == "ffmpeg" || program == "ffprobe";
  if (!ours || take_word(first) != "version") return fail("it does not answer like FFmpeg");
  ProgramVersion version;
  version.text = take_word(first);
  if (version.text.empty()) return fail("it does not tell its version");
  read_release(version);
  while (!output.empty()) {
    auto line = take_line(output);
    if (take_word(line) != "libavcodec") continue;
    auto number = take_word(line);
    version.libavcodec = take_number(number).value_or(0);
    break;
  }
  return version;
}

std::vector<Encoder> parse_encoders(std::string_view output) {
  std::vector<std::string_view> names;
  bool in_list = false;  // below the legend, which ends with " ------"
  while (!output.empty()) {
    auto line = take_line(output);
    const auto flags = take_word(line);
    if (flags == "------") {
      in_list = true;
    } else if (in_list && flags.size() == 6 && flags.front() == 'V') {
      names.push_back(take_word(line));
    }
  }
  std::vector<Encoder> available;
  std::ranges::copy_if(kEncoders, std::back_inserter(available), [&](Encoder encoder) {
    return std::ranges::find(names, ffmpeg_name(encoder)) != names.end();
  });
  return available;
}

Encoder choose_encoder(Encoder preferred, const std::vector<Encoder>& available) {
  const auto has = [&](Encoder encoder) {
    return std::ranges::find(available, encoder) != available.end();
  };
  return has(preferred) ? preferred : *std::ranges::find_if(kEncoders, has);
}

Result<Toolchain> find_toolchain(const Config& config, Runner& runner,
                                 const fs::path& private_dir) {
  auto ffmpeg = find_program("ffmpeg_path", config.ffmpeg_path, private_dir / "ffmpeg", runner);
  if (!ffmpeg) return std::unexpected(ffmpeg.error());
  const auto ffprobe =
      find_program("ffprobe_path", config.ffprobe_path, private_dir / "ffprobe", runner);
  if (!ffprobe) return std::unexpected(ffprobe.error());
  const auto listing =
      output_of({ffmpeg->path, "-hide_banner", "-v", "quiet", "-encoders"}, runner);
  if (!listing) return std::unexpected(listing.error());
  auto encoders = parse_encoders(*listing);
  if (encoders.empty()) return no_encoder(*ffmpeg, private_dir);
  return Toolchain{ffmpeg->path, ffprobe->path, std::move(ffmpeg->version), std::move(encoders)};
}

std::string_view ffmpeg_name(Encoder encoder) {
  switch (encoder) {
    case Encoder::svt:
      return "libsvtav1";
    case Encoder::aom:
      return "libaom-av1";
    case Encoder::rav1e:
      return "librav1e";
  }
  return {};
}

}  // namespace av1d
