// Small files read and written as a whole; see small_file.h. The rename here moves sidecars and job
// files only.
#include "small_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

namespace av1d {

namespace {

// Removes a temporary file unless its rename succeeded.
class TemporaryName {
 public:
  TemporaryName(int directory, const std::string& name) : directory_(directory), name_(name) {}
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;
  ~TemporaryName() {
    if (armed_) ::unlinkat(directory_, name_.c_str(), 0);
  }
  void disarm() { armed_ = false; }

 private:
  int directory_;
  const std::string& name_;
  bool armed_ = true;
};

Status write_and_close(OwnedFd file, std::string_view text, const fs::path& shown, Sync sync) {
  if (::fchmod(file.get(), 0644) != 0) return fail_errno("set the mode of", shown.native(), errno);
  if (auto written = write_all(file.get(), text, shown); !written) return written;
  if (sync != Sync::no && ::fsync(file.get()) != 0) {
    return fail_errno("sync", shown.native(), errno);
  }
  // NFS reports a full disk or a quota only here.
  if (::close(file.release()) != 0) return fail_errno("write", shown.native(), errno);
  return {};
}

}  // namespace

Result<OpenDirectory> open_directory(const fs::path& path) {
  OwnedFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno("open directory", path.native(), errno);
  return OpenDirectory{std::move(fd), path};
}

Result<std::string> read_small_file(const OpenDirectory& directory, const std::string& name,
                                    std::size_t limit) {
  return read_small_file(directory.fd.get(), directory.path, name, limit);
}

Result<std::string> read_small_file(int directory, const fs::path& shown, const std::string& name,
                                    std::size_t limit, struct stat* status) {
  const auto failed = [&](int error) { return fail_errno("read", (shown / name).native(), error); };
  const OwnedFd file(
      ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.valid()) return failed(errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return failed(errno);
  if (!S_ISREG(info.st_mode)) return failed(EFBIG);
  if (status != nullptr) *status = info;
  std::string text;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) return failed(EFBIG);
  }
}

Status write_all(int fd, std::string_view text, const fs::path& shown) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("write", shown.native(), errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status write_at(int fd, std::uint64_t at, std::string_view bytes, const fs::path& shown) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("write", shown.native(), errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    at += static_cast<std::uint64_t>(written);
  }
  return {};
}

Status write_small_file(const OpenDirectory& directory, const std::string& temporary,
                        const std::string& name, std::string_view text, Sync sync) {
  const fs::path shown = directory.path / temporary;
  OwnedFd file(::openat(directory.fd.get(), temporary.c_str(),
                        O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file.valid()) return fail_errno("create", shown.native(), errno);
  TemporaryName cleanup(directory.fd.get(), temporary);
  if (auto done = write_and_close(std::move(file), text, shown, sync); !done) return done;
  if (::renameat(directory.fd.get(), temporary.c_str(), directory.fd.get(), name.c_str()) != 0) {
    return fail_errno("write", (directory.path / name).native(), errno);
  }
  cleanup.disarm();
  if (sync == Sync::all && ::fsync(directory.fd.get()) != 0) {
    return fail_errno("sync directory", directory.path.native(), errno);
  }
  return {};
}

Status remove_small_file(const OpenDirectory& directory, const std::string& name) {
  if (::unlinkat(directory.fd.get(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
  return fail_errno("remove", (directory.path / name).native(), errno);
}

}  // namespace av1d
