// The walk through the library roots. The only step that lists directories.
#pragma once

#include <cstddef>
#include <memory>
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
// some 200 bytes a file, where a Candidate takes a kilobyte; one is made when it is asked for.
class FoundFiles {
 public:
  struct Directory {
    std::string path;  // absolute
    std::string root;  // the library root that it was found under
    std::optional<fs::path> marker;
    std::optional<fs::path> disc_structure;
  };
  struct File {
    std::string_view name;
    FileStamp stamp;
    bool is_marked = false;  // NAME.av1skip stands beside it
    bool has_sidecar = false;
  };

  std::size_t size() const { return size_; }
  Candidate operator[](std::size_t index) const;

  // Files of one directory, in the order of their names; none is no matter. Names are copied.
  void add(Directory directory, const std::vector<File>& files);
  void append(FoundFiles&& others);
  void sort();
  void clear() { *this = FoundFiles(); }

 private:
  // One directory's, at its place for good: lists of a whole library that grow, are joined and
  // sorted cost more than the walk itself.
  struct Block {
    Directory directory;
    std::string names;        // one after the other
    std::vector<File> files;  // their names are in `names`
    std::size_t first = 0;    // index of its first file
  };
  void number();

  std::vector<std::unique_ptr<Block>> blocks_;
  std::size_t size_ = 0;
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

// Why scan() passes this file over whatever it holds (where it lies, its name), in words for its
// owner; nothing for a candidate. Pure.
std::optional<std::string> why_passed_over(const Candidate& candidate, const Config& config);

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
