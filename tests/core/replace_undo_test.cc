// The way back: what it refuses, what it does at each failing call, and what a dead daemon leaves.
#include "undo_fixture.h"

using namespace av1d;
using namespace av1d::test;

namespace {

void check_refused_untouched(ReplacedFilm& film, ReasonCode code, const std::string& part) {
  const auto undone = film.undo();
  REQUIRE_FALSE(undone);
  INFO(undone.error().text);
  CHECK(undone.error().code == code);
  CHECK_THAT(undone.error().text, ContainsSubstring(part));
  CHECK_THAT(undone.error().text, ContainsSubstring("nothing was changed"));
  CHECK_FALSE(film.journal);
  CHECK(film.library.leftovers().empty());
}

// Whatever failed: the undo is done, or not begun, or its journal leads to one of the two.
void check_after(ReplacedFilm& film, const std::expected<Undone, Reason>& undone) {
  INFO((undone ? undone->note : undone.error().text));
  CHECK(film.is_safe());
  if (undone && undone->settled) {
    CHECK(film.is_undone());
    return;
  }
  media_fs::set_hook({});
  if (film.journal) {
    const Recovery recovery = recover(*film.journal);
    INFO(recovery.note);
    CHECK(recovery.what ==
          (undone || film.is_undone() ? Recovery::What::undone : Recovery::What::finished));
  }
  CHECK((film.is_undone() || film.library.is_replaced()));
  if (undone) CHECK(film.is_undone());
}

}  // namespace

TEST_CASE("undo_replace brings the original back as it was and removes the encode", "[undo]") {
  for (const Naming naming : {Naming::in_place, Naming::new_name}) {
    ReplacedFilm film(naming);
    const FileStamp kept = stamp_of(film.library.orig()).value();
    const auto undone = film.undo();
    REQUIRE(undone);
    CHECK(undone->settled);
    CHECK(film.is_undone());
    const FileStamp back = stamp_of(film.request.source).value();
    CHECK(same_version(back, kept));
    CHECK(job_id(film.request.source, back) == film.request.job_id);
  }
}

TEST_CASE("undo_replace refuses what is not the recorded original", "[undo]") {
  for (const Naming naming : {Naming::in_place, Naming::new_name}) {
    ReplacedFilm film(naming);
    write_file(film.library.orig(), "somebody's own .orig");
    check_refused_untouched(film, ReasonCode::source_changed, "is not the kept original");
    CHECK(read_file(film.library.orig()) == "somebody's own .orig");
    fs::remove(film.library.orig());
    check_refused_untouched(film, ReasonCode::source_changed, "is not there");
    fs::create_symlink("/etc/passwd", film.library.orig());
    check_refused_untouched(film, ReasonCode::source_changed, "is not the kept original");
  }
}

TEST_CASE("undo_replace refuses when the film is not the file that av1d made", "[undo]") {
  for (const Naming naming : {Naming::in_place, Naming::new_name}) {
    ReplacedFilm film(naming);
    write_file(film.request.result.path, "a remux of the encode");
    check_refused_untouched(film, ReasonCode::source_changed, "is not the file av1d made");
    CHECK(read_file(film.request.result.path) == "a remux of the encode");
    fs::remove(film.request.result.path);
    check_refused_untouched(film, ReasonCode::source_changed, "is not there");
    CHECK(read_file(film.library.orig()) == kOriginalBytes);
  }
}

TEST_CASE("undo_replace refuses when another film has the original's name", "[undo]") {
  ReplacedFilm film(Naming::new_name);
  write_file(film.request.source, "a new download");
  check_refused_untouched(film, ReasonCode::name_taken, "exists");
  CHECK(read_file(film.request.source) == "a new download");
}

TEST_CASE("undo_replace refuses while a leftover of ours is in the way", "[undo]") {
  ReplacedFilm film;
  write_file(film.library.own(".old"), "left");
  const auto undone = film.undo();
  REQUIRE_FALSE(undone);
  CHECK(undone.error().code == ReasonCode::name_taken);
  CHECK(read_file(film.library.own(".old")) == "left");
  CHECK(film.library.is_whole());
}

TEST_CASE("undo_replace changes nothing when its journal cannot be written", "[undo][fault]") {
  ReplacedFilm film;
  const auto undone = undo_replace(film.request, [](const ReplaceJournal&) -> Status {
    return fail_errno("write", "job", ENOSPC);
  });
  REQUIRE_FALSE(undone);
  CHECK(undone.error().code == ReasonCode::no_space);
  CHECK(film.library.is_replaced());
}

TEST_CASE("undo_replace holds the whole film at every step", "[undo][fault]") {
  for (const Variant& variant : undo_variants()) {
    INFO(describe(variant));
    ReplacedFilm film(variant.naming);
    media_fs::set_hook([&](std::string_view call) {
      CHECK(film.is_safe());
      return without_rename_flags(variant, call);
    });
    CHECK(film.undo());
    CHECK(film.is_undone());
  }
}

TEST_CASE("undo_replace ends well or not at all when a call fails once", "[undo][fault]") {
  for (const Variant& variant : undo_variants()) {
    const auto calls = calls_of_undo(variant);
    REQUIRE(calls.size() >= 4);
    for (int position = 0; position < static_cast<int>(calls.size()); ++position) {
      for (const int error : {ENOSPC, EIO, EXDEV, EPERM, EROFS}) {
        INFO(describe(variant) << ": call " << position << " (" << calls[std::size_t(position)]
                               << ") fails with " << std::strerror(error));
        ReplacedFilm film(variant.naming);
        hook_at(variant, position, [error](std::string_view) { return error; });
        const auto undone = film.undo();
        if (!undone) CHECK_THAT(undone.error().text, ContainsSubstring(std::strerror(error)));
        if (undone && !undone->settled) {
          CHECK_THAT(undone->note, ContainsSubstring(std::strerror(error)));
        }
        check_after(film, undone);
      }
    }
  }
}

TEST_CASE("undo_replace keeps the film when every call fails from some point on", "[undo][fault]") {
  for (const Variant& variant : undo_variants()) {
    const auto calls = calls_of_undo(variant);
    for (int position = 0; position < static_cast<int>(calls.size()); ++position) {
      INFO(describe(variant) << ": dead disk from call " << position);
      ReplacedFilm film(variant.naming);
      media_fs::set_hook([&, count = 0](std::string_view call) mutable {
        return count++ >= position ? EIO : without_rename_flags(variant, call);
      });
      const auto undone = film.undo();
      check_after(film, undone);
    }
  }
}

TEST_CASE("recover finishes an undo that died before any of its calls, or lets it be",
          "[undo][recover]") {
  for (const Variant& variant : undo_variants()) {
    const int calls = static_cast<int>(calls_of_undo(variant).size());
    for (int position = 0; position < calls; ++position) {
      for (int again = 0;; ++again) {  // the recovery dies as well
        INFO(describe(variant) << ": dies before " << position << ", recovery before " << again);
        ReplacedFilm film(variant.naming);
        // The journal is as the dead child wrote it: the stamps are those of the library now.
        REQUIRE_FALSE(undo_replace(film.request, [&](const ReplaceJournal& journal) -> Status {
          film.journal = journal;
          return fail("not yet");
        }));
        REQUIRE(dies_at(variant, position, [&] { static_cast<void>(film.undo()); }));
        CHECK(film.is_safe());
        const bool died =
            dies_at(variant, again, [&] { static_cast<void>(recover(*film.journal)); });
        CHECK(film.is_safe());
        const Recovery first = recover(*film.journal);
        INFO(first.note);
        const bool undone = first.what == Recovery::What::undone;
        CHECK((undone ? film.is_undone() : film.library.is_replaced()));
        CHECK((undone || first.what == Recovery::What::finished));
        if (!undone) CHECK(first.result == film.request.result);
        CHECK(recover(*film.journal).what == first.what);
        if (!died) break;
      }
    }
  }
}

TEST_CASE("undo_replace gives a film that was written in between back to its owner",
          "[undo][fault]") {
  for (const Variant& variant : undo_variants()) {
    INFO(describe(variant));
    const std::string newer = "a newer version";
    ReplacedFilm film(variant.naming);
    const bool in_place = variant.naming == Naming::in_place;
    media_fs::set_hook([&, done = false](std::string_view call) mutable {
      const bool swaps = call.starts_with("rename") || call == "link";
      const bool due =
          film.journal && swaps && !done && (in_place || !fs::exists(film.library.orig()));
      if (due) {
        done = true;
        write_file(film.library.request.root / "upload", newer);
        fs::rename(film.library.request.root / "upload", film.request.result.path);
      }
      return without_rename_flags(variant, call);
    });
    const auto undone = film.undo();
    INFO((undone ? undone->note : undone.error().text));
    CHECK(read_file(film.request.result.path) == newer);
    if (in_place) {
      REQUIRE_FALSE(undone);
      CHECK(undone.error().code == ReasonCode::source_changed);
      CHECK(read_file(film.library.orig()) == kOriginalBytes);
    } else {
      CHECK(read_file(film.request.source) == kOriginalBytes);
    }
  }
}

TEST_CASE("recover leaves an undo whose files are others now", "[undo][recover]") {
  ReplacedFilm film;
  REQUIRE_FALSE(undo_replace(film.request, [&](const ReplaceJournal& journal) -> Status {
    film.journal = journal;
    return fail("not yet");
  }));
  write_file(film.request.source, "another film");
  CHECK(recover(*film.journal).what == Recovery::What::unexplained);
  CHECK(read_file(film.request.source) == "another film");
  CHECK(read_file(film.library.orig()) == kOriginalBytes);
}

// ---- Kept originals that have had their time ----------------------------------------------------

TEST_CASE("remove_kept_original removes the recorded original alone", "[undo][kept]") {
  for (const Naming naming : {Naming::in_place, Naming::new_name}) {
    ReplacedFilm film(naming);
    const ResultStamp kept = kept_original(*film.library.journal).value();
    CHECK(kept.path == film.library.orig());
    CHECK(remove_kept_original(kept, film.request.result));
    CHECK_FALSE(fs::exists(film.library.orig()));
    CHECK(read_file(film.request.result.path) == kEncodedBytes);
    CHECK(remove_kept_original(kept, film.request.result).error().errno_value == ENOENT);
  }
}

TEST_CASE("remove_kept_original leaves a stranger's file and an original that is all there is",
          "[undo][kept]") {
  ReplacedFilm film;
  const ResultStamp kept = kept_original(*film.library.journal).value();
  SECTION("another .orig") {
    write_file(film.library.orig(), "somebody's own");
  }
  SECTION("the encode was changed") {
    write_file(film.request.result.path, "edited");
  }
  SECTION("the encode is gone") {
    fs::remove(film.request.result.path);
  }
  SECTION("the encode is a link now") {
    fs::remove(film.request.result.path);
    fs::create_symlink(film.library.orig(), film.request.result.path);
  }
  const std::string before = read_file(film.library.orig());
  const Status removed = remove_kept_original(kept, film.request.result);
  REQUIRE_FALSE(removed);
  CHECK(removed.error().errno_value == 0);
  CHECK(read_file(film.library.orig()) == before);
}

TEST_CASE("a replace that keeps no original has none to remove", "[undo][kept]") {
  Library library;
  REQUIRE(library.replace());
  CHECK_FALSE(kept_original(*library.journal));
}
