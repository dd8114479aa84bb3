// What scan.cc (the walk) and scan_paths.cc (one file at a time) share.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "av1d/config.h"
#include "av1d/types.h"

namespace av1d {

inline constexpr std::string_view kMarkerSuffix = ".av1skip";
inline constexpr std::string_view kSidecarSuffix = ".why.txt";

// The configured roots without trailing slashes and doubles, a directory before those inside it, so
// that overlapping roots give the same candidates in whatever order they are written. Pure.
std::vector<fs::path> ordered_roots(const Config& config);

// Pure. Times beyond what nanoseconds in 64 bits can hold (the year 2262) are cut to the last one.
FileStamp to_stamp(const struct stat& status);

// "DIRECTORY/NAME". Pure.
std::string join_path(std::string_view directory, std::string_view name);

// True for .av1d-<32 hex>.tmp, .old and .probe. Pure.
bool is_leftover_name(std::string_view name);

}  // namespace av1d
