// A library with one film and an encode of it, for the tests of the replace protocol.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "av1d/replace.h"
#include "av1d/scan.h"
#include "core/media_fs.h"
#include "support/catch.h"
#include "support/temp_dir.h"

namespace av1d::test {

enum class Naming { in_place, new_name };
enum class Keep { no, orig };

inline const std::string kOriginalBytes(3000, 'o');
inline const std::string kEncodedBytes(1000, 'e');

class Library {
 public:
  explicit Library(Naming naming = Naming::in_place, Keep keep = Keep::no) {
    const char* name = naming == Naming::in_place ? "film.mkv" : "film.avi";
    request.source = write_file(root_ / "lib" / name, kOriginalBytes);
    request.final_path = root_ / "lib" / "film.mkv";
    request.root = root_ / "lib";
    request.keep_original = keep == Keep::orig;
    output = write_file(root_ / "temp" / "out.mkv", kEncodedBytes);
    probe_again();
  }
  ~Library() { media_fs::set_hook({}); }

  // As the pipeline does before it encodes.
  void probe_again() {
    request.probed = stamp_of(request.source).value();
    request.job_id = job_id(request.source, request.probed);
  }

  auto replace() {
    return replace_original(request, output, [this](const ReplaceJournal& written) -> Status {
      journal = written;
      return {};
    });
  }

  fs::path own(const std::string& suffix) const {
    return request.root / (".av1d-" + request.job_id + suffix);
  }
  fs::path orig() const { return request.source.native() + ".orig"; }
  const fs::path& top() const { return root_.path(); }

  std::vector<std::string> leftovers() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(request.root)) {
      const std::string name = entry.path().filename();
      if (name.starts_with(".av1d-")) names.push_back(name);
    }
    return names;
  }

  // The promise: the film is there, whole, under its old name or its new one.
  bool is_whole() const {
    bool any = false;
    for (const fs::path& path : {request.source, request.final_path}) {
      if (!fs::exists(path)) continue;
      const std::string bytes = read_file(path);
      if (bytes != kOriginalBytes && bytes != kEncodedBytes) return false;
      any = true;
    }
    return any;
  }

  bool is_untouched() const {
    const bool in_place = request.source == request.final_path;
    return fs::exists(request.source) && read_file(request.source) == kOriginalBytes &&
           (in_place || !fs::exists(request.final_path)) && leftovers().empty() &&
           !fs::exists(orig());
  }

  bool is_replaced() const {
    const bool in_place = request.source == request.final_path;
    const bool kept = fs::exists(orig()) && read_file(orig()) == kOriginalBytes;
    return fs::exists(request.final_path) && read_file(request.final_path) == kEncodedBytes &&
           (in_place || !fs::exists(request.source)) && leftovers().empty() &&
           (request.keep_original ? kept : !fs::exists(orig()));
  }

 private:
  TempDir root_;

 public:
  ReplaceRequest request;
  fs::path output;
  std::optional<ReplaceJournal> journal;
};

inline struct stat status_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

inline bool is_root() {
  return ::geteuid() == 0;
}

inline void check_refused(const std::expected<Replaced, Reason>& replaced, ReasonCode code) {
  REQUIRE_FALSE(replaced);
  INFO(replaced.error().text);
  CHECK(replaced.error().code == code);
}

inline void check_refused(const std::optional<Reason>& reason, ReasonCode code) {
  REQUIRE(reason);
  INFO(reason->text);
  CHECK(reason->code == code);
}

}  // namespace av1d::test
