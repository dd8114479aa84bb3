// --undo, --retry and --retry-failed, on a store and a library: what they do, refuse and say. And
// the kept originals that have had their time.
#include "daemon/orders.h"

#include "av1d/sidecars.h"
#include "core/replace_fixture.h"
#include "daemon/exit_status.h"
#include "daemon/kept.h"
#include "daemon/recovery.h"

using namespace av1d;
using namespace av1d::test;

namespace {

// A film that was replaced, its original kept, and the store that knows of it.
class Kept {
 public:
  explicit Kept(Naming naming = Naming::in_place) : library(naming, Keep::orig) {
    config.library_roots = {library.request.root};
    config.job_state_dir = library.top() / "jobs";
    config.temp_output_dir = library.top() / "temp";
    store = JobStore::open(config.job_state_dir, warnings).value();
    const auto replaced = library.replace();
    REQUIRE(replaced);
    job.id = library.request.job_id;
    job.source_path = library.request.source;
    job.source = library.request.probed;
    job.original_bytes = job.source.size_bytes;
    job.status = JobStatus::success;
    job.result = replaced->result;
    job.kept_original = kept_original(*library.journal);
    job.finished_at = Time(std::chrono::hours(24 * 20'000));
    save();
  }

  void save() { REQUIRE(store->save(job, Time{})); }
  Job now() const { return store->find(job.id).value(); }
  Answer order(const std::string& verb, const std::vector<std::string>& names) {
    return carry_out({verb, names}, config, *store, claims);
  }
  std::uint64_t remove_expired(int days_later) {
    return remove_expired_originals(config, *store, claims,
                                    *job.finished_at + std::chrono::days(days_later));
  }
  bool original_is_back() const {
    return read_file(job.source_path) == kOriginalBytes && !fs::exists(library.orig());
  }

  Library library;
  Config config;
  Claims claims;
  std::vector<JobStore::LoadWarning> warnings;
  std::unique_ptr<JobStore> store;
  Job job;
};

// A job that ended without a replacement.
Job turned_down(Kept& film, JobStatus status, ReasonCode code, const std::string& name) {
  Job job;
  job.source_path = write_file(film.library.request.root / name, name);
  job.source = stamp_of(job.source_path).value();
  job.id = job_id(job.source_path, job.source);
  job.status = status;
  job.reason = Reason{code, "so it is"};
  job.attempts = 3;
  job.interruptions = 2;
  REQUIRE(film.store->save(job, Time{}));
  REQUIRE(write_why(job.source_path, *job.reason));
  return job;
}

}  // namespace

TEST_CASE("undo brings the original back under any name that the film has", "[orders]") {
  for (const Naming naming : {Naming::in_place, Naming::new_name}) {
    const int which = GENERATE(0, 1, 2, 3);
    Kept film(naming);
    const std::string names[] = {film.job.source_path, film.job.result->path, film.library.orig(),
                                 film.job.id};
    INFO(names[which]);
    const Answer answer = film.order(kUndoOrder, {names[which]});
    INFO(answer.text);
    CHECK(answer.exit_status == kExitOk);
    CHECK_THAT(answer.text, ContainsSubstring("is the original again"));
    CHECK(film.original_is_back());
    CHECK(film.library.leftovers().empty());
    const Job job = film.now();
    CHECK(job.status == JobStatus::skipped);
    CHECK(job.reason->code == ReasonCode::undone);
    CHECK_FALSE(job.result);
    CHECK_FALSE(job.journal);
    CHECK_FALSE(job.kept_original);
    CHECK(job.id == job_id(job.source_path, stamp_of(job.source_path).value()));
    CHECK(fs::exists(why_path(job.source_path)));
  }
}

TEST_CASE("undo finds a film through a link to its directory", "[orders]") {
  Kept film;
  fs::create_directory_symlink(film.library.request.root, film.library.top() / "link");
  CHECK(film.order(kUndoOrder, {film.library.top() / "link" / "film.mkv"}).exit_status == kExitOk);
  CHECK(film.original_is_back());
}

TEST_CASE("undo a second time says that it is done", "[orders]") {
  Kept film;
  CHECK(film.order(kUndoOrder, {film.job.id}).exit_status == kExitOk);
  const Answer again = film.order(kUndoOrder, {film.job.source_path});
  CHECK(again.exit_status == kExitOk);
  CHECK_THAT(again.text, ContainsSubstring("is the original again"));
}

TEST_CASE("undo says why it does nothing", "[orders]") {
  Kept film;
  SECTION("the original was not kept") {
    fs::remove(film.library.orig());
    const Answer answer = film.order(kUndoOrder, {film.job.id});
    CHECK(answer.exit_status == kExitJobsFailed);
    CHECK_THAT(answer.text, ContainsSubstring("film.mkv.orig', is not there; nothing was changed"));
    CHECK(film.now().status == JobStatus::success);
    CHECK_FALSE(film.now().journal);
  }
  SECTION("the film was changed since") {
    write_file(film.job.source_path, "edited");
    CHECK(film.order(kUndoOrder, {film.job.id}).exit_status == kExitJobsFailed);
    CHECK(read_file(film.job.source_path) == "edited");
    CHECK(read_file(film.library.orig()) == kOriginalBytes);
  }
  SECTION("it was never replaced") {
    const Job other = turned_down(film, JobStatus::skipped, ReasonCode::alpha, "other.mkv");
    const Answer answer = film.order(kUndoOrder, {other.source_path});
    CHECK(answer.exit_status == kExitJobsFailed);
    CHECK_THAT(answer.text, ContainsSubstring("was not replaced"));
  }
  SECTION("nobody knows it") {
    const Answer answer = film.order(kUndoOrder, {"/nowhere/\x1b.mkv"});
    CHECK(answer.exit_status == kExitNoInput);
    CHECK_THAT(answer.text, ContainsSubstring("no job knows '/nowhere/\\x1b.mkv'"));
  }
  SECTION("a job is at work on it") {
    const auto claim = film.claims.take(film.job.source_path);
    CHECK(film.order(kUndoOrder, {film.job.id}).exit_status == kExitTryAgain);
  }
  CHECK(film.library.leftovers().empty());
}

TEST_CASE("one name that cannot be undone does not keep the others", "[orders]") {
  Kept film;
  const Answer answer = film.order(kUndoOrder, {"/nowhere/a.mkv", film.job.id});
  CHECK(answer.exit_status == kExitNoInput);
  CHECK(film.original_is_back());
}

TEST_CASE("an undo that could not remove the encode is finished by the next start", "[orders]") {
  for (const Naming naming : {Naming::in_place, Naming::new_name}) {
    Kept film(naming);
    media_fs::set_hook([](std::string_view call) { return call == "unlink" ? EIO : 0; });
    const Answer answer = film.order(kUndoOrder, {film.job.id});
    media_fs::set_hook({});
    INFO(answer.text);
    CHECK(answer.exit_status == kExitJobsFailed);
    CHECK_THAT(answer.text, ContainsSubstring("the original is back"));
    CHECK(read_file(film.job.source_path) == kOriginalBytes);
    CHECK(is_undone(film.now()));
    REQUIRE(film.now().journal);
    recover_jobs(*film.store, film.config);
    CHECK(is_undone(film.now()));
    CHECK_FALSE(film.now().journal);
    CHECK(film.original_is_back());
    CHECK(film.library.leftovers().empty());
  }
}

TEST_CASE("a start after a crash in an undo leaves a success or an undone job", "[orders]") {
  for (const bool swapped : {false, true}) {
    Kept film;
    REQUIRE_FALSE(undo_replace({.job_id = film.job.id,
                                .source = film.job.source_path,
                                .original = film.job.source,
                                .result = *film.job.result},
                               [&](const ReplaceJournal& journal) -> Status {
                                 film.job.journal = journal;
                                 return fail("the machine goes off");
                               }));
    film.save();
    if (swapped) {
      fs::rename(film.library.orig(), film.library.own(".new"));
      fs::rename(film.job.source_path, film.library.orig());
      fs::rename(film.library.own(".new"), film.job.source_path);
    }
    recover_jobs(*film.store, film.config);
    CHECK_FALSE(film.now().journal);
    CHECK(is_undone(film.now()) == swapped);
    CHECK(film.original_is_back() == swapped);
    if (!swapped) CHECK(film.now().status == JobStatus::success);
    if (!swapped) CHECK(film.library.is_replaced());
  }
}

TEST_CASE("retry makes a job as new", "[orders]") {
  Kept film;
  const Job failed = turned_down(film, JobStatus::failed, ReasonCode::validation, "a.mkv");
  const Answer answer = film.order(kRetryOrder, {failed.source_path});
  CHECK(answer.exit_status == kExitOk);
  CHECK_THAT(answer.text, ContainsSubstring("a.mkv' will be tried again"));
  const Job job = film.store->find(failed.id).value();
  CHECK(job.status == JobStatus::pending);
  CHECK(job.attempts == 0);
  CHECK(job.interruptions == 0);
  CHECK_FALSE(job.reason);
  CHECK_FALSE(fs::exists(why_path(failed.source_path)));
}

TEST_CASE("retry has a film encoded again that was undone", "[orders]") {
  Kept film;
  CHECK(film.order(kUndoOrder, {film.job.id}).exit_status == kExitOk);
  CHECK(film.order(kRetryOrder, {film.job.source_path}).exit_status == kExitOk);
  CHECK(film.now().status == JobStatus::pending);
  CHECK_FALSE(fs::exists(why_path(film.job.source_path)));
}

TEST_CASE("retry leaves a film that was replaced as it is", "[orders]") {
  Kept film;
  const Answer answer = film.order(kRetryOrder, {film.job.source_path});
  CHECK(answer.exit_status == kExitJobsFailed);
  CHECK_THAT(answer.text, ContainsSubstring("was replaced already"));
  CHECK(film.now().status == JobStatus::success);
}

TEST_CASE("retry-failed takes all that failed and nothing else", "[orders]") {
  Kept film;
  CHECK(film.order(kRetryFailedOrder, {}).text == "no job has failed\n");
  const Job one = turned_down(film, JobStatus::failed, ReasonCode::validation, "a.mkv");
  const Job two = turned_down(film, JobStatus::failed, ReasonCode::stalled, "b.mkv");
  const Job skipped = turned_down(film, JobStatus::skipped, ReasonCode::alpha, "c.mkv");
  CHECK(film.order(kRetryFailedOrder, {}).exit_status == kExitOk);
  CHECK(film.store->find(one.id)->status == JobStatus::pending);
  CHECK(film.store->find(two.id)->status == JobStatus::pending);
  CHECK(film.store->find(skipped.id)->status == JobStatus::skipped);
  CHECK(film.now().status == JobStatus::success);
}

TEST_CASE("an order that is not known is a mistake of usage", "[orders]") {
  Kept film;
  CHECK(film.order("dance", {}).exit_status == kExitUsage);
}

// ---- Kept originals -----------------------------------------------------------------------------

TEST_CASE("a kept original goes after keep_original_days and not before", "[orders][kept]") {
  Kept film;
  CHECK(film.remove_expired(9999) == 0);
  film.config.keep_original_days = 30;
  CHECK(film.remove_expired(29) == 0);
  CHECK(fs::exists(film.library.orig()));
  CHECK(film.remove_expired(30) == 1);
  CHECK_FALSE(fs::exists(film.library.orig()));
  CHECK_FALSE(film.now().kept_original);
  CHECK(film.now().status == JobStatus::success);
  CHECK(read_file(film.job.source_path) == kEncodedBytes);
  CHECK(film.remove_expired(31) == 0);
}

TEST_CASE("a kept original goes early where space is short", "[orders][kept]") {
  Kept film;
  film.config.min_free_bytes = 1;
  CHECK(film.remove_expired(0) == 0);
  film.config.min_free_bytes = std::uint64_t{1} << 62U;
  SECTION("one that another link keeps would free nothing") {
    fs::create_hard_link(film.library.orig(), film.library.top() / "second");
    CHECK(film.remove_expired(0) == 0);
    CHECK(fs::exists(film.library.orig()));
  }
  SECTION("the only link") {
    CHECK(film.remove_expired(0) == 1);
  }
}

TEST_CASE("only av1d's own unchanged original goes, and only beside its encode", "[orders][kept]") {
  Kept film;
  film.config.keep_original_days = 1;
  SECTION("a stranger's file of that name") {
    write_file(film.library.orig(), "mine");
  }
  SECTION("the encode is gone") {
    fs::remove(film.job.source_path);
  }
  SECTION("the encode was edited") {
    write_file(film.job.source_path, "edited");
  }
  SECTION("the job knows of none") {
    film.job.kept_original.reset();
    film.save();
  }
  SECTION("a job is at work on it") {
    const auto claim = film.claims.take(film.job.source_path);
    CHECK(film.remove_expired(99) == 0);
    film.config.keep_original_days = 0;
  }
  SECTION("a journal is open") {
    film.job.journal = film.library.journal;
    film.save();
    CHECK(film.remove_expired(99) == 0);
    film.job.journal.reset();
    film.job.kept_original.reset();
    film.save();
  }
  CHECK(film.remove_expired(99) == 0);
  CHECK(fs::exists(film.library.orig()));
}

TEST_CASE("a kept original that its owner removed is forgotten, one on a missing mount is not",
          "[orders][kept]") {
  Kept film;
  film.config.keep_original_days = 1;
  const fs::path away = film.library.top() / "away";
  fs::rename(film.library.request.root, away);
  CHECK(film.remove_expired(99) == 0);
  CHECK(film.now().kept_original);
  fs::rename(away, film.library.request.root);
  fs::remove(film.library.orig());
  CHECK(film.remove_expired(99) == 0);
  CHECK_FALSE(film.now().kept_original);
}
