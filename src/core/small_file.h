// Descriptors that close themselves, and small files read or written as a whole: what scan,
// sidecars and the job store share. Links are never followed, FIFOs and devices never waited for.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "av1d/owned_fd.h"
#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

// An open directory and the name that its errors carry. Names below are relative to it, so that a
// long path plus a suffix still fits PATH_MAX.
struct OpenDirectory {
  OwnedFd fd;
  fs::path path;
};
Result<OpenDirectory> open_directory(const fs::path& path);

// The whole of a regular file of at most `limit` bytes. A link is ELOOP, any other kind of file or
// one too large EFBIG. Reads the disk.
Result<std::string> read_small_file(const OpenDirectory& directory, const std::string& name,
                                    std::size_t limit);
// The same relative to a descriptor; `shown` is the directory's name in errors, `status` (where
// given) gets the file's fstat.
Result<std::string> read_small_file(int directory, const fs::path& shown, const std::string& name,
                                    std::size_t limit, struct stat* status = nullptr);

// Makes `name` hold `text` (mode 0644 whatever the umask): a new file `temporary`, then a rename.
// `temporary` must not exist (EEXIST); it is gone again after a failure. With `Sync::data` the
// file is synced before the rename, so that a power cut leaves what `name` held before or `text`,
// never an empty file; with `Sync::all` the directory is synced after it, too. Writes the disk;
// meant for the daemon's own files, never for media.
enum class Sync { no, data, all };
Status write_small_file(const OpenDirectory& directory, const std::string& temporary,
                        const std::string& name, std::string_view text, Sync sync);

// One that is not there is no error. For the daemon's own files, never for media.
Status remove_small_file(const OpenDirectory& directory, const std::string& name);

// Overwrites what an open descriptor holds. Errors carry `shown`.
Status write_all(int fd, std::string_view text, const fs::path& shown);
// The same at a place of the file; the descriptor's own place stays where it is.
Status write_at(int fd, std::uint64_t at, std::string_view bytes, const fs::path& shown);

}  // namespace av1d
