// The system calls that a tracer knows, and where their words stand. x86-64.
#pragma once

#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace av1d::test {

enum class Kind { looks, changes };

// Where the words of a call stand: the descriptor of a directory and a name in it, or a descriptor.
enum class Shape { descriptor, name_at, path, two_names_at, two_paths };

struct Watched {
  long number;
  std::string_view name;
  Kind kind;
  Shape shape;
};

constexpr std::array kWatched = {
    Watched{SYS_open, "open", Kind::changes, Shape::path},
    Watched{SYS_openat, "openat", Kind::changes, Shape::name_at},
    Watched{SYS_creat, "creat", Kind::changes, Shape::path},
    Watched{SYS_write, "write", Kind::changes, Shape::descriptor},
    Watched{SYS_pwrite64, "pwrite64", Kind::changes, Shape::descriptor},
    Watched{SYS_fsync, "fsync", Kind::changes, Shape::descriptor},
    Watched{SYS_sync_file_range, "sync_file_range", Kind::changes, Shape::descriptor},
    Watched{SYS_fdatasync, "fdatasync", Kind::changes, Shape::descriptor},
    Watched{SYS_syncfs, "syncfs", Kind::changes, Shape::descriptor},
    Watched{SYS_ftruncate, "ftruncate", Kind::changes, Shape::descriptor},
    Watched{SYS_fallocate, "fallocate", Kind::changes, Shape::descriptor},
    Watched{SYS_copy_file_range, "copy_file_range", Kind::changes, Shape::descriptor},
    Watched{SYS_rename, "rename", Kind::changes, Shape::two_paths},
    Watched{SYS_renameat, "renameat", Kind::changes, Shape::two_names_at},
    Watched{SYS_renameat2, "renameat2", Kind::changes, Shape::two_names_at},
    Watched{SYS_link, "link", Kind::changes, Shape::two_paths},
    Watched{SYS_linkat, "linkat", Kind::changes, Shape::two_names_at},
    Watched{SYS_unlink, "unlink", Kind::changes, Shape::path},
    Watched{SYS_unlinkat, "unlinkat", Kind::changes, Shape::name_at},
    Watched{SYS_mkdir, "mkdir", Kind::changes, Shape::path},
    Watched{SYS_chmod, "chmod", Kind::changes, Shape::path},
    Watched{SYS_fchmod, "fchmod", Kind::changes, Shape::descriptor},
    Watched{SYS_fchown, "fchown", Kind::changes, Shape::descriptor},
    Watched{SYS_fsetxattr, "fsetxattr", Kind::changes, Shape::descriptor},
    Watched{SYS_fremovexattr, "fremovexattr", Kind::changes, Shape::descriptor},
    Watched{SYS_utimensat, "utimensat", Kind::changes, Shape::descriptor},
    Watched{SYS_flock, "flock", Kind::looks, Shape::descriptor},
    Watched{SYS_read, "read", Kind::looks, Shape::descriptor},
    Watched{SYS_pread64, "pread64", Kind::looks, Shape::descriptor},
    Watched{SYS_lseek, "lseek", Kind::looks, Shape::descriptor},
    Watched{SYS_fstat, "fstat", Kind::looks, Shape::descriptor},
    Watched{SYS_stat, "stat", Kind::looks, Shape::path},
    Watched{SYS_lstat, "lstat", Kind::looks, Shape::path},
    Watched{SYS_newfstatat, "newfstatat", Kind::looks, Shape::name_at},
    Watched{SYS_statx, "statx", Kind::looks, Shape::name_at},
    Watched{SYS_faccessat2, "faccessat2", Kind::looks, Shape::name_at},
    Watched{SYS_fgetxattr, "fgetxattr", Kind::looks, Shape::descriptor},
    Watched{SYS_flistxattr, "flistxattr", Kind::looks, Shape::descriptor},
    Watched{SYS_getdents64, "getdents64", Kind::looks, Shape::descriptor},
    Watched{SYS_fstatfs, "fstatfs", Kind::looks, Shape::descriptor},
};

inline const Watched* find_watched(long number) {
  const auto found = std::find_if(kWatched.begin(), kWatched.end(),
                                  [number](const Watched& one) { return one.number == number; });
  return found == kWatched.end() ? nullptr : &*found;
}

inline const Watched* find_watched(std::string_view name) {
  const auto found = std::find_if(kWatched.begin(), kWatched.end(),
                                  [name](const Watched& one) { return one.name == name; });
  return found == kWatched.end() ? nullptr : &*found;
}

}  // namespace av1d::test
