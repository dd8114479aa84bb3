// See disk.h.
#include "campaign/disk.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "support/process.h"

namespace av1d::test {

namespace {

// Linux 4.17's FS_IOC_SHUTDOWN as ext4, xfs and f2fs have it; older headers lack it.
constexpr unsigned long kShutdown = _IOR('X', 125, std::uint32_t);
constexpr std::uint32_t kFlushLog = 1;
constexpr std::uint32_t kFlushNothing = 2;

// xfs takes no less than 300 MB; the image is sparse.
constexpr std::uintmax_t kImageBytes = 320ULL << 20U;

int open_directory(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error("cannot open " + path.string() + ": " + strerror(errno));
  return fd;
}

Words mkfs(const std::string& kind, const fs::path& image) {
  if (kind == "xfs") return {"mkfs.xfs", "-q", "-f", image};
  return {"mkfs." + kind, "-q", "-F", image};
}

}  // namespace

LoopDisk::LoopDisk(std::string kind, fs::path directory)
    : kind_(std::move(kind)),
      directory_(std::move(directory)),
      image_(directory_.string() + ".img") {
  if (::geteuid() != 0) {
    problem_ = "only root can mount a filesystem";
    return;
  }
  fs::create_directories(directory_);
  std::ofstream(image_).flush();
  fs::resize_file(image_, kImageBytes);
  if (!can_run(mkfs(kind_, image_))) {
    problem_ = "mkfs." + kind_ + " is not there or fails";
    return;
  }
  if (!mount() && problem_.empty()) problem_ = "no loop mount here";
}

LoopDisk::~LoopDisk() {
  if (mounted_ && !unmount()) ::umount2(directory_.c_str(), MNT_DETACH);
  std::error_code ignored;
  fs::remove(image_, ignored);
}

bool LoopDisk::mount() {
  const Finished done = run({"mount", "-o", "loop", "-t", kind_, image_, directory_});
  mounted_ = done.ok();
  if (!mounted_) problem_ = done.err;
  return mounted_;
}

bool LoopDisk::unmount() {
  mounted_ =
      !eventually([this] { return ::umount(directory_.c_str()) == 0; }, std::chrono::seconds(10));
  return !mounted_;
}

void LoopDisk::sync() const {
  const int fd = open_directory(directory_);
  ::syncfs(fd);
  ::close(fd);
}

void LoopDisk::cut(Cut cut) const {
  std::uint32_t how = cut == Cut::names ? kFlushLog : kFlushNothing;
  const int fd = open_directory(directory_);
  const int done = ::ioctl(fd, kShutdown, &how);
  ::close(fd);
  if (done != 0) throw std::runtime_error("cannot shut down " + kind_ + ": " + strerror(errno));
}

void LoopDisk::restart() {
  if (!unmount() || !mount()) {
    throw std::runtime_error("cannot mount " + image_.string() + " again: " + problem_);
  }
}

}  // namespace av1d::test
