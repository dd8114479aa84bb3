// The walk through the library roots. The only step that lists directories.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "av1d/config.h"
#include "av1d/result.h"
#include "av1d/types.h"
#include "av1d/workers.h"

namespace av1d {

struct ScanWarning {
  fs::path path;
  std::string what;
};

// The files that a scan found, ordered by the path of their directory and their name. Kept small:
// about 150 bytes a file, where a Candidate takes a kilobyte; one is made when it is asked for.
class FoundFiles {
 public:
  std::size_t size() const { return files_.size(); }
  Candidate operator[](std::size_t index) const;

  // The directory that add() speaks of from now on.
  struct Directory {
    std::string path;  // absolute
    std::string root;  // the library root that it was found under
    std::optional<fs::path> marker;
    std::optional<fs::path> disc_structure;
  };
  void enter(Directory directory) { directories_.push_back(std::move(directory)); }
  struct File {
    FileStamp stamp;
    bool is_marked = false;  // NAME.av1skip stands beside it
    bool has_sidecar = false;
  };
  void add(std::string_view name, const File& file);

  void append(FoundFiles&& others);
  void sort();
  void clear() { *this = FoundFiles(); }

 private:
  struct Entry {
    File file;
    std::uint32_t directory = 0;
    std::uint32_t name_length = 0;
    std::size_t name_at = 0;  // in names_
  };
  std::string_view name_of(const Entry& entry) const {
    return std::string_view(names_).substr(entry.name_at, entry.name_length);
  }

  std::vector<Directory> directories_;
  std::vector<Entry> files_;
  std::string names_;
};

struct ScanResult {
  FoundFiles files;
  std::vector<ScanWarning> warnings;   // missing roots, directories that cannot be read
  std::vector<fs::path> absent_roots;  // roots missing or empty (a mount that is gone?): what is
                                       // known of them is not forgotten
  std::vector<fs::path> leftovers;     // files that carry a name of the daemon's own temporaries
  std::vector<fs::path> gone_films;    // whose NAME.why.txt (whoever wrote it) still stands
  std::uint64_t directories = 0;
  std::uint64_t entries = 0;
  bool stopped = false;  // by the stop token: the lists are incomplete
};

// Walks all roots recursively, on `workers` threads. Symbolic links are not followed (a root itself
// may be one), a directory reached twice is read once, by the path that comes first in the order of
// names. Takes one stat per file with a video extension, none for others. `excluded` directories
// (the daemon's own) are passed over. What it finds does not depend on `workers`. Reads the disk
// only.
ScanResult scan(const Config& config, const std::vector<fs::path>& excluded,
                std::stop_token stop = {}, unsigned workers = worker_count());

// One file as scan() would have found it: for --explain, and for looking again at one candidate.
// An error when it is not a regular file or cannot be reached. Reads the disk.
Result<Candidate> inspect(const fs::path& path, const Config& config);

// Where scan() would have met `path`, were it given relative or through a link to a directory: its
// path through the configured root. The file itself need not exist. Reads the disk.
Result<fs::path> library_path(const fs::path& path, const Config& config);

// lstat of a regular file (never follows a link). Reads the disk.
Result<FileStamp> stamp_of(const fs::path& path);

// The same inode with the same size and mtime. Not the device, which many filesystems number anew
// at each mount, nor ctime, which moves with a rename. Pure.
bool same_version(const FileStamp& a, const FileStamp& b);

// The marker that covers `path`: NAME.av1skip beside it, or a file .av1skip in its directory or any
// one above up to `root`. Reads the disk.
std::optional<fs::path> find_marker(const fs::path& path, const fs::path& root);

// True for names that the daemon itself makes (.av1d-<32 hex>.tmp or .old or .probe, NAME.orig,
// NAME.why.txt, NAME.av1skip). Pure.
bool is_own_name(std::string_view name);

// True for directories that are never entered: lost+found, @eaDir, #recycle, .Trash-*,
// .stversions, .snapshots. Pure.
bool is_ignored_directory(std::string_view name);

// True for BDMV, VIDEO_TS, HVDVD_TS and AVCHD, in any case. Pure.
bool is_disc_structure(std::string_view name);

}  // namespace av1d
