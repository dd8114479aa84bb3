// The walk through the library. A directory is opened, listed whole, its files are looked at
// relative to the open descriptor, and it is closed before the next one: one descriptor a thread
// however deep the library, and d_type and the extension spare most entries their stat. Threads
// share the directories of one root; what they find is put in order at the end.
#include "av1d/scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <set>
#include <unordered_set>

#include "av1d/text.h"
#include "directory_listing.h"
#include "scan_agenda.h"
#include "scan_paths.h"
#include "small_file.h"

namespace av1d {

namespace {

template <class T>
void move_all(std::vector<T>& to, std::vector<T>& from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

void append(ScanResult& to, ScanResult&& from) {
  to.files.append(std::move(from.files));
  move_all(to.warnings, from.warnings);
  move_all(to.absent_roots, from.absent_roots);
  move_all(to.leftovers, from.leftovers);
  move_all(to.gone_films, from.gone_films);
  to.directories += from.directories;
  to.entries += from.entries;
  to.stopped = to.stopped || from.stopped;
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

  void walk(const fs::path& root, unsigned workers) {
    root_ = root.native();
    ++root_number_;
    ScanResult found = walk_root(workers);
    if (has_two_ways_) {
      // A directory that is mounted at two places of one root: which path counts must not depend on
      // who was there first. One worker always takes the same.
      visited_.forget(root_number_);
      has_two_ways_ = false;
      found = walk_root(1);
      has_two_ways_ = false;
    }
    add(std::move(found));
  }

  ScanResult finish() {
    result_.files.sort();
    for (auto* paths : {&result_.leftovers, &result_.gone_films}) {
      std::sort(paths->begin(), paths->end(),
                [](const auto& a, const auto& b) { return a.native() < b.native(); });
    }
    return std::move(result_);
  }

 private:
  // One thread's: what it found, and where it keeps the directory that it looks at.
  struct Worker {
    ScanResult found;
    DirectoryListing listing;
    std::vector<FoundFiles::File> files;  // of that listing
    std::vector<PendingDirectory> children;
    bool has_two_ways = false;
  };

  ScanResult walk_root(unsigned workers);
  void work(Agenda& agenda, Worker& worker);
  void add(ScanResult found);
  bool at_root(const PendingDirectory& directory) const { return directory.path == root_; }
  void visit(const PendingDirectory& directory, Worker& worker);
  void root_is_empty(Worker& worker) const;
  void cannot_open(const PendingDirectory& directory, int error, Worker& worker) const;
  void list(int fd, const PendingDirectory& directory, Worker& worker) const;
  void take_entries(int fd, const PendingDirectory& directory, Worker& worker) const;
  void take_files(int fd, const PendingDirectory& directory, Worker& worker) const;
  std::optional<FileStamp> stamp_of(int fd, const char* name, const PendingDirectory& directory,
                                    Worker& worker) const;
  bool is_note_of_gone_film(std::string_view name, const DirectoryListing& listing) const {
    if (!name.ends_with(kSidecarSuffix)) return false;
    name.remove_suffix(kSidecarSuffix.size());
    return is_wanted(name) && listing.surely_lacks(name);
  }
  bool is_wanted(std::string_view name) const {
    return extensions_.contains(to_lower(file_extension(name))) && !is_own_name(name);
  }
  static void warn(Worker& worker, fs::path path, std::string_view what, int error) {
    worker.found.warnings.push_back(
        {std::move(path), std::string(what) + ": " + std::strerror(error)});
  }

  std::stop_token stop_;
  std::unordered_set<std::string> extensions_;
  std::set<DirectoryId> excluded_;
  VisitedDirectories visited_;
  std::string root_;
  std::size_t root_number_ = 0;
  bool has_two_ways_ = false;
  ScanResult result_;
};

ScanResult LibraryWalk::walk_root(unsigned workers) {
  PendingDirectory first{root_, std::nullopt, std::nullopt};
  if (is_disc_structure(fs::path(root_).filename().native())) first.disc_structure = root_;
  Agenda agenda(std::move(first), workers);
  std::vector<Worker> all(workers);
  work_together(workers, [&](unsigned number) { work(agenda, all[number]); });
  ScanResult found;
  for (Worker& worker : all) {
    has_two_ways_ = has_two_ways_ || worker.has_two_ways;
    append(found, std::move(worker.found));
  }
  return found;
}

void LibraryWalk::work(Agenda& agenda, Worker& worker) {
  for (;;) {
    const auto directories = agenda.take();
    if (directories.empty()) return;
    for (const auto& directory : directories) {
      if (stop_.stop_requested()) {
        worker.found.stopped = true;
        agenda.drop_all();
        break;
      }
      visit(directory, worker);
    }
    agenda.give(std::move(worker.children));
  }
}

void LibraryWalk::visit(const PendingDirectory& directory, Worker& worker) {
  // Only a root may be a link; below it, one that took a directory's place meanwhile is not ours.
  const int follow = at_root(directory) ? 0 : O_NOFOLLOW;
  const OwnedFd fd(
      ::open(directory.path.c_str(), O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC | follow));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) {
    return cannot_open(directory, errno, worker);
  }
  const DirectoryId id{status.st_dev, status.st_ino};
  if (excluded_.contains(id)) {
    if (!at_root(directory)) return;
    worker.found.warnings.push_back(
        {root_, "library root is a directory of av1d's own: not scanned"});
    worker.found.absent_roots.emplace_back(root_);
    return;
  }
  using Claim = VisitedDirectories::Claim;
  const Claim claim = visited_.claim(id, root_number_);
  if (claim == Claim::again_under_this_root) worker.has_two_ways = true;
  if (claim != Claim::first) {
    if (at_root(directory) && visited_.is_empty(id)) root_is_empty(worker);
    return;
  }
  ++worker.found.directories;
  list(fd.get(), directory, worker);
  if (worker.listing.entries().empty()) {
    visited_.note_empty(id);
    if (at_root(directory)) root_is_empty(worker);
  }
  take_entries(fd.get(), directory, worker);
}

// An empty library is far rarer than a mount that is gone.
void LibraryWalk::root_is_empty(Worker& worker) const {
  worker.found.absent_roots.emplace_back(root_);
  worker.found.warnings.push_back({root_, "library root is empty: is its filesystem mounted?"});
}

void LibraryWalk::cannot_open(const PendingDirectory& directory, int error, Worker& worker) const {
  if (at_root(directory)) {
    worker.found.absent_roots.emplace_back(root_);
    return warn(worker, root_, "cannot read library root", error);
  }
  // Removed, or replaced by a link or a file, since its parent was listed: not our business.
  if (error == ENOENT || error == ENOTDIR || error == ELOOP) return;
  warn(worker, directory.path, "cannot read directory", error);
}

void LibraryWalk::list(int fd, const PendingDirectory& directory, Worker& worker) const {
  const int error = worker.listing.read(fd);
  if (error != 0) {
    warn(worker, directory.path, "cannot read the whole directory", error);
    // What was not listed must not look deleted.
    if (at_root(directory) && !worker.listing.entries().empty()) {
      worker.found.absent_roots.emplace_back(root_);
    }
  }
  worker.found.entries += worker.listing.entries().size();
  worker.listing.complete_types([&](const char* name) -> unsigned char {
    struct stat status {};
    if (::fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
      return static_cast<unsigned char>(IFTODT(status.st_mode));
    }
    if (errno != ENOENT) warn(worker, join_path(directory.path, name), "cannot look at", errno);
    return DT_UNKNOWN;
  });
}

void LibraryWalk::take_entries(int fd, const PendingDirectory& directory, Worker& worker) const {
  const DirectoryListing& listing = worker.listing;
  PendingDirectory here = directory;
  if (listing.has(kMarkerSuffix)) here.marker = join_path(directory.path, kMarkerSuffix);
  take_files(fd, here, worker);
  const auto first_child = static_cast<std::ptrdiff_t>(worker.children.size());
  for (const auto& entry : listing.entries()) {
    const std::string_view name = listing.name(entry);
    if (entry.type == DT_REG && is_leftover_name(name)) {
      worker.found.leftovers.emplace_back(join_path(here.path, name));
    }
    if (is_note_of_gone_film(name, listing)) {
      const std::string_view film = name.substr(0, name.size() - kSidecarSuffix.size());
      worker.found.gone_films.emplace_back(join_path(here.path, film));
    }
    if (entry.type != DT_DIR || is_leftover_name(name) || is_ignored_directory(name)) continue;
    PendingDirectory child{join_path(here.path, name), here.marker, here.disc_structure};
    if (!child.disc_structure && is_disc_structure(name)) child.disc_structure = child.path;
    worker.children.push_back(std::move(child));
  }
  // The stack hands out its end first: the first name must come last.
  std::reverse(worker.children.begin() + first_child, worker.children.end());
}

void LibraryWalk::take_files(int fd, const PendingDirectory& directory, Worker& worker) const {
  const DirectoryListing& listing = worker.listing;
  const bool has_markers = listing.has_ending(kMarkerSuffix);
  const bool has_sidecars = listing.has_ending(kSidecarSuffix);
  worker.files.clear();
  for (const auto& entry : listing.entries()) {
    const std::string_view name = listing.name(entry);
    if (entry.type != DT_REG || !is_wanted(name)) continue;
    const auto stamp = stamp_of(fd, listing.c_name(entry), directory, worker);
    if (!stamp) continue;
    const auto stands = [&](std::string_view suffix) {
      return listing.has(std::string(name) + std::string(suffix));
    };
    worker.files.push_back({name, *stamp, has_markers && stands(kMarkerSuffix),
                            has_sidecars && stands(kSidecarSuffix)});
  }
  worker.found.files.add({directory.path, root_, directory.marker, directory.disc_structure},
                         worker.files);
}

// Nothing where it is no file that a later step could open.
std::optional<FileStamp> LibraryWalk::stamp_of(int fd, const char* name,
                                               const PendingDirectory& directory,
                                               Worker& worker) const {
  struct stat status {};
  if (::fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    // ENOENT: removed since the listing.
    if (errno != ENOENT) warn(worker, join_path(directory.path, name), "cannot look at", errno);
    return std::nullopt;
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  // Reachable from here, but not by its name.
  std::string path = join_path(directory.path, name);
  if (path.size() >= PATH_MAX) {
    warn(worker, std::move(path), "cannot use file", ENAMETOOLONG);
    return std::nullopt;
  }
  return to_stamp(status);
}

void LibraryWalk::add(ScanResult found) {
  std::stable_sort(found.warnings.begin(), found.warnings.end(),
                   [](const auto& a, const auto& b) { return a.path.native() < b.path.native(); });
  append(result_, std::move(found));
}

}  // namespace

ScanResult scan(const Config& config, const std::vector<fs::path>& excluded, std::stop_token stop,
                unsigned workers) {
  LibraryWalk walk(config, excluded, stop);
  for (const auto& root : ordered_roots(config)) {
    if (stop.stop_requested()) break;
    walk.walk(root, workers);
  }
  ScanResult result = walk.finish();
  result.stopped = result.stopped || stop.stop_requested();
  return result;
}

}  // namespace av1d
