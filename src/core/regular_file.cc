// Reading in place; see regular_file.h.
#include "regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "av1d/text.h"

namespace av1d {

Result<RegularFile> RegularFile::open(const std::filesystem::path& path) {
  OwnedFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return fail_errno("open", path.native(), errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail_errno("stat", path.native(), errno);
  if (!S_ISREG(status.st_mode)) {
    return fail("cannot read '" + printable(path.native()) + "': not a regular file");
  }
  return RegularFile(std::move(fd), static_cast<std::uint64_t>(status.st_size));
}

std::size_t RegularFile::read_some(std::uint64_t at, std::span<std::byte> out) {
  if (error_ != 0) return 0;
  ssize_t got = -1;
  do {
    got = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(at));
  } while (got < 0 && errno == EINTR);
  if (got < 0) error_ = errno;
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

bool RegularFile::read(std::uint64_t at, std::span<std::byte> out) {
  while (!out.empty()) {
    const std::size_t got = read_some(at, out);
    if (got == 0) return false;
    at += got;
    out = out.subspan(got);
  }
  return true;
}

}  // namespace av1d
