// Job files: one directory, one writer, every write a temporary and a rename. A file that is not a
// job we can read is somebody's: kept, reported, never overwritten.
#include "av1d/job_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <thread>
#include <unordered_set>

#include "av1d/text.h"
#include "av1d/workers.h"
#include "job_details.h"
#include "job_words.h"
#include "small_file.h"

namespace av1d {

namespace {

constexpr std::size_t kMaxJobFileBytes = std::size_t{4} << 20U;
constexpr std::string_view kJobSuffix = ".json";
constexpr const char* kLockName = ".lock";

std::string job_file_name(const std::string& id) {
  return id + std::string(kJobSuffix);
}
std::string job_temporary_name(const std::string& id) {
  return "." + id + ".tmp";
}

bool is_job_temporary(std::string_view name) {
  return name.starts_with('.') && name.ends_with(".tmp") && name.size() == 1 + 32 + 4 &&
         is_job_id(name.substr(1, 32));
}

// The names of a directory in no order, without "." and "..".
Result<std::vector<std::string>> list_names(const fs::path& path) {
  DIR* dir = ::opendir(path.c_str());
  if (dir == nullptr) return fail_errno("read directory", path.native(), errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  const int error = errno;
  ::closedir(dir);
  if (error != 0) return fail_errno("read directory", path.native(), error);
  return names;
}

// A job as memory wants it. Where it is not at rest, or there is something wrong with it, the whole
// text is looked at.
Result<Job> read_job(const OpenDirectory& directory, const std::string& name) {
  const auto text = read_small_file(directory, name, kMaxJobFileBytes);
  if (!text) return std::unexpected(text.error());
  auto job = parse_job_outline(*text);
  if (!job || !is_at_rest(*job)) job = parse_job(*text);
  if (!job) return job;
  if (job_file_name(job->id) != name) return fail("/id: is not the name of the file");
  return job;
}

// Every directory that had to be made is 0755 whatever the umask, so that av1top needs no sudo.
Status make_directories(const fs::path& path) {
  if (path.has_parent_path() && path != path.parent_path()) {
    std::error_code error;
    const bool parent_is_there = fs::is_directory(path.parent_path(), error);
    if (!parent_is_there) {
      if (auto made = make_directories(path.parent_path()); !made) return made;
    }
  }
  if (path.empty() || !path.has_filename()) return {};  // a trailing slash: made with its parent
  if (::mkdir(path.c_str(), 0755) == 0) {
    if (::chmod(path.c_str(), 0755) == 0) return {};
    return fail_errno("set the mode of", path.native(), errno);
  }
  struct stat status {};
  const int error = errno;
  if (error == EEXIST && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
  return fail_errno("create directory", path.native(), error);
}

std::unexpected<Error> lock_is_held(const fs::path& directory) {
  std::string holder;
  if (const auto opened = open_directory(directory)) {
    holder = read_small_file(*opened, kLockName, 64).value_or("");
  }
  holder.erase(std::min(holder.find_first_not_of("0123456789"), holder.size()));
  const std::string who = holder.empty() ? "another av1d" : "another av1d (pid " + holder + ")";
  return fail("cannot lock '" + printable((directory / kLockName).native()) + "': " + who +
                  " uses this directory",
              EWOULDBLOCK);
}

// The errno, 0 for success. A monitor that asks whether a daemon is alive holds a shared lock for
// some microseconds (JobDirectory::lock_state): that is no other daemon.
int lock_exclusively(int fd) {
  constexpr int kTries = 5;
  for (int tries = 1; ::flock(fd, LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (errno != EWOULDBLOCK || tries == kTries) return errno;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return 0;
}

}  // namespace

// ---- Opening ----------------------------------------------------------------------------------

Result<std::unique_ptr<JobStore>> JobStore::open(const fs::path& dir,
                                                 std::vector<LoadWarning>& warnings) {
  if (auto made = make_directories(dir); !made) return std::unexpected(made.error());
  std::unique_ptr<JobStore> store(new JobStore);
  store->dir_ = dir;
  if (auto locked = store->take_lock(); !locked) return std::unexpected(locked.error());
  const auto names = list_names(dir);
  if (!names) return std::unexpected(names.error());
  for (const auto& name : *names) {
    const fs::path path = dir / name;
    if (is_job_temporary(name) && ::unlink(path.c_str()) != 0) {
      warnings.push_back({path, fail_errno("remove", path.native(), errno).error().message});
    }
  }
  store->load(*names, warnings);
  return store;
}

std::unique_ptr<JobStore> JobStore::open_read_only(const fs::path& dir,
                                                   std::vector<LoadWarning>& warnings) {
  std::unique_ptr<JobStore> store(new JobStore);
  store->dir_ = dir;
  store->read_only_ = true;
  struct stat status {};
  if (::stat(dir.c_str(), &status) != 0 && errno == ENOENT) return store;
  if (const auto names = list_names(dir)) {
    store->load(*names, warnings);
  } else {
    warnings.push_back({dir, names.error().message});
  }
  return store;
}

JobStore::~JobStore() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

Status JobStore::take_lock() {
  const fs::path path = dir_ / kLockName;
  OwnedFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd.valid()) return fail_errno("open", path.native(), errno);
  if (const int error = lock_exclusively(fd.get()); error != 0) {
    if (error == EWOULDBLOCK) return lock_is_held(dir_);
    return fail_errno("lock", path.native(), error);
  }
  if (::ftruncate(fd.get(), 0) != 0) return fail_errno("write", path.native(), errno);
  if (auto written = write_all(fd.get(), std::to_string(::getpid()) + "\n", path); !written) {
    return written;
  }
  lock_fd_ = fd.release();
  return {};
}

// A hundred thousand small files: reading them is work enough for all cores.
void JobStore::load(const std::vector<std::string>& names, std::vector<LoadWarning>& warnings) {
  const auto directory = open_directory(dir_);
  if (!directory) return warnings.push_back({dir_, directory.error().message});
  const unsigned workers = worker_count();
  std::vector<std::vector<LoadWarning>> found(workers);
  share_out(names.size(), workers, [&](unsigned worker, std::size_t i) {
    const std::string& name = names[i];
    if (!name.ends_with(kJobSuffix) || name.starts_with('.')) return;
    const auto job = read_job(*directory, name);
    if (job) return remember(*job);
    found[worker].push_back({dir_ / name, job.error().message});
  });
  const auto first = static_cast<std::ptrdiff_t>(warnings.size());
  for (auto& each : found) std::move(each.begin(), each.end(), std::back_inserter(warnings));
  std::sort(warnings.begin() + first, warnings.end(),
            [](const auto& a, const auto& b) { return a.file.native() < b.file.native(); });
}

// ---- Disk -------------------------------------------------------------------------------------

Status JobStore::save(Job& job, Time now, Durability durability) {
  if (!is_job_id(job.id)) return fail("cannot save job '" + printable(job.id) + "': not a job id");
  const std::string name = job_file_name(job.id);
  const fs::path path = dir_ / name;
  if (read_only_) return fail_errno("write", path.native(), EROFS);
  Job next = job;
  next.updated_at = std::chrono::floor<std::chrono::seconds>(now);

  const std::scoped_lock writing(write_mutex_);
  const auto directory = open_directory(dir_);
  if (!directory) return std::unexpected(directory.error());
  struct stat status {};
  const bool is_free =
      ::fstatat(directory->fd.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 &&
      errno == ENOENT;
  const auto before = find(job.id);
  if (!is_free && !before) {
    return fail("cannot write '" + printable(path.native()) +
                    "': a file that is not a job of "
                    "this daemon has that name",
                EEXIST);
  }
  // One that came from memory: its file has the rest.
  if (before && is_at_rest(*before) && is_at_rest(next) && !has_details(next)) {
    const auto text = read_small_file(*directory, name, kMaxJobFileBytes);
    auto whole = text ? parse_job(*text) : Result<Job>(std::unexpected(text.error()));
    if (whole) move_details(next, *std::move(whole));
  }
  const std::string temporary = job_temporary_name(job.id);
  if (::unlinkat(directory->fd.get(), temporary.c_str(), 0) != 0 && errno != ENOENT) {
    return fail_errno("remove", (dir_ / temporary).native(), errno);
  }
  const Sync sync = durability == Durability::durable ? Sync::all : Sync::data;
  if (auto done = write_small_file(*directory, temporary, name, to_json(next), sync); !done) {
    return done;
  }
  remember(next);
  job = std::move(next);
  return {};
}

Status JobStore::erase(const std::string& id) {
  const fs::path path = dir_ / job_file_name(id);
  if (read_only_) return fail_errno("remove", path.native(), EROFS);
  const std::scoped_lock writing(write_mutex_);
  if (!find(id)) return {};
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return fail_errno("remove", path.native(), errno);
  }
  const auto key = key_of(id);
  const std::scoped_lock lock(mutex_);
  if (key) drop(*key);
  return {};
}

bool JobStore::is_locked_directory() const {
  struct stat here {};
  struct stat locked {};
  return ::fstat(lock_fd_, &locked) == 0 && ::lstat((dir_ / kLockName).c_str(), &here) == 0 &&
         here.st_dev == locked.st_dev && here.st_ino == locked.st_ino;
}

Result<std::size_t> JobStore::forget_deleted() {
  if (read_only_) return 0;
  const std::scoped_lock writing(write_mutex_);
  const auto listed = list_names(dir_);
  if (!listed) return std::unexpected(listed.error());
  if (!is_locked_directory()) {
    return fail("cannot use '" + printable(dir_.native()) +
                "': it is not the directory that was "
                "locked at the start");
  }
  std::unordered_set<Key, KeyHash> there;
  there.reserve(listed->size());
  for (const std::string_view name : *listed) {
    if (!name.ends_with(kJobSuffix)) continue;
    if (const auto key = key_of(name.substr(0, name.size() - kJobSuffix.size()))) {
      there.insert(*key);
    }
  }
  const std::scoped_lock lock(mutex_);
  std::vector<Key> gone;
  for (const auto& [key, entry] : jobs_) {
    if (entry.status != JobStatus::running && !there.contains(key)) gone.push_back(key);
  }
  for (const auto& key : gone) drop(key);
  return gone.size();
}

}  // namespace av1d
