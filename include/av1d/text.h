// Small text helpers that several rooms need. All pure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/types.h"

namespace av1d {

// "1.4 GiB", "512 B": binary units, one decimal from KiB on.
std::string format_bytes(std::uint64_t bytes);

// For people (log, sidecar, terminal): control characters and bytes that are not UTF-8 become
// \xNN, a backslash \\; everything else stays. A file name can so never send an escape sequence.
// Of a path: printable(path.native()).
std::string printable(std::string_view bytes);

// One word of a command line for a POSIX shell, quoted only where needed. Control bytes are
// written as $'..' strings so that the line can be pasted.
std::string shell_quote(std::string_view word);
std::string shell_command(const std::vector<std::string>& argv);

// ASCII only.
std::string to_lower(std::string_view text);
bool equals_ignore_case(std::string_view a, std::string_view b);

// The extension of a file name without its dot, as written: "mkv" of "a.mkv" and of ".mkv".
// std::filesystem says that ".mkv" has none; a library does not care.
std::string_view file_extension(std::string_view name);
// The name with its extension replaced (or added): ("a.mov", "mp4") -> "a.mp4".
std::string replace_extension(std::string_view name, std::string_view extension);

// RFC 3339 in UTC with seconds: "2026-11-22T11:12:13Z".
std::string format_time(std::chrono::system_clock::time_point time);

// 128-bit FNV-1a (Fowler, Noll, Vo; constants of draft-eastlake-fnv) as 32 hex digits. Not against
// an adversary: against two films of one library ever sharing a job.
std::string fnv1a_hex(std::string_view bytes);

}  // namespace av1d
