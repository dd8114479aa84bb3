// The daemon dies before every changing system call of a replace, and of the recovery after it.
#include "replace_faults.h"

using namespace av1d;
using namespace av1d::test;

TEST_CASE("recover finishes or undoes a replace that died before any of its calls",
          "[replace][recover]") {
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

TEST_CASE("recover may itself die before any of its calls", "[replace][recover]") {
  for (const Variant& variant : all_variants()) {
    if (variant.staging == Staging::copy) continue;  // the same from the journal on
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

TEST_CASE("remove_staging clears what a preflight that died left", "[replace][recover]") {
  const Variant variant{Naming::in_place, Keep::no, Staging::rename, Filesystem::full};
  for (int position = 0;; ++position) {
    Library library;
    if (!dies_at(variant, position, [&] { static_cast<void>(preflight(library.request)); })) break;
    CHECK(remove_staging(library.request.source, library.request.job_id));
    CHECK(library.is_untouched());
  }
}

TEST_CASE("recover leaves what the journal does not explain", "[replace][recover]") {
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

TEST_CASE("recover touches nothing when the library is not there", "[replace][recover]") {
  const ReplaceJournal journal{.source = "/nonexistent/film.mkv",
                               .final_path = "/nonexistent/film.mkv",
                               .staged = "/nonexistent/.av1d-1.tmp",
                               .old_name = "/nonexistent/.av1d-1.old",
                               .keep_original = false,
                               .original = {},
                               .staged_stamp = {}};
  CHECK(recover(journal).what == Recovery::What::unexplained);
}

TEST_CASE("remove_staging never removes a file that is the job's original", "[replace][recover]") {
  Library library;
  fs::rename(library.request.source, library.own(".tmp"));  // exchanged, and the journal was lost
  fs::permissions(library.own(".tmp"), fs::perms(0600));
  write_file(library.request.source, kEncodedBytes);
  CHECK_FALSE(remove_staging(library.request.source, library.request.job_id));
  CHECK(read_file(library.own(".tmp")) == kOriginalBytes);
}
