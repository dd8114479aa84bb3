// Small films made with the real FFmpeg. Each is made once per user and recipe and kept in a
// directory of the system's temporary one, so that a test that wants a clip usually copies a file.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "av1d/startup.h"
#include "av1d/text.h"
#include "support/catch.h"
#include "support/process.h"
#include "support/temp_dir.h"

namespace av1d::test {

namespace fs = std::filesystem;

struct Tools {
  std::string ffmpeg, ffprobe, version;
};

inline std::optional<Tools> tools_in(const fs::path& directory) {
  Tools tools{directory / "ffmpeg", directory / "ffprobe", {}};
  if (::access(tools.ffmpeg.c_str(), X_OK) != 0 || ::access(tools.ffprobe.c_str(), X_OK) != 0) {
    return std::nullopt;
  }
  const auto version = parse_version(run({tools.ffmpeg, "-version"}).out);
  if (!version || !version->new_enough()) return std::nullopt;
  tools.version = version->text;
  return tools;
}

// AV1D_FFMPEG_DIR, the private one, PATH: the first that is FFmpeg >= 8.
inline const std::optional<Tools>& find_tools() {
  static const std::optional<Tools> kTools = []() -> std::optional<Tools> {
    if (const char* named = std::getenv("AV1D_FFMPEG_DIR")) return tools_in(named);
    if (auto tools = tools_in(kPrivateFfmpegDir)) return tools;
    std::string path = std::getenv("PATH") == nullptr ? "" : std::getenv("PATH");
    for (std::size_t from = 0; from < path.size();) {
      const std::size_t end = std::min(path.find(':', from), path.size());
      if (auto tools = tools_in(path.substr(from, end - from))) return tools;
      from = end + 1;
    }
    return std::nullopt;
  }();
  return kTools;
}

inline const Tools& tools() {
  if (!find_tools()) throw std::runtime_error("no FFmpeg >= 8");
  return *find_tools();
}

#define AV1D_NEEDS_FFMPEG()                                                                   \
  do {                                                                                        \
    if (!av1d::test::find_tools()) AV1D_SKIP("no FFmpeg >= 8 found (AV1D_FFMPEG_DIR, PATH)"); \
  } while (false)

// ---- The cache ----------------------------------------------------------------------------------

// Ours alone: others may write in the system's temporary directory.
inline const fs::path& cache_directory() {
  static const fs::path kDirectory = [] {
    const fs::path path = fs::temp_directory_path() / ("av1d-clips-" + std::to_string(::geteuid()));
    struct stat info {};
    const bool made = ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST;
    const bool ours = made && ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
                      info.st_uid == ::geteuid() && (info.st_mode & 0022U) == 0;
    if (!ours) throw std::runtime_error("cannot use '" + path.string() + "' for clips");
    return path;
  }();
  return kDirectory;
}

// Something a recipe needs as a file: subtitles, chapters, a font.
inline std::string material(std::string_view extension, std::string_view text) {
  const fs::path path = cache_directory() / (fnv1a_hex(text) + "." + std::string(extension));
  if (fs::exists(path)) return path;
  const fs::path draft = path.string() + "." + std::to_string(::getpid());
  write_file(draft, text);
  fs::rename(draft, path);
  return path;
}

// The file that `ffmpeg RECIPE... OUT.extension` makes.
inline fs::path clip(const std::string& extension, const Words& recipe) {
  std::string key = tools().version;
  for (const auto& word : recipe) key += '\n' + word;
  const fs::path path = cache_directory() / (fnv1a_hex(key) + "." + extension);
  if (fs::exists(path)) return path;
  const fs::path draft =
      cache_directory() / ("draft-" + std::to_string(::getpid()) + "." + extension);
  Words argv = {tools().ffmpeg, "-hide_banner", "-nostdin", "-v", "error", "-y"};
  argv.insert(argv.end(), recipe.begin(), recipe.end());
  argv.push_back(draft);
  const Finished made = run(argv);
  if (!made.ok()) throw std::runtime_error("cannot make a clip: " + made.err);
  fs::rename(draft, path);
  return path;
}

// ---- Recipes ------------------------------------------------------------------------------------

inline Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

inline Words picture(const std::string& seconds = "1", const std::string& rate = "24") {
  return {"-f", "lavfi", "-i", "testsrc2=s=320x180:r=" + rate + ":d=" + seconds};
}
inline Words tone(const std::string& hertz = "440", const std::string& seconds = "1") {
  return {"-f", "lavfi", "-i", "sine=f=" + hertz + ":r=48000:d=" + seconds};
}
// So many bits that any AV1 version is smaller.
inline const Words kH264 = {"-c:v",  "libx264", "-preset",  "ultrafast",
                            "-qp:v", "8",       "-pix_fmt", "yuv420p"};

// The plainest film: h264 and aac, one second.
inline fs::path plain_clip(const std::string& extension = "mkv") {
  return clip(extension, picture() + tone() + kH264 + Words{"-c:a", "aac"});
}
// Half of that, for tests that need many.
inline fs::path short_clip() {
  return clip("mkv", picture("0.5") + tone("440", "0.5") + kH264 + Words{"-c:a", "aac"});
}
inline fs::path long_clip() {
  return clip("mkv", picture("6") + tone("440", "6") + kH264 + Words{"-c:a", "aac"});
}
inline fs::path cover_picture() {
  return clip("png", {"-f", "lavfi", "-i", "testsrc=s=60x90", "-frames:v", "1"});
}

}  // namespace av1d::test
