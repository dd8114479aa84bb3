// See media_fs.h. This file stands alone with rename, renameat2, link and unlink of media, so that
// a reader who asks "who can take a film away?" has one page to read.
#include "media_fs.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>

#include "av1d/scan.h"
#include "av1d/text.h"

namespace av1d::media_fs {
namespace {

Hook& hook() {
  static Hook the_hook;
  return the_hook;
}

// Makes one changing call, unless the hook wants it to fail.
template <class Call>
Status change(std::string_view name, std::string_view verb, std::string_view shown, Call call) {
  const int injected = hook() ? hook()(name) : 0;
  if (injected == kPretend) return {};
  if (injected != 0) return fail_errno(verb, shown, injected);
  if (call() < 0) return fail_errno(verb, shown, errno);
  return {};
}

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

unsigned flags_of(Rename how) {
  if (how == Rename::exchange) return RENAME_EXCHANGE;
  return how == Rename::no_replace ? RENAME_NOREPLACE : 0U;
}

std::string_view call_name(Rename how) {
  if (how == Rename::exchange) return "rename_exchange";
  return how == Rename::no_replace ? "rename_noreplace" : "rename";
}

}  // namespace

void set_hook(Hook new_hook) {
  hook() = std::move(new_hook);
}

bool holds(const Look& look, const FileStamp& version) {
  return look.regular && same_version(look.stamp, version);
}

bool is_unsupported(int errno_value) {
  return errno_value == EINVAL || errno_value == ENOSYS || errno_value == EOPNOTSUPP;
}

FileStamp stamp_from(const struct stat& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size_bytes = static_cast<std::uint64_t>(status.st_size),
          .mtime_ns = nanoseconds(status.st_mtim),
          .ctime_ns = nanoseconds(status.st_ctim),
          .link_count = static_cast<std::uint32_t>(status.st_nlink)};
}

Result<Directory> open_directory(const fs::path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return fail_errno("open", path.native(), errno);
  return Directory{path, std::move(fd)};
}

// O_NONBLOCK: a FIFO that took the name must not hold us up.
Result<Fd> open_regular(const Directory& directory, const std::string& name) {
  Fd fd(::openat(directory.fd.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (fd.get() < 0) return fail_errno("open", directory.full(name), errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0) return fail_errno("stat", directory.full(name), errno);
  if (!S_ISREG(status.st_mode)) {
    return fail("'" + printable(directory.full(name)) + "' is not a regular file");
  }
  return fd;
}

Result<Look> look(const Directory& directory, const std::string& name) {
  struct stat status {};
  if (::fstatat(directory.fd.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) {
    if (errno == ENOENT) return Look{};
    return fail_errno("stat", directory.full(name), errno);
  }
  return Look{.exists = true,
              .regular = S_ISREG(status.st_mode),
              .mode = status.st_mode & 07777,
              .stamp = stamp_from(status)};
}

Result<FileStamp> stamp_of_open(const Fd& file, std::string_view shown) {
  struct stat status {};
  if (::fstat(file.get(), &status) < 0) return fail_errno("stat", shown, errno);
  return stamp_from(status);
}

Status rename(const Directory& from_directory, const std::string& from,
              const Directory& to_directory, const std::string& to, Rename how) {
  return change(call_name(how), "rename", from_directory.full(from), [&] {
    return ::renameat2(from_directory.fd.get(), from.c_str(), to_directory.fd.get(), to.c_str(),
                       flags_of(how));
  });
}

Status link(const Directory& directory, const std::string& from, const std::string& to) {
  return change("link", "link", directory.full(from), [&] {
    return ::linkat(directory.fd.get(), from.c_str(), directory.fd.get(), to.c_str(), 0);
  });
}

Result<Fd> create(const Directory& directory, const std::string& name) {
  Fd fd;
  const Status made = change("open", "create", directory.full(name), [&] {
    fd = Fd(::openat(directory.fd.get(), name.c_str(),
                     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    return fd.get();
  });
  if (!made) return std::unexpected(made.error());
  return fd;
}

Status sync(const Directory& directory) {
  return sync(directory.fd, directory.path.native());
}

Status sync(const Fd& file, std::string_view shown) {
  return change("fsync", "sync", shown, [&] { return ::fsync(file.get()); });
}

Status start_writing(const Fd& file, std::uint64_t begin, std::uint64_t size,
                     std::string_view shown) {
  const Status begun = change("sync_file_range", "write", shown, [&] {
    return ::sync_file_range(file.get(), static_cast<off64_t>(begin), static_cast<off64_t>(size),
                             SYNC_FILE_RANGE_WRITE);
  });
  return begun || !is_unsupported(begun.error().errno_value) ? begun : Status{};
}

Status finish_writing(const Fd& file, std::uint64_t begin, std::uint64_t size,
                      std::string_view shown) {
  const Status finished = change("sync_file_range", "sync", shown, [&] {
    return ::sync_file_range(
        file.get(), static_cast<off64_t>(begin), static_cast<off64_t>(size),
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
  });
  return finished || !is_unsupported(finished.error().errno_value) ? finished : sync(file, shown);
}

Status write_all(const Fd& file, std::string_view bytes, std::string_view shown) {
  while (!bytes.empty()) {
    ssize_t written = 0;
    const Status done = change("write", "write", shown, [&] {
      written = ::write(file.get(), bytes.data(), bytes.size());
      return written;
    });
    if (!done && done.error().errno_value == EINTR) continue;
    if (!done) return done;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status change_owner(const Fd& file, uid_t owner, gid_t group, std::string_view shown) {
  return change("fchown", "change the owner of", shown,
                [&] { return ::fchown(file.get(), owner, group); });
}

Status change_mode(const Fd& file, mode_t mode, std::string_view shown) {
  return change("fchmod", "change the mode of", shown, [&] { return ::fchmod(file.get(), mode); });
}

Status set_attribute(const Fd& file, const std::string& name, std::string_view value,
                     std::string_view shown) {
  return change("fsetxattr", "set attribute " + printable(name) + " of", shown, [&] {
    return ::fsetxattr(file.get(), name.c_str(), value.data(), value.size(), 0);
  });
}

Status remove_attribute(const Fd& file, const std::string& name, std::string_view shown) {
  return change("fremovexattr", "remove attribute " + printable(name) + " of", shown,
                [&] { return ::fremovexattr(file.get(), name.c_str()); });
}

Status set_times(const Fd& file, const struct timespec (&times)[2], std::string_view shown) {
  return change("futimens", "set the times of", shown,
                [&] { return ::futimens(file.get(), times); });
}

Status remove_known(const Directory& directory, const std::string& name, const FileStamp& version) {
  const auto found = look(directory, name);
  if (!found) return std::unexpected(found.error());
  if (!found->exists) return {};
  if (!holds(*found, version)) {
    return fail("'" + printable(directory.full(name)) + "' is not what av1d put there, it is left");
  }
  return change("unlink", "remove", directory.full(name),
                [&] { return ::unlinkat(directory.fd.get(), name.c_str(), 0); });
}

Status move_to_free_name(const Directory& directory, const std::string& from,
                         const std::string& to) {
  const Status renamed = rename(directory, from, directory, to, Rename::no_replace);
  if (renamed || !is_unsupported(renamed.error().errno_value)) return renamed;
  const auto had = look(directory, from);
  if (!had) return std::unexpected(had.error());
  if (const Status linked = link(directory, from, to); !linked) return linked;
  const auto made = look(directory, to);
  if (!made) {
    static_cast<void>(remove_known(directory, to, had->stamp));  // or it would be in the way
    return std::unexpected(made.error());
  }
  const Status removed = remove_known(directory, from, made->stamp);
  if (removed) return {};
  const Status undone = remove_known(directory, to, made->stamp);
  return undone ? removed : undone;
}

Status move_to_own_name(const Directory& directory, const std::string& from,
                        const std::string& to) {
  const Status renamed = rename(directory, from, directory, to, Rename::no_replace);
  if (renamed || !is_unsupported(renamed.error().errno_value)) return renamed;
  const auto taken = look(directory, to);
  if (!taken) return std::unexpected(taken.error());
  if (taken->exists) return fail_errno("rename", directory.full(from), EEXIST);
  return rename(directory, from, directory, to, Rename::plain);
}

}  // namespace av1d::media_fs
