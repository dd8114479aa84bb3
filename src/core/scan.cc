// The walk through the library. A directory is opened, listed whole, its files are looked at
// relative to the open descriptor, and it is closed before the next one: one descriptor at a time
// however deep the library, and d_type and the extension spare most entries their stat.
#include "av1d/scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <unordered_set>

#include "av1d/text.h"
#include "scan_paths.h"
#include "small_file.h"

namespace av1d {

namespace {

using DirectoryId = std::pair<dev_t, ino_t>;

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using DirHandle = std::unique_ptr<DIR, CloseDir>;

struct ListedEntry {
  std::string name;
  unsigned char type = DT_UNKNOWN;
};

// A directory that waits for its visit, and what its ancestors said about everything below.
struct PendingDirectory {
  fs::path path;
  std::optional<fs::path> marker;
  std::optional<fs::path> disc_structure;
};

enum class Listing { whole, cut_short };

// The names of one directory in byte order.
class ListedNames {
 public:
  ListedNames(std::vector<ListedEntry> entries, Listing listing)
      : entries_(std::move(entries)), listing_(listing) {
    std::sort(entries_.begin(), entries_.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
  }
  const std::vector<ListedEntry>& entries() const { return entries_; }
  bool has(const std::string& name) const {
    const auto at = std::lower_bound(entries_.begin(), entries_.end(), name,
                                     [](const auto& a, const auto& b) { return a.name < b; });
    return at != entries_.end() && at->name == name;
  }
  bool surely_lacks(const std::string& name) const {
    return listing_ == Listing::whole && !has(name);
  }

 private:
  std::vector<ListedEntry> entries_;
  Listing listing_;
};

bool is_dot_name(const char* name) {
  return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

class LibraryWalk {
 public:
  LibraryWalk(const Config& config, const std::vector<fs::path>& excluded, std::stop_token stop)
      : stop_(std::move(stop)) {
    for (const auto& extension : config.extensions) extensions_.insert(to_lower(extension));
    for (const auto& path : excluded) {
      struct stat status {};
      if (::stat(path.c_str(), &status) == 0) excluded_.emplace(status.st_dev, status.st_ino);
    }
  }

  void walk(const fs::path& root) {
    root_ = root;
    pending_.push_back({root, std::nullopt, std::nullopt});
    if (is_disc_structure(root.filename().native())) pending_.back().disc_structure = root;
    while (!pending_.empty()) {
      if (stop_.stop_requested()) {
        result_.stopped = true;
        return;
      }
      const PendingDirectory next = std::move(pending_.back());
      pending_.pop_back();
      visit(next);
    }
  }

  ScanResult finish() {
    const auto bytes = [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); };
    std::sort(result_.candidates.begin(), result_.candidates.end(),
              [&](const auto& a, const auto& b) { return bytes(a.path, b.path); });
    std::sort(result_.leftovers.begin(), result_.leftovers.end(), bytes);
    return std::move(result_);
  }

 private:
  bool at_root(const PendingDirectory& directory) const { return directory.path == root_; }
  void visit(const PendingDirectory& directory);
  void note_entries(const PendingDirectory& directory, std::size_t entries);
  void cannot_open(const PendingDirectory& directory, int error);
  ListedNames list(DIR* dir, const PendingDirectory& directory);
  void take_entries(int fd, const ListedNames& names, const PendingDirectory& directory);
  void take_file(int fd, const std::string& name, const ListedNames& names,
                 const PendingDirectory& directory);
  unsigned char type_of(int fd, const ListedEntry& entry, const fs::path& directory);
  std::optional<std::string> film_of_note(std::string_view name) const {
    if (!name.ends_with(kSidecarSuffix)) return std::nullopt;
    name.remove_suffix(kSidecarSuffix.size());
    return is_wanted(name) ? std::optional<std::string>(name) : std::nullopt;
  }
  bool is_wanted(std::string_view name) const {
    return extensions_.contains(to_lower(file_extension(name)));
  }
  void warn(const fs::path& path, std::string_view what, int error) {
    result_.warnings.push_back({path, std::string(what) + ": " + std::strerror(error)});
  }

  std::stop_token stop_;
  std::unordered_set<std::string> extensions_;
  std::set<DirectoryId> excluded_;
  std::map<DirectoryId, std::size_t> visited_;  // and how many entries it had
  fs::path root_;
  std::vector<PendingDirectory> pending_;  // a stack: the next one is at the back
  ScanResult result_;
};

void LibraryWalk::visit(const PendingDirectory& directory) {
  // Only a root may be a link; below it, one that took a directory's place meanwhile is not ours.
  const int follow = at_root(directory) ? 0 : O_NOFOLLOW;
  OwnedFd fd(
      ::open(directory.path.c_str(), O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC | follow));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return cannot_open(directory, errno);
  const DirectoryId id{status.st_dev, status.st_ino};
  if (excluded_.contains(id)) {
    if (at_root(directory)) {
      result_.warnings.push_back({root_, "library root is a directory of av1d's own: not scanned"});
      result_.absent_roots.push_back(root_);
    }
    return;
  }
  if (const auto seen = visited_.find(id); seen != visited_.end()) {
    return note_entries(directory, seen->second);
  }
  const DirHandle dir(::fdopendir(fd.get()));
  if (!dir) return cannot_open(directory, errno);
  fd.release();  // closedir closes it
  ++result_.directories;

  const ListedNames names = list(dir.get(), directory);
  visited_.emplace(id, names.entries().size());
  note_entries(directory, names.entries().size());
  take_entries(::dirfd(dir.get()), names, directory);
}

// An empty library is far rarer than a mount that is gone.
void LibraryWalk::note_entries(const PendingDirectory& directory, std::size_t entries) {
  if (!at_root(directory) || entries > 0) return;
  result_.absent_roots.push_back(root_);
  result_.warnings.push_back({root_, "library root is empty: is its filesystem mounted?"});
}

void LibraryWalk::cannot_open(const PendingDirectory& directory, int error) {
  if (at_root(directory)) {
    result_.absent_roots.push_back(root_);
    return warn(root_, "cannot read library root", error);
  }
  // Removed, or replaced by a link or a file, since its parent was listed: not our business.
  if (error == ENOENT || error == ENOTDIR || error == ELOOP) return;
  warn(directory.path, "cannot read directory", error);
}

ListedNames LibraryWalk::list(DIR* dir, const PendingDirectory& directory) {
  std::vector<ListedEntry> entries;
  Listing listing = Listing::whole;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(dir);
    if (entry == nullptr) break;
    if (!is_dot_name(entry->d_name)) entries.push_back({entry->d_name, entry->d_type});
  }
  if (errno != 0) {
    listing = Listing::cut_short;
    warn(directory.path, "cannot read the whole directory", errno);
    // What was not listed must not look deleted.
    if (at_root(directory) && !entries.empty()) result_.absent_roots.push_back(root_);
  }
  result_.entries += entries.size();
  return {std::move(entries), listing};
}

unsigned char LibraryWalk::type_of(int fd, const ListedEntry& entry, const fs::path& directory) {
  if (entry.type != DT_UNKNOWN) return entry.type;
  struct stat status {};
  if (::fstatat(fd, entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    return static_cast<unsigned char>(IFTODT(status.st_mode));
  }
  if (errno != ENOENT) warn(directory / entry.name, "cannot look at", errno);
  return DT_UNKNOWN;
}

void LibraryWalk::take_entries(int fd, const ListedNames& names,
                               const PendingDirectory& directory) {
  PendingDirectory here = directory;
  if (names.has(std::string(kMarkerSuffix))) here.marker = directory.path / kMarkerSuffix;
  const std::size_t first_child = pending_.size();
  for (const auto& entry : names.entries()) {
    if (is_leftover_name(entry.name)) {
      if (type_of(fd, entry, here.path) == DT_REG)
        result_.leftovers.push_back(here.path / entry.name);
      continue;
    }
    if (const auto film = film_of_note(entry.name); film && names.surely_lacks(*film)) {
      result_.gone_films.push_back(here.path / *film);
    }
    const unsigned char type = type_of(fd, entry, here.path);
    if (type == DT_REG && !is_own_name(entry.name) && is_wanted(entry.name)) {
      take_file(fd, entry.name, names, here);
    }
    if (type != DT_DIR || is_ignored_directory(entry.name)) continue;
    PendingDirectory child{here.path / entry.name, here.marker, here.disc_structure};
    if (!child.disc_structure && is_disc_structure(entry.name)) child.disc_structure = child.path;
    pending_.push_back(std::move(child));
  }
  // The stack hands out its end first: the first name must come last.
  std::reverse(pending_.begin() + static_cast<std::ptrdiff_t>(first_child), pending_.end());
}

void LibraryWalk::take_file(int fd, const std::string& name, const ListedNames& names,
                            const PendingDirectory& directory) {
  Candidate candidate;
  candidate.path = directory.path / name;
  struct stat status {};
  if (::fstatat(fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno != ENOENT) warn(candidate.path, "cannot look at", errno);
    return;  // ENOENT: removed since the listing
  }
  if (!S_ISREG(status.st_mode)) return;
  // Reachable from here, but no later step could open it by its name.
  if (candidate.path.native().size() >= PATH_MAX) {
    return warn(candidate.path, "cannot use file", ENAMETOOLONG);
  }
  candidate.root = root_;
  candidate.stamp = to_stamp(status);
  candidate.disc_structure = directory.disc_structure;
  candidate.marker = directory.marker;
  if (names.has(name + std::string(kMarkerSuffix))) {
    candidate.marker = candidate.path.native() + std::string(kMarkerSuffix);
  }
  candidate.has_sidecar = names.has(name + std::string(kSidecarSuffix));
  result_.candidates.push_back(std::move(candidate));
}

}  // namespace

ScanResult scan(const Config& config, const std::vector<fs::path>& excluded, std::stop_token stop) {
  LibraryWalk walk(config, excluded, stop);
  for (const auto& root : ordered_roots(config)) {
    if (stop.stop_requested()) break;
    walk.walk(root);
  }
  ScanResult result = walk.finish();
  result.stopped = result.stopped || stop.stop_requested();
  return result;
}

}  // namespace av1d
