// A filesystem that is soon full.
#pragma once

#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>

namespace av1d::test {

namespace fs = std::filesystem;

// A filesystem of its own in memory, while root may mount one.
class SmallDisk {
 public:
  SmallDisk(const fs::path& where, const char* options) : where_(where) {
    fs::create_directories(where_);
    mounted_ = ::geteuid() == 0 && ::mount("tmpfs", where_.c_str(), "tmpfs", 0, options) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(where_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }
  bool resize(const char* options) const {
    return ::mount("tmpfs", where_.c_str(), "tmpfs", MS_REMOUNT, options) == 0;
  }

 private:
  fs::path where_;
  bool mounted_ = false;
};

}  // namespace av1d::test
