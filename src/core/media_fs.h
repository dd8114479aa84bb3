// The system calls that change a library, each a function that says what failed: the one place that
// renames, links and unlinks media. Names are looked up in a directory that was opened once, so
// that a parent swapped for a symbolic link cannot lead a rename elsewhere. Private to replace.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "av1d/owned_fd.h"
#include "av1d/result.h"
#include "av1d/types.h"

struct stat;

namespace av1d::media_fs {

// For tests: called with the name of each changing call before it is made; an errno it returns is
// taken for the call's own failure, 0 lets it go ahead, kPretend takes it for done (a thousand real
// syncs prove nothing). Not thread-safe.
constexpr int kPretend = -1;
using Hook = std::function<int(std::string_view call)>;
void set_hook(Hook hook);

using Fd = OwnedFd;

struct Directory {
  fs::path path;
  Fd fd;

  std::string full(std::string_view name) const { return (path / name).native(); }
};

// What a name stands for; a link is itself, never what it points to.
struct Look {
  bool exists = false;
  bool regular = false;
  mode_t mode = 0;  // permission bits
  FileStamp stamp;
};

// A regular file of that version (same_version() of scan.h) stands there.
bool holds(const Look& look, const FileStamp& version);

// Read only.
Result<Directory> open_directory(const fs::path& path);
Result<Fd> open_regular(const Directory& directory, const std::string& name);
Result<Look> look(const Directory& directory, const std::string& name);
FileStamp stamp_from(const struct stat& status);
Result<FileStamp> stamp_of_open(const Fd& file, std::string_view shown);

// The filesystem or kernel has no such operation, so another way may do.
bool is_unsupported(int errno_value);

// Changing calls, each behind the hook. `shown` is the path for error texts.
enum class Rename { plain, no_replace, exchange };
Status rename(const Directory& from_directory, const std::string& from,
              const Directory& to_directory, const std::string& to, Rename how);
Status link(const Directory& directory, const std::string& from, const std::string& to);
Result<Fd> create(const Directory& directory, const std::string& name);  // 0600, must not exist
Status sync(const Directory& directory);
Status sync(const Fd& file, std::string_view shown);
// sync_file_range(2) of `size` bytes from `begin` on: their writing begins and is not waited for,
// or they have been handed to the disk, which makes neither the file nor its length durable: sync()
// does. Where the kernel has no such call, the latter is a sync().
Status start_writing(const Fd& file, std::uint64_t begin, std::uint64_t size,
                     std::string_view shown);
Status finish_writing(const Fd& file, std::uint64_t begin, std::uint64_t size,
                      std::string_view shown);
Status write_all(const Fd& file, std::string_view bytes, std::string_view shown);
Status change_owner(const Fd& file, uid_t owner, gid_t group, std::string_view shown);
Status change_mode(const Fd& file, mode_t mode, std::string_view shown);
Status set_attribute(const Fd& file, const std::string& name, std::string_view value,
                     std::string_view shown);
Status remove_attribute(const Fd& file, const std::string& name, std::string_view shown);
Status set_times(const Fd& file, const struct timespec (&times)[2], std::string_view shown);

// Unlinks `name` only while it stands for `version`; a free name is fine, another file an error.
Status remove_known(const Directory& directory, const std::string& name, const FileStamp& version);

// Renames `from` to `to`, which must be free: RENAME_NOREPLACE, or link and unlink where the
// filesystem has none. Never overwrites, and never leaves two names.
Status move_to_free_name(const Directory& directory, const std::string& from,
                         const std::string& to);

// The same for a name that only we make: there a look and a plain rename do, in one step.
Status move_to_own_name(const Directory& directory, const std::string& from, const std::string& to);

}  // namespace av1d::media_fs
