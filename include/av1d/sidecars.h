// NAME.why.txt: the word to the owner beside a file that was turned down.
#pragma once

#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

// The text of a sidecar: first line "av1d: " and the reason, then what to do to have the file tried
// again (which key, which file to remove). Ends with a newline. Pure.
std::string why_text(const Reason& reason, const fs::path& source);

// What the owner can do about a reason, one sentence; also for the scan's report. Pure.
std::string remedy(ReasonCode code);

// The configuration key that would change a reason's answer ("min_bytes"), "" where none does.
// Pure.
std::string_view deciding_key(ReasonCode code);

fs::path why_path(const fs::path& source);  // NAME.why.txt. Pure.

// Writes the sidecar atomically unless the same text stands there already. A file of that name
// whose first line does not begin with "av1d: " is the owner's: left alone, an error. A name that
// does not fit NAME_MAX is an error too. Writes to the library.
Status write_why(const fs::path& source, const Reason& reason);

// Removes the sidecar if it is ours; no error when there is none or it is the owner's.
Status remove_why(const fs::path& source);

}  // namespace av1d
