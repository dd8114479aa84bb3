// A library of films with a configuration of its own, and av1d run over it as its owner would.
#pragma once

#include <sys/stat.h>
#include <sys/xattr.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "av1d/config.h"
#include "av1d/job_store.h"
#include "e2e/clips.h"
#include "e2e/media.h"

namespace av1d::test {

inline std::string program() {
  const char* named = std::getenv("AV1D_PROGRAM");
  return named == nullptr ? AV1D_PROGRAM : named;
}

inline std::int64_t mtime_of(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return -1;
  return info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
}
inline unsigned mode_of(const fs::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0U;
}

// Everything below a directory: name -> kind, mode, size, time and content.
using Snapshot = std::map<std::string, std::string>;

inline Snapshot snapshot(const fs::path& root) {
  Snapshot all;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(root, error)) {
    const fs::path& path = entry.path();
    std::string text = std::to_string(mode_of(path)) + " " + std::to_string(mtime_of(path));
    if (entry.is_regular_file()) {
      text += " " + std::to_string(entry.file_size()) + " " + fnv1a_hex(read_file(path));
    }
    all[printable(path.lexically_relative(root).native())] = text;
  }
  return all;
}

// What is new, gone or other; the times of directories are let go where a file came and went.
inline Words changes(const Snapshot& before, const Snapshot& after) {
  Words lines;
  for (const auto& [name, text] : before) {
    const auto now = after.find(name);
    if (now == after.end()) {
      lines.push_back("gone: " + name);
    } else if (now->second != text) {
      lines.push_back("changed: " + name + ": " + text + " -> " + now->second);
    }
  }
  for (const auto& [name, text] : after) {
    if (!before.contains(name)) lines.push_back("new: " + name);
  }
  return lines;
}

class Library {
 public:
  Library() {
    fs::create_directories(root());
    config.library_roots = {root()};
    config.min_bytes = 0;
    config.stability_secs = 0;
    config.job_state_dir = state() / "jobs";
    config.temp_output_dir = state() / "temp";
    config.quality_tier = QualityTier::high;
    if (const auto& found = find_tools()) {
      config.ffmpeg_path = found->ffmpeg;
      config.ffprobe_path = found->ffprobe;
    }
  }

  Config config;

  const fs::path& home() const { return home_.path(); }  // of all of it
  fs::path root() const { return home_ / "lib"; }
  fs::path state() const { return home_ / "state"; }
  fs::path operator/(const std::string& name) const { return root() / name; }

  fs::path add(const fs::path& name, const fs::path& clip) const {
    const fs::path path = root() / name;
    fs::create_directories(path.parent_path());
    fs::copy_file(clip, path, fs::copy_options::overwrite_existing);
    return path;
  }

  // An executable script in place of ffmpeg or ffprobe; "@ffmpeg@" in it is the real one.
  std::string script(const std::string& name, std::string text) const {
    for (const auto& [word, value] :
         {std::pair{"@ffmpeg@", tools().ffmpeg}, std::pair{"@ffprobe@", tools().ffprobe}}) {
      for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos;) {
        text.replace(at, std::string_view(word).size(), value);
      }
    }
    const fs::path path = write_file(home_ / "bin" / name, "#!/bin/sh\n" + text);
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }
  // An ffmpeg that does `text` when it is to encode and is the real one for all else.
  void encode_with(const std::string& text) {
    config.ffmpeg_path = script(
        "ffmpeg", "case \" $* \" in *libsvtav1*)\n" + text + "\n;; esac\nexec @ffmpeg@ \"$@\"\n");
  }

  Words command(const Words& words) const {
    write_file(home_ / "config.toml", format_config(config));
    return Words{program(), "--config", home_ / "config.toml"} + words;
  }
  // Nothing of the test's own environment decides what the program does.
  Surroundings surroundings() const { return {home(), {{"AV1D_LOG", ""}, {"JOURNAL_STREAM", ""}}}; }
  Finished av1d(const Words& words) const { return run(command(words), surroundings()); }
  Finished once() const { return av1d({"--once"}); }

  // Every job file; one that cannot be read fails the test.
  std::vector<Job> jobs() const {
    std::vector<Job> all;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(config.job_state_dir, error)) {
      if (entry.path().extension() != ".json") continue;
      auto job = parse_job(read_file(entry.path()));
      INFO(entry.path());
      CHECK(job.has_value());
      if (job) all.push_back(*std::move(job));
    }
    return all;
  }
  // The newest job of a file; an empty one where there is none.
  Job job(const fs::path& path) const {
    Job newest;
    for (auto& job : jobs()) {
      if (job.source_path == path && job.updated_at >= newest.updated_at) newest = std::move(job);
    }
    return newest;
  }
  std::string verdict(const fs::path& path) const {
    const Job found = job(path);
    if (found.id.empty()) return "no job";
    return std::string(to_string(found.status)) +
           (found.reason ? " " + std::string(to_string(found.reason->code)) : "");
  }
  std::string why(const fs::path& path) const { return read_file(path.native() + ".why.txt"); }

  // Names of the daemon's own anywhere in the library, and all that lies in temp.
  Words leftovers() const {
    Words found;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(home(), error)) {
      const std::string name = entry.path().filename();
      const bool in_temp = entry.path().parent_path() == config.temp_output_dir;
      if (in_temp || name.starts_with(".av1d-")) found.push_back(printable(entry.path().native()));
    }
    return found;
  }

 private:
  TempDir home_;
};

}  // namespace av1d::test
