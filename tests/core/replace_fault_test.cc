// Every changing system call of the replace fails once, and the daemon dies before every one of
// them: the film must be whole at each moment, and nothing of ours may stay.
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "replace_fixture.h"

using namespace av1d;
using namespace av1d::test;

namespace {

enum class Staging { rename, copy };
enum class Filesystem { full, no_rename_flags };

struct Variant {
  Naming naming;
  Keep keep;
  Staging staging;
  Filesystem filesystem;
};

std::vector<Variant> all_variants() {
  std::vector<Variant> all;
  for (const Naming naming : {Naming::in_place, Naming::new_name}) {
    for (const Keep keep : {Keep::no, Keep::orig}) {
      for (const Staging staging : {Staging::rename, Staging::copy}) {
        for (const Filesystem filesystem : {Filesystem::full, Filesystem::no_rename_flags}) {
          all.push_back({naming, keep, staging, filesystem});
        }
      }
    }
  }
  return all;
}

std::string describe(const Variant& variant) {
  return std::string(variant.naming == Naming::in_place ? "in place" : "new name") +
         (variant.keep == Keep::orig ? ", keep" : "") +
         (variant.staging == Staging::copy ? ", copy" : ", rename") +
         (variant.filesystem == Filesystem::full ? "" : ", no rename flags");
}

// A second link of the output is what makes the staging copy.
void prepare(const Library& library, const Variant& variant) {
  if (variant.staging == Staging::copy) {
    fs::create_hard_link(library.output, library.top() / "temp" / "second");
  }
}

int without_rename_flags(const Variant& variant, std::string_view call) {
  const bool flagged = call == "rename_exchange" || call == "rename_noreplace";
  return variant.filesystem == Filesystem::no_rename_flags && flagged ? EINVAL : 0;
}

// Calls `at` for the changing call number `position`.
void hook_at(const Variant& variant, int position, std::function<int(std::string_view)> at) {
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

std::vector<std::string> calls_of_replace(const Variant& variant) {
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

bool replace_dies_at(const Variant& variant, int position, Library& library) {
  const JournalFile file(library);
  return dies_at(variant, position, [&] {
    static_cast<void>(replace_original(library.request, library.output,
                                       [&](const ReplaceJournal& j) { return file.write(j); }));
  });
}

void check_end(const Library& library, const Recovery& recovery) {
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

std::string text_of(const std::expected<Replaced, Reason>& replaced) {
  if (!replaced) return replaced.error().text;
  std::string text;
  for (const auto& warning : replaced->warnings) text += warning + "\n";
  return text;
}

// Staging falls back to a copy, user attributes and the last sync only warn.
void check_after_fault(const Library& library, const std::expected<Replaced, Reason>& replaced,
                       int error) {
  INFO(text_of(replaced));
  CHECK(library.is_whole());
  CHECK(library.leftovers().empty());
  if (replaced) {
    CHECK(library.is_replaced());
    return;
  }
  CHECK(library.is_untouched());
  CHECK_THAT(replaced.error().text, ContainsSubstring(std::strerror(error)));
  if (error == ENOSPC) CHECK(replaced.error().code == ReasonCode::no_space);
  if (error == EIO) CHECK(replaced.error().code == ReasonCode::io_error);
}

}  // namespace

TEST_CASE("replace_original holds the whole film at every step", "[replace][fault]") {
  for (const Variant& variant : all_variants()) {
    INFO(describe(variant));
    Library library(variant.naming, variant.keep);
    prepare(library, variant);
    media_fs::set_hook([&](std::string_view call) {
      CHECK(library.is_whole());
      return without_rename_flags(variant, call);
    });
    CHECK(library.replace());
    CHECK(library.is_replaced());
  }
}

TEST_CASE("replace_original leaves the original and nothing else when a call fails once",
          "[replace][fault]") {
  for (const Variant& variant : all_variants()) {
    const auto calls = calls_of_replace(variant);
    for (int position = 0; position < static_cast<int>(calls.size()); ++position) {
      for (const int error : {ENOSPC, EIO, EXDEV, EPERM, EROFS}) {
        INFO(describe(variant) << ": call " << position << " (" << calls[std::size_t(position)]
                               << ") fails with " << std::strerror(error));
        Library library(variant.naming, variant.keep);
        prepare(library, variant);
        hook_at(variant, position, [error](std::string_view) { return error; });
        check_after_fault(library, library.replace(), error);
      }
    }
  }
}

TEST_CASE("replace_original keeps the film whole when every call fails from some point on",
          "[replace][fault]") {
  for (const Variant& variant : all_variants()) {
    const auto calls = calls_of_replace(variant);
    for (int position = 0; position < static_cast<int>(calls.size()); ++position) {
      INFO(describe(variant) << ": dead disk from call " << position);
      Library library(variant.naming, variant.keep);
      prepare(library, variant);
      media_fs::set_hook([&, count = 0](std::string_view call) mutable {
        return count++ >= position ? EIO : without_rename_flags(variant, call);
      });
      const auto replaced = library.replace();
      CHECK(library.is_whole());
      media_fs::set_hook({});
      if (!replaced && library.journal) check_end(library, recover(*library.journal));
    }
  }
}

TEST_CASE("recover finishes or undoes a replace that died before any of its calls",
          "[replace][fault]") {
  for (const Variant& variant : all_variants()) {
    int position = 0;
    for (;; ++position) {
      INFO(describe(variant) << ": dies before call " << position);
      Library library(variant.naming, variant.keep);
      prepare(library, variant);
      if (!replace_dies_at(variant, position, library)) break;
      CHECK(library.is_whole());
      const auto journal = JournalFile(library).read(library);
      if (!journal) {
        CHECK(remove_staging(library.request.source, library.request.job_id));
        CHECK(library.is_untouched());
        continue;
      }
      const Recovery first = recover(*journal);
      check_end(library, first);
      const Recovery second = recover(*journal);
      check_end(library, second);
      CHECK(first.what == second.what);
    }
    CHECK(position > 8);
  }
}

TEST_CASE("recover may itself die before any of its calls", "[replace][fault]") {
  for (const Variant& variant : all_variants()) {
    const int calls = static_cast<int>(calls_of_replace(variant).size());
    for (int position = 0; position < calls; ++position) {
      for (int again = 0;; ++again) {
        INFO(describe(variant) << ": dies before " << position << ", recovery before " << again);
        Library library(variant.naming, variant.keep);
        prepare(library, variant);
        REQUIRE(replace_dies_at(variant, position, library));
        const auto journal = JournalFile(library).read(library);
        if (!journal) break;
        if (!dies_at(variant, again, [&] { static_cast<void>(recover(*journal)); })) break;
        CHECK(library.is_whole());
        check_end(library, recover(*journal));
      }
    }
  }
}

TEST_CASE("preflight leaves nothing behind when a call fails once", "[replace][fault]") {
  for (const Variant& variant : all_variants()) {
    Library counted(variant.naming, variant.keep);
    const auto calls =
        calls_of(variant, [&] { CHECK(preflight(counted.request) == std::nullopt); });
    for (int position = 0; position < static_cast<int>(calls.size()); ++position) {
      for (const int error : {ENOSPC, EIO, EPERM, EROFS}) {
        INFO(describe(variant) << ": call " << position << " (" << calls[std::size_t(position)]
                               << ") fails with " << std::strerror(error));
        Library library(variant.naming, variant.keep);
        hook_at(variant, position, [error](std::string_view) { return error; });
        static_cast<void>(preflight(library.request));
        CHECK(library.is_untouched());
      }
    }
  }
}

TEST_CASE("remove_staging clears what a preflight that died left", "[replace][fault]") {
  const Variant variant{Naming::in_place, Keep::no, Staging::rename, Filesystem::full};
  for (int position = 0;; ++position) {
    Library library;
    if (!dies_at(variant, position, [&] { static_cast<void>(preflight(library.request)); })) break;
    CHECK(remove_staging(library.request.source, library.request.job_id));
    CHECK(library.is_untouched());
  }
}

TEST_CASE("replace_original gives a film that was written in between back to its owner",
          "[replace][fault]") {
  const std::string newer = "a newer version";
  for (const Variant& variant : all_variants()) {
    const auto calls = calls_of_replace(variant);
    int swap_call = 0;  // the last rename or link that finds S under its name
    for (int i = 0; i < static_cast<int>(calls.size()); ++i) {
      const std::string& call = calls[std::size_t(i)];
      const bool in_place = variant.naming == Naming::in_place;
      const bool full = variant.filesystem == Filesystem::full;
      if (in_place && (call == (full ? "rename_exchange" : "link"))) swap_call = i;
      if (!in_place && call == (full ? "rename_noreplace" : "rename")) swap_call = i;
    }
    if (variant.naming == Naming::new_name && variant.keep == Keep::orig) continue;  // .orig's
    INFO(describe(variant) << ": written before call " << swap_call);
    Library library(variant.naming, variant.keep);
    prepare(library, variant);
    hook_at(variant, swap_call, [&](std::string_view) {
      write_file(library.request.root / "upload", newer);
      fs::rename(library.request.root / "upload", library.request.source);
      return 0;
    });
    const auto replaced = library.replace();
    REQUIRE_FALSE(replaced);
    INFO(replaced.error().text);
    CHECK(replaced.error().code == ReasonCode::source_changed);
    CHECK(read_file(library.request.source) == newer);
    CHECK(library.leftovers().empty());
    CHECK((variant.naming == Naming::in_place || !fs::exists(library.request.final_path)));
  }
}

TEST_CASE("replace_original keeps the old file when somebody still writes to it",
          "[replace][fault]") {
  for (const Keep keep : {Keep::no, Keep::orig}) {
    Library library(Naming::in_place, keep);
    bool swapped = false;
    media_fs::set_hook([&](std::string_view call) {
      if (call == "rename_exchange") swapped = true;
      if (call == "fsync" && swapped && fs::exists(library.own(".old"))) {
        std::ofstream(library.own(".old"), std::ios::app) << "more";
        swapped = false;
      }
      return 0;
    });
    const auto replaced = library.replace();
    REQUIRE(replaced);
    REQUIRE(replaced->warnings.size() == 1);
    CHECK_THAT(replaced->warnings.front(), ContainsSubstring("still wrote to the original"));
    CHECK(read_file(library.request.final_path) == kEncodedBytes);
    CHECK(read_file(keep == Keep::orig ? library.orig() : library.own(".old")) ==
          kOriginalBytes + "more");
  }
}

TEST_CASE("replace_original refuses a filesystem with neither EXCHANGE nor links",
          "[replace][fault]") {
  Library library;
  media_fs::set_hook([](std::string_view call) {
    if (call == "link") return EPERM;
    return call.starts_with("rename_") ? EINVAL : 0;
  });
  const auto before = preflight(library.request);
  REQUIRE(before);
  CHECK(before->code == ReasonCode::fs_unsupported);
  const auto replaced = library.replace();
  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().code == ReasonCode::fs_unsupported);
  CHECK(library.is_untouched());
}

TEST_CASE("preflight accepts a filesystem that can exchange but not link", "[replace][fault]") {
  for (const Naming naming : {Naming::in_place, Naming::new_name}) {
    Library library(naming);
    media_fs::set_hook([](std::string_view call) { return call == "link" ? EPERM : 0; });
    CHECK(preflight(library.request) == std::nullopt);
    CHECK(library.is_untouched());
  }
}

TEST_CASE("recover leaves what the journal does not explain", "[replace][fault]") {
  const Variant variant{Naming::in_place, Keep::no, Staging::rename, Filesystem::full};
  Library library;
  int position = 0;  // until the journal is there
  while (!JournalFile(library).read(library)) {
    static_cast<void>(remove_staging(library.request.source, library.request.job_id));
    write_file(library.output, kEncodedBytes);
    REQUIRE(replace_dies_at(variant, position++, library));
  }
  const auto journal = *JournalFile(library).read(library);
  fs::remove(journal.staged);
  write_file(journal.staged, "something else");
  const Recovery recovery = recover(journal);
  CHECK(recovery.what == Recovery::What::unexplained);
  CHECK(read_file(journal.staged) == "something else");
  CHECK(read_file(library.request.source) == kOriginalBytes);
}

TEST_CASE("recover touches nothing when the library is not there", "[replace][fault]") {
  const ReplaceJournal journal{.source = "/nonexistent/film.mkv",
                               .final_path = "/nonexistent/film.mkv",
                               .staged = "/nonexistent/.av1d-1.tmp",
                               .old_name = "/nonexistent/.av1d-1.old",
                               .keep_original = false,
                               .original = {},
                               .staged_stamp = {}};
  CHECK(recover(journal).what == Recovery::What::unexplained);
}

TEST_CASE("remove_staging never removes a file that is the job's original", "[replace][fault]") {
  Library library;
  fs::rename(library.request.source, library.own(".tmp"));  // exchanged, and the journal was lost
  fs::permissions(library.own(".tmp"), fs::perms(0600));
  write_file(library.request.source, kEncodedBytes);
  CHECK_FALSE(remove_staging(library.request.source, library.request.job_id));
  CHECK(read_file(library.own(".tmp")) == kOriginalBytes);
}
