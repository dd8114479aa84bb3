// A filesystem on a loop device, whose power can be cut for real: the kernel shuts it down with
// nothing more written, and the next mount replays its journal as after a crash. Needs root.
#pragma once

#include <filesystem>
#include <string>

namespace av1d::test {

namespace fs = std::filesystem;

// What of the unsynced writes reaches the disk at a cut. A power cut may leave either: `nothing`
// is what a disk has before the filesystem's next commit, `names` what it has when names and sizes
// were committed and the data of new files were not yet written.
enum class Cut { nothing, names };

class LoopDisk {
 public:
  // `kind`: ext4 or xfs. Makes `directory`.img, mounts it at `directory`.
  LoopDisk(std::string kind, fs::path directory);
  ~LoopDisk();
  LoopDisk(const LoopDisk&) = delete;
  LoopDisk& operator=(const LoopDisk&) = delete;

  bool mounted() const { return mounted_; }
  const std::string& problem() const { return problem_; }  // why it is not mounted
  const fs::path& path() const { return directory_; }

  void sync() const;        // all of it, to the disk
  void cut(Cut cut) const;  // from now on every call fails with EIO
  // After a cut and the end of all who had files open: unmounts and mounts again.
  void restart();

 private:
  bool mount();
  bool unmount();

  std::string kind_;
  fs::path directory_;
  fs::path image_;
  std::string problem_;
  bool mounted_ = false;
};

}  // namespace av1d::test
