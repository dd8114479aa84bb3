// The only place that renames, links or unlinks media. The promise: at every instant each library
// path holds the whole original or the whole, proven replacement. Protocol: README "How a file is
// replaced" (stage, dress, last look, journal, swap, sync).
#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "av1d/config.h"
#include "av1d/job_store.h"
#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

struct ReplaceRequest {
  std::string job_id;
  fs::path source;      // S, absolute
  fs::path root;        // the library root, where the search for markers ends
  fs::path final_path;  // F: S, or S with the output container's extension
  FileStamp probed;     // S as it was probed and encoded
  bool keep_original = false;
  bool allow_owner_change = false;
  bool skip_hardlinked = true;
};

// The replace of one candidate as the configuration wants it. Pure.
ReplaceRequest replace_request(const Candidate& candidate, std::string job_id, fs::path final_path,
                               const Config& config);

// Whether S could be replaced at all: F free, names fit NAME_MAX and PATH_MAX, a probe file can be
// made in D with S's owner, group, mode and ACL and removed again, hard links or EXCHANGE are
// there, NAME.orig is free where it is wanted, S is not immutable, the directory not sticky against
// us. Before any hour is spent. Writes a probe file `.av1d-<id>.probe` to D and removes it.
std::optional<Reason> preflight(const ReplaceRequest& request);

// The same questions as far as they can be answered without writing: for --dry-run and --explain.
std::optional<Reason> preflight_read_only(const ReplaceRequest& request);

struct Replaced {
  ResultStamp result;
  std::uint64_t original_bytes = 0;
  std::vector<std::string> warnings;  // attributes or times that could not be kept
};

using JournalWriter = std::function<Status(const ReplaceJournal&)>;

// Puts `output` (proven by validation, on any filesystem) in the place of S. `write_journal` must
// have made its argument durable when it returns. On failure S is untouched, the staged file is
// gone, and the Reason says which step failed with errno's text; `output` is gone too once
// staging has renamed it, else it is the caller's to remove.
// A stop request is honoured before the journal is written, not after (code `interrupted`).
// Blocks: copies, syncs and renames in the library.
std::expected<Replaced, Reason> replace_original(const ReplaceRequest& request,
                                                 const fs::path& output,
                                                 const JournalWriter& write_journal,
                                                 std::stop_token stop = {});

// NAME.orig as a replace that keeps the original leaves it; nothing where it does not. Pure.
std::optional<ResultStamp> kept_original(const ReplaceJournal& journal);

// ---- The way back ------------------------------------------------------------------------------

struct UndoRequest {
  std::string job_id;
  fs::path source;     // S, the name that the original had
  FileStamp original;  // as it was encoded; size and mtime must still be those of NAME.orig
  ResultStamp result;  // the encode, as it must still stand at F
};

// Gives the original, kept as NAME.orig, its name back and removes the encode, by the protocol of
// the replace: journal (durable when write_journal returns), swap, sync, and only then the removal.
// Refuses, and changes nothing, unless both files are the recorded ones and every name needed is
// free. When the last step fails, the original is back and the journal must be kept: `settled` is
// false and the next recover() removes what is left. Returns the warnings. Writes to the library.
struct Undone {
  bool settled = true;
  std::string note;  // what is left where, if it is not settled
};
std::expected<Undone, Reason> undo_replace(const UndoRequest& request,
                                           const JournalWriter& write_journal);

// Removes NAME.orig of a finished job: only the recorded original, and only while the recorded
// encode stands at its place. `errno_value` is ENOENT where NAME.orig is gone and the encode is
// there: it can be forgotten. Writes to the library.
Status remove_kept_original(const ResultStamp& kept, const ResultStamp& result);

// ---- After a crash -----------------------------------------------------------------------------

struct Recovery {
  enum class What {
    finished,     // F holds the encode and all is tidy, `result` says what it is: the replace is
                  // complete, or an undo was not begun
    undone,       // S holds the original, leftovers are gone: encode again, unless it was an undo
    unsettled,    // undo: S holds the original, but the encode could not be removed: keep the
                  // journal
    unexplained,  // something is there that the journal does not explain: nothing was touched
  };
  What what = What::undone;
  std::optional<ResultStamp> result;
  std::string note;  // one sentence for the log
};

// Finishes or undoes what the journal of one job describes. Deletes a staged file
// only if it is the recorded one; puts back a file that is the source's version; anything else is
// left and reported. Idempotent. Writes to the library.
Recovery recover(const ReplaceJournal& journal);

// Removes D/.av1d-<id>.tmp and .probe of a job that never reached its journal (staging was
// interrupted). Only names of this very job are touched, and .tmp only when it is mode 0600 or the
// recorded staged file; never .old.
Status remove_staging(const fs::path& source, const std::string& job_id);

// Bytes free for us on the filesystem of `path` (statvfs f_bavail).
Result<std::uint64_t> free_bytes(const fs::path& path);

}  // namespace av1d
