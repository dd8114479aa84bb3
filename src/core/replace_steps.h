// What the parts of the replace protocol share: the names of one replace in their directory, and
// the steps that replace_original(), preflight() and recover() are made of. Private to replace.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "av1d/job_store.h"
#include "av1d/replace.h"
#include "media_fs.h"

namespace av1d::replace_steps {

using Warnings = std::vector<std::string>;

// S, F and our own names, all in one directory that was opened once.
struct Site {
  media_fs::Directory directory;
  std::string source;
  std::string final_name;
  std::string staged;    // .av1d-<id>.tmp
  std::string old_name;  // .av1d-<id>.old
  std::string probe;     // .av1d-<id>.probe
  std::string orig;      // NAME.orig

  bool in_place() const { return source == final_name; }
};

std::string own_name(const std::string& job_id, std::string_view suffix);

// The whole path of `name`, in quotes and fit to be shown.
std::string quoted(const Site& site, const std::string& name);

// An error when F does not lie beside S, or D cannot be opened.
Result<Site> open_site(const fs::path& source, const fs::path& final_path, const std::string& id);

std::unexpected<Reason> refuse(ReasonCode code, std::string text);
// errno decides: no_space, io_error, name_too_long; for all others `otherwise`.
Reason reason_from(const Error& error, ReasonCode otherwise = ReasonCode::replace_failed);

// ---- replace_stage.cc -------------------------------------------------------------------------

// Brings `output` to the staged name, mode 0600: by rename, else by a copy that is synced, read
// back from the disk and compared. Nothing is left behind on failure.
std::expected<media_fs::Fd, Reason> stage_output(const Site& site, const fs::path& output,
                                                 const std::stop_token& stop);

// Removes a file that this process made and has open.
Status remove_open(const media_fs::Directory& directory, const std::string& name,
                   const media_fs::Fd& file);

// ---- replace_dress.cc -------------------------------------------------------------------------

enum class OwnerChange { refused, allowed };

// Gives `copy` the owner, group, mode, ACL, user.* attributes and times of `original`, and
// compares. At no moment is it open to anybody that the original is closed to. Warns of attributes
// and times that could not be kept. May be repeated on the same copy.
std::expected<Warnings, Reason> dress(const media_fs::Fd& original, const media_fs::Fd& copy,
                                      OwnerChange owner_change, std::string_view shown);

// ---- replace_recover.cc -----------------------------------------------------------------------

// second_link: another name of whatever S names, made by us where there is no EXCHANGE.
enum class Holder { nothing, original, staged, second_link, other };

// Which of the journal's two files `name` stands for now.
Result<Holder> holder(const Site& site, const std::string& name, const ReplaceJournal& journal);

// S, F and the names of ours that the journal tells.
Result<Site> site_of(const ReplaceJournal& journal);

// The last step: syncs D, verifies the old file under `old` once more and gives it the name .orig
// or unlinks it. An error means that it still has its name.
Result<Warnings> settle_old(const Site& site, const ReplaceJournal& journal,
                            const std::string& old);

// Undoes a swap at whatever point it stands: the original gets its name again, then the staged file
// goes. Touches only files that are recognised as one of these two.
Status put_back(const Site& site, const ReplaceJournal& journal);

// ---- replace_undo.cc --------------------------------------------------------------------------

// recover() of a journal whose kind is `undo`: by what the names stand for now the undo is
// finished, or was not begun. Never takes the original's name away again.
Recovery recover_undo(const Site& site, const ReplaceJournal& journal);

}  // namespace av1d::replace_steps
