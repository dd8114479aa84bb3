// Finishing and undoing a replace: by what each name stands for now, never by what should have
// happened. A file that is neither the recorded original nor the recorded staged file is left
// alone.
#include <cerrno>

#include <fmt/format.h>

#include "av1d/text.h"
#include "replace_steps.h"

namespace av1d {
namespace replace_steps {

Result<Holder> holder(const Site& site, const std::string& name, const ReplaceJournal& journal) {
  const auto found = media_fs::look(site.directory, name);
  if (!found) return std::unexpected(found.error());
  if (!found->exists) return Holder::nothing;
  if (media_fs::holds(*found, journal.staged_stamp)) return Holder::staged;
  return media_fs::holds(*found, journal.original) ? Holder::original : Holder::other;
}

Result<Site> site_of(const ReplaceJournal& journal) {
  const fs::path parent = journal.source.parent_path();
  if (journal.staged.parent_path() != parent || journal.old_name.parent_path() != parent) {
    return fail("the journal's files are not in one directory");
  }
  auto site = open_site(journal.source, journal.final_path, "");
  if (!site) return site;
  site->staged = journal.staged.filename().native();
  site->old_name = journal.old_name.filename().native();
  return site;
}

namespace {

using media_fs::Look;
using media_fs::Rename;

// What the names of one replace stand for at one moment.
struct View {
  Holder source{}, final_name{}, staged{}, old_name{};

  // The name of ours that the original went to, "" where it is not there.
  std::string original_in(const Site& site) const {
    if (old_name == Holder::original) return site.old_name;
    return staged == Holder::original ? site.staged : "";
  }
  bool is_empty() const {
    return staged == Holder::nothing && old_name == Holder::nothing && final_name != Holder::staged;
  }
  bool unexplained() const { return staged == Holder::other || old_name == Holder::other; }
};

Result<bool> is_second_link(const Site& site) {
  const auto source = media_fs::look(site.directory, site.source);
  if (!source) return std::unexpected(source.error());
  const auto old = media_fs::look(site.directory, site.old_name);
  if (!old) return std::unexpected(old.error());
  return source->regular && old->regular && source->stamp.inode == old->stamp.inode;
}

Status remove_second_link(const Site& site) {
  const auto source = media_fs::look(site.directory, site.source);
  if (!source) return std::unexpected(source.error());
  return media_fs::remove_known(site.directory, site.old_name, source->stamp);
}

Result<View> view_of(const Site& site, const ReplaceJournal& journal) {
  View view;
  const std::pair<const std::string&, Holder&> names[] = {{site.source, view.source},
                                                          {site.final_name, view.final_name},
                                                          {site.staged, view.staged},
                                                          {site.old_name, view.old_name}};
  for (const auto& [name, is] : names) {
    const auto found = holder(site, name, journal);
    if (!found) return std::unexpected(found.error());
    is = *found;
  }
  const auto second = is_second_link(site);
  if (!second) return std::unexpected(second.error());
  if (*second) view.old_name = Holder::second_link;
  return view;
}

// The original stands under `from`, the staged file under S: they change places. Without EXCHANGE a
// rename puts the original over the staged file, which is all that is lost.
Status exchange_back(const Site& site, const std::string& from) {
  const auto& directory = site.directory;
  Status done = media_fs::rename(directory, from, directory, site.source, Rename::exchange);
  if (done || !media_fs::is_unsupported(done.error().errno_value)) return done;
  return media_fs::rename(directory, from, directory, site.source, Rename::plain);
}

Status restore_source(const Site& site, const View& view) {
  const std::string from = view.original_in(site);
  if (from.empty() && view.source == Holder::staged) {
    return fail(quoted(site, site.source) + " is the new file, the original cannot be found");
  }
  if (from.empty() || view.source == Holder::original) return {};
  if (view.source == Holder::staged) return exchange_back(site, from);
  if (view.source == Holder::nothing) {
    return media_fs::move_to_free_name(site.directory, from, site.source);
  }
  return fail(quoted(site, site.source) + " has a new file, the original is left as " +
              quoted(site, from));
}

// Only where S has a file: whatever happened to the original, the last copy of a film is not ours
// to remove.
Status drop_leftovers(const Site& site, const ReplaceJournal& journal, const View& view) {
  if (view.source == Holder::nothing) {
    if (view.is_empty()) return {};
    return fail(quoted(site, site.source) + " is gone, what there is of it is left");
  }
  const auto drop = [&](const std::string& name, Holder is) -> Status {
    if (is == Holder::staged) {
      return media_fs::remove_known(site.directory, name, journal.staged_stamp);
    }
    if (is == Holder::second_link) return remove_second_link(site);
    if (is == Holder::nothing) return {};
    return fail(quoted(site, name) + " is left: it is not what av1d put there");
  };
  const Status staged = drop(site.staged, view.staged);
  const Status old_name = drop(site.old_name, view.old_name);
  if (!site.in_place() && view.final_name == Holder::staged) {
    const Status dropped =
        media_fs::remove_known(site.directory, site.final_name, journal.staged_stamp);
    if (!dropped) return dropped;
  }
  return staged ? old_name : staged;
}

// A crash between link and unlink, where there is no NOREPLACE, left both names of one file.
Status keep_as_orig(const Site& site, const ReplaceJournal& journal, const std::string& old) {
  const auto orig = media_fs::look(site.directory, site.orig);
  if (!orig) return std::unexpected(orig.error());
  if (media_fs::holds(*orig, journal.original)) {
    return media_fs::remove_known(site.directory, old, journal.original);
  }
  return media_fs::move_to_free_name(site.directory, old, site.orig);
}

Status retire(const Site& site, const ReplaceJournal& journal, const std::string& old, Holder is) {
  if (journal.keep_original) return keep_as_orig(site, journal, old);
  if (is == Holder::other) return {};  // written to: kept
  return media_fs::remove_known(site.directory, old, journal.original);
}

}  // namespace

// The original's name is on the disk before the other copy goes: a power cut between finds one.
Status put_back(const Site& site, const ReplaceJournal& journal) {
  auto view = view_of(site, journal);
  if (!view) return std::unexpected(view.error());
  if (const Status restored = restore_source(site, *view); !restored) return restored;
  if (const Status synced = media_fs::sync(site.directory); !synced) return synced;
  view = view_of(site, journal);
  if (!view) return std::unexpected(view.error());
  return drop_leftovers(site, journal, *view);
}

Result<Warnings> settle_old(const Site& site, const ReplaceJournal& journal,
                            const std::string& old) {
  Warnings warnings;
  const auto& directory = site.directory;
  if (const Status synced = media_fs::sync(directory); !synced) {
    return std::unexpected(synced.error());
  }
  const auto final_holder = holder(site, site.final_name, journal);
  if (!final_holder) return std::unexpected(final_holder.error());
  if (*final_holder != Holder::staged) {
    return fail(quoted(site, site.final_name) + " was changed while it was replaced");
  }
  const auto old_holder = holder(site, old, journal);
  if (!old_holder) return std::unexpected(old_holder.error());
  const bool written_to = *old_holder == Holder::other;
  if (written_to) {
    warnings.push_back(
        "somebody still wrote to the original while it was replaced; it is kept as " +
        quoted(site, journal.keep_original ? site.orig : old));
  }
  const Status done = retire(site, journal, old, *old_holder);
  if (!done) {
    const auto still =
        media_fs::look(directory, old);  // a network may lose the answer of a success
    if (!still || still->exists) return std::unexpected(done.error());
    warnings.push_back(done.error().message);
  }
  if (const Status synced = media_fs::sync(directory); !synced) {
    warnings.push_back(synced.error().message);
  }
  return warnings;
}

namespace {

Recovery unexplained(std::string note) {
  return {.what = Recovery::What::unexplained, .result = std::nullopt, .note = std::move(note)};
}

Recovery finished(const ReplaceJournal& journal, std::string note) {
  return {.what = Recovery::What::finished,
          .result = ResultStamp{.path = journal.final_path,
                                .size_bytes = journal.staged_stamp.size_bytes,
                                .mtime_ns = journal.staged_stamp.mtime_ns},
          .note = std::move(note)};
}

Recovery undo(const Site& site, const ReplaceJournal& journal) {
  const Status done = put_back(site, journal);
  if (!done) return unexplained("cannot undo an interrupted replace: " + done.error().message);
  return {.what = Recovery::What::undone,
          .result = std::nullopt,
          .note = "an interrupted replace of " + quoted(site, site.source) + " was undone"};
}

// S is still the original, and perhaps .old a second link of it from an undo that was cut short.
Status move_source_aside(const Site& site, const View& view) {
  if (const Status synced = media_fs::sync(site.directory); !synced) return synced;
  const bool linked = view.old_name == Holder::second_link;
  const Status freed = linked ? remove_second_link(site) : Status{};
  if (!freed) return freed;
  return media_fs::move_to_own_name(site.directory, site.source, site.old_name);
}

// F holds the staged file. The old file, wherever it stands, goes the rest of its way.
Recovery finish(const Site& site, const ReplaceJournal& journal, const View& view) {
  const std::string note =
      "an interrupted replace of " + quoted(site, site.source) + " was finished";
  if (!site.in_place() && view.staged == Holder::staged) {  // link made, unlink not
    const Status done = media_fs::remove_known(site.directory, site.staged, journal.staged_stamp);
    if (!done) return unexplained(done.error().message);
  }
  std::string old = view.original_in(site);
  if (!site.in_place() && view.source == Holder::original) {
    const Status moved = move_source_aside(site, view);
    if (!moved) return unexplained(moved.error().message);
    old = site.old_name;
  }
  if (old.empty()) return finished(journal, note);
  const auto settled = settle_old(site, journal, old);
  if (!settled && settled.error().errno_value != EEXIST) {
    return unexplained(settled.error().message);
  }
  if (!settled) return finished(journal, note + "; " + settled.error().message);
  return finished(journal, settled->empty() ? note : note + "; " + settled->front());
}

Recovery finish_or_undo(const Site& site, const ReplaceJournal& journal, const View& view) {
  const bool staged_in_place = view.final_name == Holder::staged;
  if (view.unexplained()) {
    return unexplained("files of ours in " + quoted(site, "") + " are not what the journal says");
  }
  if (view.source == Holder::other && !view.original_in(site).empty()) {
    return unexplained(quoted(site, site.source) + " has a new file, the original is left as " +
                       quoted(site, view.original_in(site)));
  }
  if (staged_in_place && (site.in_place() || view.source != Holder::other)) {
    return finish(site, journal, view);
  }
  if (view.source == Holder::nothing && view.original_in(site).empty() &&
      view.staged == Holder::staged) {
    return unexplained(quoted(site, site.source) + " is gone, its encode is left as " +
                       quoted(site, site.staged));
  }
  return undo(site, journal);
}

// A job's id tells path, size and mtime of its source, so the original is known even where the
// journal was lost. Mode 0600 alone says: never dressed, so never swapped.
bool may_remove_staging(const fs::path& source, const std::string& id, const Look& staged,
                        const Look& original) {
  if (!staged.regular || job_id(source, staged.stamp) == id) return false;
  const bool source_is_whole = original.regular && job_id(source, original.stamp) == id &&
                               original.stamp.inode != staged.stamp.inode;
  return source_is_whole || staged.mode == 0600;
}

}  // namespace
}  // namespace replace_steps

Recovery recover(const ReplaceJournal& journal) {
  using namespace replace_steps;
  const auto site = site_of(journal);
  if (!site) return unexplained(site.error().message);
  if (journal.kind == JournalKind::undo) return recover_undo(*site, journal);
  const auto view = view_of(*site, journal);
  if (!view) return unexplained(view.error().message);
  return finish_or_undo(*site, journal, *view);
}

Status remove_staging(const fs::path& source, const std::string& job_id) {
  using namespace replace_steps;
  const auto site = open_site(source, source, job_id);
  if (!site && site.error().errno_value == ENOENT) return {};
  if (!site) return std::unexpected(site.error());
  const auto probe = media_fs::look(site->directory, site->probe);
  if (!probe) return std::unexpected(probe.error());
  if (probe->regular && probe->stamp.size_bytes == 0) {
    const Status done = media_fs::remove_known(site->directory, site->probe, probe->stamp);
    if (!done) return done;
  }
  const auto staged = media_fs::look(site->directory, site->staged);
  if (!staged) return std::unexpected(staged.error());
  if (!staged->exists) return {};
  const auto original = media_fs::look(site->directory, site->source);
  if (!original) return std::unexpected(original.error());
  if (!may_remove_staging(source, job_id, *staged, *original)) {
    return fail(quoted(*site, site->staged) + " is left: it may be more than a staged file");
  }
  const Status done = media_fs::remove_known(site->directory, site->staged, staged->stamp);
  if (!done) return done;
  return media_fs::sync(site->directory);
}

}  // namespace av1d
