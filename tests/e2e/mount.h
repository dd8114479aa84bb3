// Filesystems that come and go with a test.
#pragma once

#include <sys/mount.h>

#include <filesystem>
#include <string>
#include <utility>

namespace av1d::test {

namespace fs = std::filesystem;

// Mounted from its beginning to its end, where that is permitted (to root).
class Mount {
 public:
  // A filesystem of its own in memory, with tmpfs's options: "size=1m".
  static Mount small_disk(const fs::path& where, const std::string& options) {
    return {"tmpfs", where, "tmpfs", 0, options};
  }
  // The directory `what` under another name.
  static Mount binding(const fs::path& what, const fs::path& where) {
    fs::create_directories(what);
    return {what, where, "none", MS_BIND, ""};
  }
  ~Mount() { go(); }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  bool mounted() const { return mounted_; }
  bool come() { return mounted_ = mounted_ || mount_it(flags_, options_); }
  void go() {
    if (std::exchange(mounted_, false)) ::umount2(where_.c_str(), MNT_DETACH);
  }
  bool remount(const std::string& options) const { return mount_it(MS_REMOUNT, options); }

 private:
  Mount(fs::path what, fs::path where, std::string type, unsigned long flags, std::string options)
      : what_(std::move(what)),
        where_(std::move(where)),
        type_(std::move(type)),
        flags_(flags),
        options_(std::move(options)) {
    fs::create_directories(where_);
    come();
  }
  bool mount_it(unsigned long flags, const std::string& options) const {
    return ::mount(what_.c_str(), where_.c_str(), type_.c_str(), flags, options.c_str()) == 0;
  }

  fs::path what_, where_;
  std::string type_;
  unsigned long flags_;
  std::string options_;
  bool mounted_ = false;
};

}  // namespace av1d::test
