// A film that was replaced and whose original was kept, for the tests of the way back.
#pragma once

#include "replace_faults.h"

namespace av1d::test {

class ReplacedFilm {
 public:
  explicit ReplacedFilm(Naming naming = Naming::in_place) : library(naming, Keep::orig) {
    const auto replaced = library.replace();
    REQUIRE(replaced);
    request = {.job_id = library.request.job_id,
               .source = library.request.source,
               .original = library.request.probed,
               .result = replaced->result};
    REQUIRE(library.is_replaced());
  }

  auto undo() {
    return undo_replace(request, [this](const ReplaceJournal& written) -> Status {
      journal = written;
      return {};
    });
  }

  bool is_undone() const {
    const bool in_place = request.source == request.result.path;
    return fs::exists(request.source) && read_file(request.source) == kOriginalBytes &&
           (in_place || !fs::exists(request.result.path)) && !fs::exists(library.orig()) &&
           library.leftovers().empty();
  }

  // The promise of the way back: the film is there, and its original is never lost.
  bool is_safe() const {
    for (const fs::path& path : {request.source, library.orig()}) {
      if (fs::exists(path) && read_file(path) == kOriginalBytes) return library.is_whole();
    }
    return false;
  }

  Library library;
  UndoRequest request;
  std::optional<ReplaceJournal> journal;
};

// Both ways of naming, with and without the flags of renameat2.
inline std::vector<Variant> undo_variants() {
  std::vector<Variant> all;
  for (const Naming naming : {Naming::in_place, Naming::new_name}) {
    for (const Filesystem filesystem : {Filesystem::full, Filesystem::no_rename_flags}) {
      all.push_back({naming, Keep::orig, Staging::rename, filesystem});
    }
  }
  return all;
}

inline std::vector<std::string> calls_of_undo(const Variant& variant) {
  ReplacedFilm film(variant.naming);
  return calls_of(variant, [&] {
    const auto undone = film.undo();
    INFO((undone ? "" : undone.error().text));
    REQUIRE(undone);
    CHECK(undone->settled);
    CHECK(film.is_undone());
  });
}

}  // namespace av1d::test
