// The way back: NAME.orig gets the film's name again, then the encode goes. From the journal on
// there is one direction only. What stands where decides, so the first run and a recovery end
// alike: once the original has its name it keeps it, and all that is left to do is to remove the
// encode.
#include <fmt/format.h>

#include <cerrno>

#include "av1d/text.h"
#include "replace_steps.h"

namespace av1d {
namespace replace_steps {
namespace {

using media_fs::Rename;

using Step = std::expected<void, Reason>;

std::unexpected<Reason> refuse_for(const Error& error) {
  return std::unexpected(reason_from(error));
}

// What the names of one undo stand for at one moment.
struct UndoView {
  Holder source{}, final_name{}, orig{}, old_name{};
};

Result<UndoView> undo_view(const Site& site, const ReplaceJournal& journal) {
  UndoView view;
  const std::pair<const std::string&, Holder&> names[] = {{site.source, view.source},
                                                          {site.final_name, view.final_name},
                                                          {site.orig, view.orig},
                                                          {site.old_name, view.old_name}};
  for (const auto& [name, is] : names) {
    const auto found = holder(site, name, journal);
    if (!found) return std::unexpected(found.error());
    is = *found;
  }
  return view;
}

// ---- Before: is this what was recorded? -------------------------------------------------------

// Size and time name a version for good; the inode may be another one since then.
bool is_recorded(const media_fs::Look& found, const ResultStamp& recorded) {
  return found.regular && found.stamp.size_bytes == recorded.size_bytes &&
         found.stamp.mtime_ns == recorded.mtime_ns;
}

Step require_recorded(const Site& site, const std::string& name, const ResultStamp& recorded,
                      std::string_view what, FileStamp& now) {
  const auto found = media_fs::look(site.directory, name);
  if (!found) return refuse_for(found.error());
  if (!found->exists) {
    return refuse(
        ReasonCode::source_changed,
        fmt::format("{}, {}, is not there; nothing was changed", what, quoted(site, name)));
  }
  if (!is_recorded(*found, recorded)) {
    return refuse(
        ReasonCode::source_changed,
        fmt::format("{} is not {} any more: it has {} bytes, {} are recorded, or another "
                    "time; nothing was changed",
                    quoted(site, name), what, found->stamp.size_bytes, recorded.size_bytes));
  }
  now = found->stamp;
  return {};
}

Step require_nothing(const Site& site, const std::string& name) {
  const auto found = media_fs::look(site.directory, name);
  if (!found) return refuse_for(found.error());
  if (!found->exists) return {};
  return refuse(ReasonCode::name_taken, quoted(site, name) + " exists; nothing was changed");
}

Step require_all(const Site& site, const UndoRequest& request, ReplaceJournal& journal) {
  const ResultStamp original{.path = request.source,
                             .size_bytes = request.original.size_bytes,
                             .mtime_ns = request.original.mtime_ns};
  if (Step kept =
          require_recorded(site, site.orig, original, "the kept original", journal.original);
      !kept) {
    return kept;
  }
  if (Step made = require_recorded(site, site.final_name, request.result, "the file av1d made",
                                   journal.staged_stamp);
      !made) {
    return made;
  }
  if (!site.in_place()) {
    if (Step free = require_nothing(site, site.source); !free) return free;
  }
  return require_nothing(site, site.old_name);
}

// ---- The swap ---------------------------------------------------------------------------------

std::unexpected<Reason> encode_changed(const Site& site) {
  return refuse(ReasonCode::source_changed,
                quoted(site, site.final_name) + " was changed in this very moment");
}

Result<bool> is_encode(const Site& site, const std::string& name, const ReplaceJournal& journal) {
  const auto is = holder(site, name, journal);
  if (!is) return std::unexpected(is.error());
  return *is == Holder::staged;
}

// Without EXCHANGE: the encode gets a second name before its own is taken over.
Step swap_by_link(const Site& site, const ReplaceJournal& journal) {
  const Status linked = media_fs::link(site.directory, site.source, site.old_name);
  if (!linked) return refuse_for(linked.error());
  for (const std::string& name : {site.old_name, site.source}) {
    const auto same = is_encode(site, name, journal);
    if (!same) return refuse_for(same.error());
    if (!*same) return encode_changed(site);
  }
  const Status renamed =
      media_fs::rename(site.directory, site.orig, site.directory, site.source, Rename::plain);
  if (!renamed) return refuse_for(renamed.error());
  return {};
}

Step swap_in_place(const Site& site, const ReplaceJournal& journal) {
  const auto exchange = [&site] {
    return media_fs::rename(site.directory, site.orig, site.directory, site.source,
                            Rename::exchange);
  };
  const Status exchanged = exchange();
  if (!exchanged && media_fs::is_unsupported(exchanged.error().errno_value)) {
    return swap_by_link(site, journal);
  }
  if (!exchanged) return refuse_for(exchanged.error());
  const auto same = is_encode(site, site.orig, journal);
  if (same && *same) return {};
  // Somebody's newer file came away with the exchange: it gets its name again. A second try,
  // because there is nothing better to do.
  Status back = exchange();
  if (!back) back = exchange();
  if (!same) return refuse_for(same.error());
  if (back) return encode_changed(site);
  return refuse(ReasonCode::source_changed,
                back.error().message + "; the changed file is " + quoted(site, site.orig));
}

Step swap_back(const Site& site, const ReplaceJournal& journal) {
  if (site.in_place()) return swap_in_place(site, journal);
  const Status moved = media_fs::move_to_free_name(site.directory, site.orig, site.source);
  if (!moved) return refuse_for(moved.error());
  return {};
}

// ---- After: the original has its name ---------------------------------------------------------

// A name that is not the original's only one, or the encode's, may go; all else is not ours.
Status drop_name(const Site& site, const ReplaceJournal& journal, const std::string& name) {
  const auto is = holder(site, name, journal);
  if (!is) return std::unexpected(is.error());
  if (*is == Holder::staged) {
    return media_fs::remove_known(site.directory, name, journal.staged_stamp);
  }
  if (*is == Holder::original && name != site.source) {
    return media_fs::remove_known(site.directory, name, journal.original);
  }
  return {};
}

// The encode leaves its name before it is removed: a look and an unlink alone could take a file
// that somebody puts there in between.
Status take_encode_away(const Site& site, const ReplaceJournal& journal) {
  const auto at_final = is_encode(site, site.final_name, journal);
  if (!at_final) return std::unexpected(at_final.error());
  if (!*at_final) return {};
  const Status moved = media_fs::move_to_own_name(site.directory, site.final_name, site.old_name);
  if (!moved) return moved;
  const auto same = is_encode(site, site.old_name, journal);
  if (!same) return std::unexpected(same.error());
  if (*same) return {};
  return media_fs::move_to_free_name(site.directory, site.old_name, site.final_name);
}

// The original's name is on the disk before any other copy of the film goes.
Status remove_encode(const Site& site, const ReplaceJournal& journal) {
  if (const Status synced = media_fs::sync(site.directory); !synced) return synced;
  if (!site.in_place()) {
    if (const Status away = take_encode_away(site, journal); !away) return away;
  }
  for (const std::string& name : {site.orig, site.old_name}) {
    if (const Status dropped = drop_name(site, journal, name); !dropped) return dropped;
  }
  return media_fs::sync(site.directory);
}

Recovery answer(Recovery::What what, std::string note) {
  return {.what = what, .result = std::nullopt, .note = std::move(note)};
}

Recovery settle_undone(const Site& site, const ReplaceJournal& journal) {
  const Status removed = remove_encode(site, journal);
  if (!removed) {
    return answer(Recovery::What::unsettled, "the original is back as " +
                                                 quoted(site, site.source) +
                                                 ", but: " + removed.error().message);
  }
  return answer(Recovery::What::undone, "the original is back as " + quoted(site, site.source));
}

// The encode still has its place; a second link of it may be left where there is no EXCHANGE.
Recovery settle_not_begun(const Site& site, const ReplaceJournal& journal, const UndoView& view) {
  if (view.old_name == Holder::staged) {
    const Status done = media_fs::remove_known(site.directory, site.old_name, journal.staged_stamp);
    if (!done) return answer(Recovery::What::unexplained, done.error().message);
  }
  Recovery recovery = answer(Recovery::What::finished,
                             "the undo of " + quoted(site, site.final_name) + " was not begun");
  recovery.result = ResultStamp{.path = journal.final_path,
                                .size_bytes = journal.staged_stamp.size_bytes,
                                .mtime_ns = journal.staged_stamp.mtime_ns};
  return recovery;
}

ReplaceJournal undo_journal(const UndoRequest& request, const Site& site) {
  return {.source = request.source,
          .final_path = request.result.path,
          .staged = site.directory.path / site.staged,
          .old_name = site.directory.path / site.old_name,
          .keep_original = true,
          .original = {},
          .staged_stamp = {},
          .kind = JournalKind::undo};
}

}  // namespace

Recovery recover_undo(const Site& site, const ReplaceJournal& journal) {
  const auto view = undo_view(site, journal);
  if (!view) return answer(Recovery::What::unexplained, view.error().message);
  if (view->source == Holder::original) return settle_undone(site, journal);
  if (view->final_name == Holder::staged && view->orig == Holder::original) {
    return settle_not_begun(site, journal, *view);
  }
  return answer(Recovery::What::unexplained, "neither " + quoted(site, site.source) + " nor " +
                                                 quoted(site, site.final_name) +
                                                 " is what the journal of the undo says");
}

}  // namespace replace_steps

std::optional<ResultStamp> kept_original(const ReplaceJournal& journal) {
  if (!journal.keep_original) return std::nullopt;
  return ResultStamp{.path = journal.source.native() + ".orig",
                     .size_bytes = journal.original.size_bytes,
                     .mtime_ns = journal.original.mtime_ns};
}

std::expected<Undone, Reason> undo_replace(const UndoRequest& request,
                                           const JournalWriter& write_journal) {
  using namespace replace_steps;
  const auto site = open_site(request.source, request.result.path, request.job_id);
  if (!site) return refuse_for(site.error());
  ReplaceJournal journal = undo_journal(request, *site);
  if (Step recorded = require_all(*site, request, journal); !recorded) {
    return std::unexpected(recorded.error());
  }
  if (const Status written = write_journal(journal); !written) return refuse_for(written.error());
  // From here on a crash is recover()'s to mend, and so is a call that failed.
  const Step swapped = swap_back(*site, journal);
  const Recovery now = recover_undo(*site, journal);
  if (now.what == Recovery::What::undone) return Undone{};
  if (now.what == Recovery::What::unsettled) return Undone{.settled = false, .note = now.note};
  if (!swapped) {
    Reason reason = swapped.error();
    if (now.what == Recovery::What::unexplained) reason.text += "; " + now.note;
    return std::unexpected(std::move(reason));
  }
  return refuse(ReasonCode::replace_failed, now.note);
}

Status remove_kept_original(const ResultStamp& kept, const ResultStamp& result) {
  using replace_steps::is_recorded;
  const auto directory = media_fs::open_directory(kept.path.parent_path());
  if (!directory) return std::unexpected(directory.error());
  const auto film = media_fs::look(*directory, result.path.filename().native());
  if (!film) return std::unexpected(film.error());
  if (result.path.parent_path() != kept.path.parent_path() || !is_recorded(*film, result)) {
    return fail("'" + printable(result.path.native()) +
                "' is not the file that av1d made any more");
  }
  const std::string name = kept.path.filename().native();
  const auto orig = media_fs::look(*directory, name);
  if (!orig) return std::unexpected(orig.error());
  if (!orig->exists) return fail_errno("find", kept.path.native(), ENOENT);
  if (!is_recorded(*orig, kept)) {
    return fail("'" + printable(kept.path.native()) + "' is not the original that av1d kept");
  }
  return media_fs::remove_known(*directory, name, orig->stamp);
}

}  // namespace av1d
