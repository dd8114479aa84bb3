// The replace protocol, told in the order in which it happens; the system calls behind it stand in
// media_fs.cc. Up to the journal nothing in the library has changed but a name of our own. From the
// journal on every step is undone by put_back(), or finished by recover() when we die.
#include "av1d/replace.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "av1d/scan.h"
#include "av1d/text.h"
#include "replace_steps.h"

namespace av1d {
namespace replace_steps {

std::string own_name(const std::string& job_id, std::string_view suffix) {
  return fmt::format(".av1d-{}{}", job_id, suffix);
}

Result<Site> open_site(const fs::path& source, const fs::path& final_path, const std::string& id) {
  if (!source.is_absolute() || final_path.parent_path() != source.parent_path()) {
    return fail("'" + printable(final_path.native()) + "' does not lie beside '" +
                printable(source.native()) + "'");
  }
  auto directory = media_fs::open_directory(source.parent_path());
  if (!directory) return std::unexpected(directory.error());
  return Site{.directory = std::move(*directory),
              .source = source.filename().native(),
              .final_name = final_path.filename().native(),
              .staged = own_name(id, ".tmp"),
              .old_name = own_name(id, ".old"),
              .probe = own_name(id, ".probe"),
              .orig = source.filename().native() + ".orig"};
}

std::string quoted(const Site& site, const std::string& name) {
  return "'" + printable(site.directory.full(name)) + "'";
}

std::unexpected<Reason> refuse(ReasonCode code, std::string text) {
  return std::unexpected(Reason{code, std::move(text)});
}

Reason reason_from(const Error& error, ReasonCode otherwise) {
  switch (error.errno_value) {
    case ENOSPC:
    case EDQUOT:
      return {ReasonCode::no_space, error.message};
    case EIO:
      return {ReasonCode::io_error, error.message};
    case ENAMETOOLONG:
      return {ReasonCode::name_too_long, error.message};
    default:
      return {otherwise, error.message};
  }
}

}  // namespace replace_steps

namespace {

using namespace replace_steps;
using media_fs::Fd;
using media_fs::Rename;

using Step = std::expected<void, Reason>;

std::unexpected<Reason> refuse(const Error& error,
                               ReasonCode otherwise = ReasonCode::replace_failed) {
  return std::unexpected(reason_from(error, otherwise));
}

// One replace under way.
struct Attempt {
  const ReplaceRequest& request;
  Site site;
  Fd original;
  Fd staged;
  ReplaceJournal journal;  // staged_stamp from the moment the staged file is dressed
  Warnings warnings;

  std::string shown(const std::string& name) const { return quoted(site, name); }
};

std::unexpected<Reason> source_changed(const Attempt& attempt) {
  return replace_steps::refuse(
      ReasonCode::source_changed,
      attempt.shown(attempt.site.source) + " changed while it was being encoded");
}

Step require_free(const Attempt& attempt, const std::string& name, ReasonCode code) {
  const auto found = media_fs::look(attempt.site.directory, name);
  if (!found) return refuse(found.error());
  if (!found->exists) return {};
  return replace_steps::refuse(code, attempt.shown(name) + " exists");
}

// S is the version that was encoded, the owner has not said no, and every name that will be needed
// is free.
Step look_again(const Attempt& attempt) {
  const ReplaceRequest& request = attempt.request;
  const Site& site = attempt.site;
  const auto source = media_fs::look(site.directory, site.source);
  if (!source) return refuse(source.error());
  if (!media_fs::holds(*source, request.probed) || source->stamp.device != request.probed.device) {
    return source_changed(attempt);
  }
  if (request.skip_hardlinked && source->stamp.link_count > 1) {
    return replace_steps::refuse(
        ReasonCode::hard_link,
        fmt::format("{} has {} hard links", attempt.shown(site.source), source->stamp.link_count));
  }
  if (const auto marker = find_marker(request.source, request.root)) {
    return replace_steps::refuse(ReasonCode::marker,
                                 "'" + printable(marker->native()) + "' says to leave it");
  }
  if (!site.in_place()) {
    if (Step free = require_free(attempt, site.final_name, ReasonCode::name_taken); !free) {
      return free;
    }
  }
  if (request.keep_original) {
    if (Step free = require_free(attempt, site.orig, ReasonCode::orig_exists); !free) return free;
  }
  return require_free(attempt, site.old_name, ReasonCode::replace_failed);
}

// ctime tells of a metadata change in between: then the dressing is done again.
Step dress_staged(Attempt& attempt) {
  constexpr int kTries = 3;
  const auto policy =
      attempt.request.allow_owner_change ? OwnerChange::allowed : OwnerChange::refused;
  const std::string staged = attempt.site.directory.full(attempt.site.staged);
  const std::string source = attempt.site.directory.full(attempt.site.source);
  for (int attempt_number = 0; attempt_number < kTries; ++attempt_number) {
    const auto before = media_fs::stamp_of_open(attempt.original, source);
    if (!before) return refuse(before.error());
    auto dressed = dress(attempt.original, attempt.staged, policy, staged);
    if (!dressed) return std::unexpected(dressed.error());
    attempt.warnings = std::move(*dressed);
    const Status synced = media_fs::sync(attempt.staged, staged);
    if (!synced) return refuse(synced.error());
    if (Step same = look_again(attempt); !same) return same;
    const auto after = media_fs::stamp_of_open(attempt.original, source);
    if (!after) return refuse(after.error());
    if (after->ctime_ns == before->ctime_ns) return {};
  }
  return source_changed(attempt);
}

// The staged name stands for the file that was proven and dressed.
Step record_staged(Attempt& attempt) {
  const auto& site = attempt.site;
  const auto open = media_fs::stamp_of_open(attempt.staged, site.directory.full(site.staged));
  if (!open) return refuse(open.error());
  const auto named = media_fs::look(site.directory, site.staged);
  if (!named) return refuse(named.error());
  if (!media_fs::holds(*named, *open)) {
    return replace_steps::refuse(ReasonCode::replace_failed,
                                 attempt.shown(site.staged) + " is not the staged file any more");
  }
  attempt.journal.staged_stamp = *open;
  return {};
}

Step make_ready(Attempt& attempt, const JournalWriter& write_journal, const std::stop_token& stop) {
  if (Step dressed = dress_staged(attempt); !dressed) return dressed;
  if (Step recorded = record_staged(attempt); !recorded) return recorded;
  if (stop.stop_requested()) {
    return replace_steps::refuse(ReasonCode::interrupted, "the daemon was told to stop");
  }
  const Status written = write_journal(attempt.journal);
  if (!written) return refuse(written.error());
  return {};
}

// ---- The swap: from here on the original may be under another name -----------------------------

Result<bool> stands_for(const Attempt& attempt, const std::string& name, const FileStamp& version) {
  const auto found = media_fs::look(attempt.site.directory, name);
  if (!found) return std::unexpected(found.error());
  return media_fs::holds(*found, version);
}

// What EXCHANGE brought us is not the version that was encoded: its owner wants it back under its
// name. A second try, because there is nothing better to do.
Step exchange_again(const Attempt& attempt) {
  const auto& site = attempt.site;
  const auto ours = stands_for(attempt, site.source, attempt.journal.staged_stamp);
  if (!ours) return refuse(ours.error());
  if (!*ours) return source_changed(attempt);
  const auto back = [&site] {
    return media_fs::rename(site.directory, site.staged, site.directory, site.source,
                            Rename::exchange);
  };
  if (back()) return source_changed(attempt);
  const Status second = back();
  if (second) return source_changed(attempt);
  return replace_steps::refuse(
      ReasonCode::source_changed,
      second.error().message + "; the changed original is " + attempt.shown(site.staged));
}

// The owner put another file at S: our link would bring back what they overwrote. Where S is gone
// altogether the link is the last name of a film, which put_back() gives its own name again.
Step give_way(const Attempt& attempt, const media_fs::Look& source) {
  const Site& site = attempt.site;
  if (!source.exists) return source_changed(attempt);
  const Status removed =
      media_fs::remove_known(site.directory, site.old_name, attempt.journal.original);
  if (!removed) return refuse(removed.error());
  return source_changed(attempt);
}

// Without EXCHANGE: the original gets a second name before its own is taken over.
Step swap_by_link(const Attempt& attempt) {
  const Site& site = attempt.site;
  const FileStamp& original = attempt.journal.original;
  const Status linked = media_fs::link(site.directory, site.source, site.old_name);
  if (!linked) return refuse(linked.error(), ReasonCode::fs_unsupported);
  const auto same_old = stands_for(attempt, site.old_name, original);
  if (!same_old) return refuse(same_old.error());
  if (!*same_old) return source_changed(attempt);
  const auto source = media_fs::look(site.directory, site.source);
  if (!source) return refuse(source.error());
  if (!media_fs::holds(*source, original)) return give_way(attempt, *source);
  const Status renamed =
      media_fs::rename(site.directory, site.staged, site.directory, site.source, Rename::plain);
  if (!renamed) return refuse(renamed.error());
  return {};
}

Step swap_in_place(const Attempt& attempt) {
  const auto& site = attempt.site;
  const Status exchanged =
      media_fs::rename(site.directory, site.staged, site.directory, site.source, Rename::exchange);
  if (!exchanged && media_fs::is_unsupported(exchanged.error().errno_value)) {
    return swap_by_link(attempt);
  }
  if (!exchanged) return refuse(exchanged.error());
  const auto same = stands_for(attempt, site.staged, attempt.journal.original);
  if (!same) return refuse(same.error());
  if (!*same) return exchange_again(attempt);
  const Status moved = media_fs::move_to_own_name(site.directory, site.staged, site.old_name);
  if (!moved) return refuse(moved.error());
  return {};
}

ReasonCode code_of_move(const Error& error) {
  if (error.errno_value == EEXIST) return ReasonCode::name_taken;
  return media_fs::is_unsupported(error.errno_value) ? ReasonCode::fs_unsupported
                                                     : ReasonCode::replace_failed;
}

Step swap_to_new_name(const Attempt& attempt) {
  const auto& site = attempt.site;
  const Status placed = media_fs::move_to_free_name(site.directory, site.staged, site.final_name);
  if (!placed) return refuse(placed.error(), code_of_move(placed.error()));
  const Status synced = media_fs::sync(site.directory);
  if (!synced) return refuse(synced.error());
  const Status moved = media_fs::move_to_own_name(site.directory, site.source, site.old_name);
  if (!moved && moved.error().errno_value == ENOENT) return source_changed(attempt);
  if (!moved) return refuse(moved.error());
  const auto same = stands_for(attempt, site.old_name, attempt.journal.original);
  if (!same) return refuse(same.error());
  if (*same) return {};
  const Status back = media_fs::move_to_free_name(site.directory, site.old_name, site.source);
  if (back) return source_changed(attempt);
  return replace_steps::refuse(ReasonCode::source_changed,
                               attempt.shown(site.source) + " changed: " + back.error().message);
}

Step swap(Attempt& attempt) {
  Step swapped = attempt.site.in_place() ? swap_in_place(attempt) : swap_to_new_name(attempt);
  if (!swapped) return swapped;
  auto settled = settle_old(attempt.site, attempt.journal, attempt.site.old_name);
  if (!settled) {
    const bool taken = settled.error().errno_value == EEXIST;
    return refuse(settled.error(), taken ? ReasonCode::orig_exists : ReasonCode::replace_failed);
  }
  attempt.warnings.insert(attempt.warnings.end(), settled->begin(), settled->end());
  return {};
}

// ---- The whole -------------------------------------------------------------------------------

std::unexpected<Reason> after_cleanup(Reason reason, const Status& cleaned) {
  if (!cleaned) reason.text += "; " + cleaned.error().message;
  return std::unexpected(std::move(reason));
}

ReplaceJournal journal_for(const ReplaceRequest& request, const Site& site) {
  return {.source = request.source,
          .final_path = request.final_path,
          .staged = site.directory.path / site.staged,
          .old_name = site.directory.path / site.old_name,
          .keep_original = request.keep_original,
          .original = request.probed,
          .staged_stamp = {}};
}

std::expected<Attempt, Reason> open_attempt(const ReplaceRequest& request) {
  auto site = open_site(request.source, request.final_path, request.job_id);
  if (!site) return refuse(site.error());
  auto original = media_fs::open_regular(site->directory, site->source);
  if (!original) {
    const int why = original.error().errno_value;  // 0: no regular file any more
    const bool gone = why == ENOENT || why == ELOOP || why == 0;
    return refuse(original.error(), gone ? ReasonCode::source_changed : ReasonCode::unreadable);
  }
  ReplaceJournal journal = journal_for(request, *site);
  Attempt attempt{request, std::move(*site), std::move(*original), Fd(), std::move(journal), {}};
  const auto opened = media_fs::stamp_of_open(attempt.original, request.source.native());
  if (!opened) return refuse(opened.error());
  if (!same_version(*opened, request.probed)) return source_changed(attempt);
  if (Step same = look_again(attempt); !same) return std::unexpected(same.error());
  return attempt;
}

}  // namespace

ReplaceRequest replace_request(const Candidate& candidate, std::string job_id, fs::path final_path,
                               const Config& config) {
  return {.job_id = std::move(job_id),
          .source = candidate.path,
          .root = candidate.root,
          .final_path = std::move(final_path),
          .probed = candidate.stamp,
          .keep_original = config.keep_original,
          .allow_owner_change = config.allow_owner_change,
          .skip_hardlinked = config.skip_hardlinked};
}

std::expected<Replaced, Reason> replace_original(const ReplaceRequest& request,
                                                 const fs::path& output,
                                                 const JournalWriter& write_journal,
                                                 std::stop_token stop) {
  auto attempt = open_attempt(request);
  if (!attempt) return std::unexpected(attempt.error());
  const Site& site = attempt->site;
  auto staged = stage_output(site, output, stop);
  if (!staged) return std::unexpected(staged.error());
  attempt->staged = std::move(*staged);
  if (Step ready = make_ready(*attempt, write_journal, stop); !ready) {
    return after_cleanup(ready.error(), remove_open(site.directory, site.staged, attempt->staged));
  }
  // The journal is on the disk: from here on a crash is recover()'s to mend.
  if (Step swapped = swap(*attempt); !swapped) {
    return after_cleanup(swapped.error(), put_back(site, attempt->journal));
  }
  const FileStamp& now = attempt->journal.staged_stamp;
  return Replaced{.result = {request.final_path, now.size_bytes, now.mtime_ns},
                  .original_bytes = request.probed.size_bytes,
                  .warnings = std::move(attempt->warnings)};
}

}  // namespace av1d
