// Names and single files of the library: what the walk of scan.cc knows from listings, asked of one
// path at a time.
#include "scan_paths.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "av1d/scan.h"
#include "av1d/text.h"

namespace av1d {

namespace {

// "/media//movies/" and "/media/movies" are one root; ".." is left alone, because behind a link it
// means another directory than the text says.
fs::path tidy_root(const fs::path& root) {
  const bool climbs = std::find(root.begin(), root.end(), fs::path("..")) != root.end();
  fs::path tidy = climbs ? root : root.lexically_normal();
  if (!tidy.has_filename() && tidy != tidy.root_path()) tidy = tidy.parent_path();
  return tidy;
}

// True when `path` is `directory` or lies below it, by their texts.
bool is_at_or_below(const fs::path& path, const fs::path& directory) {
  return std::mismatch(directory.begin(), directory.end(), path.begin(), path.end()).first ==
         directory.end();
}

std::int64_t to_nanoseconds(const timespec& time) {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  std::int64_t out = 0;
  if (__builtin_mul_overflow(std::int64_t{time.tv_sec}, kPerSecond, &out) ||
      __builtin_add_overflow(out, std::int64_t{time.tv_nsec}, &out)) {
    return time.tv_sec < 0 ? std::numeric_limits<std::int64_t>::min()
                           : std::numeric_limits<std::int64_t>::max();
  }
  return out;
}

// Whether something of this name exists. A place that cannot be looked at (EIO, ESTALE) counts as
// marked: the owner's word is not overridden by a disk's hiccup.
bool may_exist(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) return true;
  return errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG;
}

bool exists_for_sure(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

// Where scan() would have met a file: its path through the configured root, and that root.
struct PlaceInLibrary {
  fs::path path;
  fs::path root;
};

Result<PlaceInLibrary> place_in_library(const fs::path& path, const Config& config) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  if (error) return fail_errno("read", path.native(), error.value());
  const fs::path parent = fs::canonical(absolute.parent_path(), error);
  if (error) return fail_errno("read", path.native(), error.value());
  for (const auto& root : ordered_roots(config)) {
    const fs::path real_root = fs::canonical(root, error);
    if (error || !is_at_or_below(parent, real_root)) continue;  // an absent root holds nothing
    const fs::path below = parent.lexically_relative(real_root);
    return PlaceInLibrary{(below == "." ? root : root / below) / absolute.filename(), root};
  }
  return PlaceInLibrary{parent / absolute.filename(), parent};
}

// The outermost disc structure among the directories from `root` down to the file.
std::optional<fs::path> find_disc_structure(const fs::path& path, const fs::path& root) {
  std::optional<fs::path> found;
  for (fs::path at = path.parent_path();; at = at.parent_path()) {
    if (is_disc_structure(at.filename().native())) found = at;
    if (at == root || at == at.parent_path()) return found;
  }
}

}  // namespace

std::vector<fs::path> ordered_roots(const Config& config) {
  std::vector<fs::path> roots;
  for (const auto& root : config.library_roots) roots.push_back(tidy_root(root));
  std::sort(roots.begin(), roots.end());  // component by component: a parent before its children
  roots.erase(std::unique(roots.begin(), roots.end()), roots.end());
  return roots;
}

FileStamp to_stamp(const struct stat& status) {
  FileStamp stamp;
  stamp.device = status.st_dev;
  stamp.inode = status.st_ino;
  stamp.size_bytes = static_cast<std::uint64_t>(status.st_size);
  stamp.mtime_ns = to_nanoseconds(status.st_mtim);
  stamp.ctime_ns = to_nanoseconds(status.st_ctim);
  stamp.link_count = static_cast<std::uint32_t>(status.st_nlink);
  return stamp;
}

bool same_version(const FileStamp& a, const FileStamp& b) {
  return a.inode == b.inode && a.size_bytes == b.size_bytes && a.mtime_ns == b.mtime_ns;
}

Result<FileStamp> stamp_of(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return fail_errno("read", path.native(), errno);
  if (!S_ISREG(status.st_mode)) {
    return fail("cannot use '" + printable(path.native()) + "': not a regular file");
  }
  return to_stamp(status);
}

Result<fs::path> library_path(const fs::path& path, const Config& config) {
  auto place = place_in_library(path, config);
  if (!place) return std::unexpected(place.error());
  return std::move(place->path);
}

Result<Candidate> inspect(const fs::path& path, const Config& config) {
  auto place = place_in_library(path, config);
  if (!place) return std::unexpected(place.error());
  auto stamp = stamp_of(place->path);
  if (!stamp) return std::unexpected(stamp.error());
  Candidate candidate;
  candidate.path = place->path;
  candidate.root = place->root;
  candidate.stamp = *stamp;
  candidate.marker = find_marker(place->path, place->root);
  candidate.disc_structure = find_disc_structure(place->path, place->root);
  candidate.has_sidecar = exists_for_sure(place->path.native() + std::string(kSidecarSuffix));
  return candidate;
}

std::optional<fs::path> find_marker(const fs::path& path, const fs::path& root) {
  const fs::path beside = path.native() + std::string(kMarkerSuffix);
  if (may_exist(beside)) return beside;
  const fs::path top = tidy_root(root);
  for (fs::path at = path.parent_path();; at = at.parent_path()) {
    const fs::path marker = at / kMarkerSuffix;
    if (may_exist(marker)) return marker;
    if (at == at.parent_path() || !is_at_or_below(at, top) || at == top) return std::nullopt;
  }
}

std::optional<std::string> why_passed_over(const Candidate& candidate, const Config& config) {
  const std::vector<fs::path> roots = ordered_roots(config);
  if (std::ranges::find(roots, candidate.root) == roots.end()) {
    return "it lies below none of library_roots";
  }
  const fs::path directory = candidate.path.parent_path();
  for (const fs::path& own : {config.job_state_dir, config.temp_output_dir}) {
    if (is_at_or_below(directory, own)) return "it lies in a directory that av1d uses itself";
  }
  for (const fs::path& part : directory.lexically_relative(candidate.root)) {
    if (!is_ignored_directory(part.native())) continue;
    return "it lies in '" + printable(part.native()) + "', which is never entered";
  }
  const std::string name = candidate.path.filename().native();
  if (is_own_name(name)) return "its name is one that av1d gives to files of its own";
  const bool wanted = std::ranges::any_of(config.extensions, [&](const std::string& extension) {
    return equals_ignore_case(extension, file_extension(name));
  });
  if (wanted) return std::nullopt;
  return "its extension is not among `extensions`";
}

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path;
  path.reserve(directory.size() + 1 + name.size());
  path += directory;
  if (!path.ends_with('/')) path += '/';
  return path += name;
}

bool is_leftover_name(std::string_view name) {
  constexpr std::string_view kPrefix = ".av1d-";
  constexpr std::size_t kHexDigits = 32;
  if (!name.starts_with(kPrefix) || name.size() < kPrefix.size() + kHexDigits) return false;
  const std::string_view id = name.substr(kPrefix.size(), kHexDigits);
  const std::string_view suffix = name.substr(kPrefix.size() + kHexDigits);
  return id.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
         (suffix == ".tmp" || suffix == ".old" || suffix == ".probe");
}

bool is_own_name(std::string_view name) {
  return is_leftover_name(name) || name.ends_with(".orig") || name.ends_with(kSidecarSuffix) ||
         name.ends_with(kMarkerSuffix);
}

bool is_ignored_directory(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames = {"lost+found", "@eaDir", "#recycle",
                                                      ".stversions", ".snapshots"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         name.starts_with(".Trash-");
}

bool is_disc_structure(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames = {"BDMV", "VIDEO_TS", "HVDVD_TS", "AVCHD"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view known) { return equals_ignore_case(known, name); });
}

}  // namespace av1d
