// Ways to hurt a replace: a call that fails, a filesystem that lacks something, a daemon that dies.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "replace_fixture.h"

namespace av1d::test {

enum class Staging { rename, copy };
enum class Filesystem { full, no_rename_flags };

struct Variant {
  Naming naming;
  Keep keep;
  Staging staging;
  Filesystem filesystem;
};

// Where rename has no flags the staging copies anyway.
inline std::vector<Variant> all_variants() {
  std::vector<Variant> all;
  for (const Naming naming : {Naming::in_place, Naming::new_name}) {
    for (const Keep keep : {Keep::no, Keep::orig}) {
      all.push_back({naming, keep, Staging::rename, Filesystem::full});
      all.push_back({naming, keep, Staging::rename, Filesystem::no_rename_flags});
    }
    all.push_back({naming, Keep::no, Staging::copy, Filesystem::full});
  }
  return all;
}

inline std::string describe(const Variant& variant) {
  return std::string(variant.naming == Naming::in_place ? "in place" : "new name") +
         (variant.keep == Keep::orig ? ", keep" : "") +
         (variant.staging == Staging::copy ? ", copy" : ", rename") +
         (variant.filesystem == Filesystem::full ? "" : ", no rename flags");
}

// A second link of the output is what makes the staging copy.
inline void prepare(const Library& library, const Variant& variant) {
  if (variant.staging == Staging::copy) {
    fs::create_hard_link(library.output, library.top() / "temp" / "second");
  }
}

inline int without_rename_flags(const Variant& variant, std::string_view call) {
  if (call == "fsync") return media_fs::kPretend;
  const bool flagged = call == "rename_exchange" || call == "rename_noreplace";
  return variant.filesystem == Filesystem::no_rename_flags && flagged ? EINVAL : 0;
}

// Calls `at` for the changing call number `position`.
inline void hook_at(const Variant& variant, int position, std::function<int(std::string_view)> at) {
  media_fs::set_hook([variant, position, at, count = 0](std::string_view call) mutable {
    if (count++ == position) {
      if (const int error = at(call); error != 0) return error;
    }
    return without_rename_flags(variant, call);
  });
}

template <class Action>
std::vector<std::string> calls_of(const Variant& variant, Action action) {
  std::vector<std::string> calls;
  media_fs::set_hook([&](std::string_view call) {
    calls.emplace_back(call);
    return without_rename_flags(variant, call);
  });
  action();
  media_fs::set_hook({});
  return calls;
}

inline std::vector<std::string> calls_of_replace(const Variant& variant) {
  Library library(variant.naming, variant.keep);
  prepare(library, variant);
  return calls_of(variant, [&] {
    const auto replaced = library.replace();
    INFO((replaced ? "" : replaced.error().text));
    REQUIRE(replaced);
    REQUIRE(library.is_replaced());
  });
}

// Runs `action` in a child that dies before its changing call number `position`. False when it came
// to its end without.
template <class Action>
bool dies_at(const Variant& variant, int position, Action action) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    hook_at(variant, position, [](std::string_view) -> int { ::_exit(1); });
    action();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status) == 1;
}

// The journal as the dead child left it on the disk.
class JournalFile {
 public:
  explicit JournalFile(const Library& library) : path_(library.top() / "journal") {}

  Status write(const ReplaceJournal& journal) const {
    const auto& stamp = journal.staged_stamp;
    std::ofstream(path_) << stamp.device << ' ' << stamp.inode << ' ' << stamp.size_bytes << ' '
                         << stamp.mtime_ns;
    return {};
  }
  std::optional<ReplaceJournal> read(const Library& library) const {
    std::ifstream in(path_);
    ReplaceJournal journal{.source = library.request.source,
                           .final_path = library.request.final_path,
                           .staged = library.own(".tmp"),
                           .old_name = library.own(".old"),
                           .keep_original = library.request.keep_original,
                           .original = library.request.probed,
                           .staged_stamp = {}};
    auto& stamp = journal.staged_stamp;
    if (!(in >> stamp.device >> stamp.inode >> stamp.size_bytes >> stamp.mtime_ns)) {
      return std::nullopt;
    }
    return journal;
  }

 private:
  fs::path path_;
};

inline bool replace_dies_at(const Variant& variant, int position, Library& library) {
  const JournalFile file(library);
  return dies_at(variant, position, [&] {
    static_cast<void>(replace_original(library.request, library.output,
                                       [&](const ReplaceJournal& j) { return file.write(j); }));
  });
}

inline void check_end(const Library& library, const Recovery& recovery) {
  INFO(recovery.note);
  REQUIRE(recovery.what != Recovery::What::unexplained);
  if (recovery.what == Recovery::What::undone) {
    CHECK(library.is_untouched());
    return;
  }
  CHECK(library.is_replaced());
  REQUIRE(recovery.result);
  const FileStamp stamp = stamp_of(library.request.final_path).value();
  CHECK(recovery.result->path == library.request.final_path);
  CHECK(recovery.result->size_bytes == stamp.size_bytes);
  CHECK(recovery.result->mtime_ns == stamp.mtime_ns);
}

}  // namespace av1d::test
