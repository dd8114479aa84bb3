// Reading what the daemon writes; see job_directory.h.
#include "av1d/job_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>

#include "av1d/text.h"
#include "job_words.h"
#include "small_file.h"

namespace av1d {

namespace {

constexpr std::size_t kMaxJobFileBytes = std::size_t{4} << 20U;
constexpr std::string_view kJobSuffix = ".json";
constexpr const char* kLockName = ".lock";

std::int64_t ns_of(const struct timespec& time) {
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

JobFileStamp stamp_of(const struct stat& status) {
  return {status.st_ino, ns_of(status.st_mtim)};
}

struct CloseDirectory {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

}  // namespace

Result<JobDirectory> JobDirectory::open(const fs::path& path) {
  auto opened = open_directory(path);
  if (!opened) return std::unexpected(opened.error());
  JobDirectory directory(std::move(opened->fd), path);
  // A directory may be opened by those who may not enter it: its files would be out of reach.
  if (::faccessat(directory.fd_.get(), ".", X_OK, 0) != 0) {
    return fail_errno("open directory", path.native(), errno);
  }
  return directory;
}

bool JobDirectory::is_job_name(std::string_view name) {
  return name.ends_with(kJobSuffix) && !name.starts_with('.');
}

Result<std::vector<std::string>> JobDirectory::list() const {
  const int fd = ::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail_errno("read directory", path_.native(), errno);
  const std::unique_ptr<DIR, CloseDirectory> dir(::fdopendir(fd));
  if (dir == nullptr) return fail_errno("read directory", path_.native(), errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    if (is_job_name(entry->d_name)) names.emplace_back(entry->d_name);
    errno = 0;
  }
  if (errno != 0) return fail_errno("read directory", path_.native(), errno);
  return names;
}

Result<JobFileStamp> JobDirectory::stamp(const std::string& name) const {
  struct stat status {};
  if (::fstatat(fd_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return fail_errno("read", (path_ / name).native(), errno);
  }
  return stamp_of(status);
}

Result<JobDirectory::Head> JobDirectory::read_head(const std::string& name) const {
  struct stat status {};
  const auto text = read_small_file(fd_.get(), path_, name, kMaxJobFileBytes, &status);
  if (!text) return std::unexpected(text.error());
  auto job = parse_job_head(*text);
  if (!job) return std::unexpected(job.error());
  if (job->id + std::string(kJobSuffix) != name) return fail("/id: is not the name of the file");
  return Head{*std::move(job), stamp_of(status)};
}

Result<Job> JobDirectory::read(const std::string& id) const {
  if (!is_job_id(id)) return fail("cannot read job '" + printable(id) + "': not a job id");
  const auto text =
      read_small_file(fd_.get(), path_, id + std::string(kJobSuffix), kMaxJobFileBytes);
  if (!text) return std::unexpected(text.error());
  return parse_job(*text);
}

LockState JobDirectory::lock_state() const {
  const OwnedFd file(
      ::openat(fd_.get(), kLockName, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid()) return errno == ENOENT ? LockState::none : LockState::unknown;
  if (::flock(file.get(), LOCK_SH | LOCK_NB) == 0) return LockState::free;
  return errno == EWOULDBLOCK ? LockState::held : LockState::unknown;
}

Result<std::int64_t> JobDirectory::changed_at() const {
  struct stat named {};
  struct stat opened {};
  if (::stat(path_.c_str(), &named) != 0 || ::fstat(fd_.get(), &opened) != 0) {
    return fail_errno("read directory", path_.native(), errno);
  }
  if (named.st_dev != opened.st_dev || named.st_ino != opened.st_ino) {
    return fail_errno("read directory", path_.native(), ESTALE);
  }
  return ns_of(opened.st_mtim);
}

}  // namespace av1d
