// The notes beside films that are left as they are (NAME.why.txt), kept true from scan to scan.
#pragma once

#include <cstddef>
#include <mutex>
#include <unordered_set>

#include "av1d/scan.h"
#include "av1d/types.h"

namespace av1d {

// Whether an owner may wonder about a film with this reason: not inside a copy of a disc, and not
// for what passes by itself. Pure.
bool deserves_note(const Reason& reason);

// tell() and withdraw() may be called by several threads at once. What cannot be written or removed
// is said at debug: a note is a courtesy.
class Notes {
 public:
  // Before a scan's films.
  void begin_scan();
  // The note says `reason` from now on. One that has said so since an earlier scan costs no I/O:
  // there may be a hundred thousand of them.
  void tell(const Candidate& film, const Reason& reason);
  // Nothing is against the film any more.
  void withdraw(const Candidate& film) const;
  // Of films that are gone: av1d's own notes go as well.
  void sweep(const ScanResult& scan) const;

 private:
  // Hashes of the film's path and its note's text.
  std::unordered_set<std::size_t> before_, now_;
  std::mutex mutex_;  // now_
};

}  // namespace av1d
