// The notes beside films, from scan to scan.
#include "daemon/notes.h"

#include "av1d/sidecars.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace av1d;
using namespace av1d::test;

namespace {

const Reason kSmall{ReasonCode::too_small, "1 B is less than min_bytes = 2 B"};

Candidate film_in(const TempDir& dir) {
  Candidate film;
  film.path = dir / "a.mkv";
  film.has_sidecar = fs::exists(why_path(film.path));
  return film;
}

// One scan that finds `reason` against the film, or nothing.
void scan_once(Notes& notes, const TempDir& dir, const std::optional<Reason>& reason) {
  notes.begin_scan();
  const Candidate film = film_in(dir);
  if (reason) return notes.tell(film, *reason);
  notes.withdraw(film);
}

}  // namespace

TEST_CASE("a note stands as long as its reason", "[notes]") {
  const TempDir dir;
  const fs::path note = why_path(dir / "a.mkv");
  Notes notes;
  scan_once(notes, dir, kSmall);
  CHECK(read_file(note) == why_text(kSmall, dir / "a.mkv"));
  scan_once(notes, dir, Reason{ReasonCode::marker, "the marker stands"});
  CHECK(read_file(note).starts_with("av1d: the marker stands"));
  scan_once(notes, dir, kSmall);  // said before, but not by the last scan
  CHECK(read_file(note) == why_text(kSmall, dir / "a.mkv"));
  scan_once(notes, dir, std::nullopt);
  CHECK_FALSE(fs::exists(note));
}

TEST_CASE("a note that was removed is written again", "[notes]") {
  const TempDir dir;
  Notes notes;
  scan_once(notes, dir, kSmall);
  fs::remove(why_path(dir / "a.mkv"));
  scan_once(notes, dir, kSmall);
  CHECK(fs::exists(why_path(dir / "a.mkv")));
}

TEST_CASE("only av1d's own notes are swept away with their films", "[notes]") {
  const TempDir dir;
  const fs::path ours = write_file(dir / "gone.mkv.why.txt", "av1d: too small\n");
  const fs::path theirs = write_file(dir / "mine.mkv.why.txt", "a poem\n");
  ScanResult scan;
  scan.gone_films = {dir / "gone.mkv", dir / "mine.mkv"};
  Notes().sweep(scan);
  CHECK_FALSE(fs::exists(ours));
  CHECK(read_file(theirs) == "a poem\n");
}

TEST_CASE("copies of discs and films that change have no note", "[notes]") {
  CHECK(deserves_note(kSmall));
  CHECK_FALSE(deserves_note({ReasonCode::disc_structure, ""}));
  CHECK_FALSE(deserves_note({ReasonCode::source_changed, ""}));
}
