// Makes the staged file look like the original: owner, group, mode, ACL, attributes, times. ACLs
// are copied as the extended attribute that the kernel keeps them in, so no library is needed.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cerrno>
#include <optional>

#include "av1d/text.h"
#include "replace_steps.h"

namespace av1d::replace_steps {
namespace {

using media_fs::Fd;

constexpr const char* kAccessAcl = "system.posix_acl_access";
constexpr mode_t kPrivate = 0600;
constexpr mode_t kGroupBits = 0070;

mode_t permissions(const struct stat& status) {
  return status.st_mode & 07777;
}

Result<struct stat> status_of(const Fd& file, std::string_view shown) {
  struct stat status {};
  if (::fstat(file.get(), &status) < 0) return fail_errno("stat", shown, errno);
  return status;
}

// Nothing where the file has no such attribute, or the filesystem none at all.
Result<std::optional<std::string>> attribute(const Fd& file, const std::string& name,
                                             std::string_view shown) {
  std::string value(XATTR_SIZE_MAX, '\0');
  const ssize_t size = ::fgetxattr(file.get(), name.c_str(), value.data(), value.size());
  if (size < 0 && (errno == ENODATA || errno == EOPNOTSUPP)) return std::nullopt;
  if (size < 0) return fail_errno("read attribute " + printable(name) + " of", shown, errno);
  value.resize(static_cast<std::size_t>(size));
  return value;
}

Result<std::vector<std::string>> user_attributes(const Fd& file, std::string_view shown) {
  std::string list(XATTR_LIST_MAX, '\0');
  const ssize_t size = ::flistxattr(file.get(), list.data(), list.size());
  if (size < 0 && errno == EOPNOTSUPP) return std::vector<std::string>{};
  if (size < 0) return fail_errno("list the attributes of", shown, errno);
  std::vector<std::string> names;
  for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
    std::string name(list.c_str() + at);
    at += name.size() + 1;
    if (name.starts_with("user.")) names.push_back(std::move(name));
  }
  return names;
}

bool means_not_permitted(int errno_value) {
  return errno_value == EPERM || errno_value == EACCES || media_fs::is_unsupported(errno_value);
}

// Owner, group, mode and ACL: what is not permitted is a question of ownership.
Reason access_reason(const Error& error) {
  return reason_from(error, means_not_permitted(error.errno_value) ? ReasonCode::ownership
                                                                   : ReasonCode::replace_failed);
}

// Private first, so that dropping an ACL, whose mask stands in the group bits, opens nothing. A
// filesystem with fixed modes (vfat) refuses; there the file has the original's mode by birth.
Status make_private(const struct stat& original, const Fd& copy, std::string_view shown) {
  const auto status = status_of(copy, shown);
  if (!status) return std::unexpected(status.error());
  if (permissions(*status) != kPrivate) {
    const Status done = media_fs::change_mode(copy, kPrivate, shown);
    const bool fixed = !done && means_not_permitted(done.error().errno_value) &&
                       permissions(*status) == permissions(original);
    if (!done && !fixed) return done;
  }
  const auto inherited = attribute(copy, kAccessAcl, shown);
  if (!inherited) return std::unexpected(inherited.error());
  if (!inherited->has_value()) return {};
  return media_fs::remove_attribute(copy, kAccessAcl, shown);
}

Status copy_user_attribute(const Fd& original, const Fd& copy, const std::string& name,
                           std::string_view shown) {
  const auto wanted = attribute(original, name, shown);
  if (!wanted) return std::unexpected(wanted.error());
  const auto present = attribute(copy, name, shown);
  if (!present) return std::unexpected(present.error());
  if (*wanted == *present) return {};
  if (!wanted->has_value()) return media_fs::remove_attribute(copy, name, shown);
  return media_fs::set_attribute(copy, name, **wanted, shown);
}

void copy_user_attributes(const Fd& original, const Fd& copy, std::string_view shown,
                          Warnings& warnings) {
  for (const Fd* file : {&original, &copy}) {  // the copy's own: what it should not have goes
    const auto names = user_attributes(*file, shown);
    if (!names) {
      warnings.push_back(names.error().message);
      return;
    }
    for (const std::string& name : *names) {
      const Status done = copy_user_attribute(original, copy, name, shown);
      if (!done) warnings.push_back(done.error().message);
    }
  }
}

std::expected<void, Reason> give_owner(const struct stat& original, const Fd& copy,
                                       OwnerChange owner_change, std::string_view shown,
                                       Warnings& warnings) {
  const auto status = status_of(copy, shown);
  if (!status) return std::unexpected(reason_from(status.error()));
  if (status->st_uid == original.st_uid && status->st_gid == original.st_gid) return {};
  const Status done = media_fs::change_owner(copy, original.st_uid, original.st_gid, shown);
  if (done) return {};
  if (owner_change == OwnerChange::refused || !means_not_permitted(done.error().errno_value)) {
    return std::unexpected(access_reason(done.error()));
  }
  const auto keep_owner = static_cast<uid_t>(-1);  // the group alone is often ours to give
  const Status group = media_fs::change_owner(copy, keep_owner, original.st_gid, shown);
  warnings.push_back(done.error().message + (group ? "; the group is kept" : ""));
  return {};
}

// The original's mode; set-id bits only where the id they mean could be kept.
mode_t wanted_mode(const struct stat& original, const struct stat& copy) {
  mode_t mode = permissions(original);
  if (copy.st_uid != original.st_uid) mode &= ~mode_t{S_ISUID};
  if (copy.st_gid != original.st_gid) mode &= ~mode_t{S_ISGID};
  return mode;
}

Status change_mode_to(const Fd& copy, mode_t mode, std::string_view shown) {
  const auto status = status_of(copy, shown);
  if (!status) return std::unexpected(status.error());
  if (permissions(*status) == mode) return {};
  return media_fs::change_mode(copy, mode, shown);
}

// With an ACL the group bits are its mask: they come with it, else the owning group would for a
// moment have what the mask allows.
Status give_mode(const Fd& copy, mode_t mode, const std::optional<std::string>& acl,
                 std::string_view shown) {
  if (!acl) return change_mode_to(copy, mode, shown);
  if (Status done = change_mode_to(copy, mode & ~kGroupBits, shown); !done) return done;
  if (Status done = media_fs::set_attribute(copy, kAccessAcl, *acl, shown); !done) return done;
  return change_mode_to(copy, mode, shown);
}

void give_times(const struct stat& original, const Fd& copy, std::string_view shown,
                Warnings& warnings) {
  const struct timespec times[2] = {original.st_atim, original.st_mtim};
  const Status done = media_fs::set_times(copy, times, shown);
  if (!done) warnings.push_back(done.error().message);
}

std::expected<void, Reason> compare(const struct stat& original, const Fd& copy,
                                    const std::optional<std::string>& acl, OwnerChange owner_change,
                                    std::string_view shown) {
  const auto status = status_of(copy, shown);
  if (!status) return std::unexpected(reason_from(status.error()));
  const auto has_acl = attribute(copy, kAccessAcl, shown);
  if (!has_acl) return std::unexpected(reason_from(has_acl.error()));
  const bool same_owner = status->st_uid == original.st_uid && status->st_gid == original.st_gid;
  if (!same_owner && owner_change == OwnerChange::refused) {
    return refuse(ReasonCode::ownership,
                  fmt::format("'{}' would belong to {}:{} instead of {}:{}", printable(shown),
                              status->st_uid, status->st_gid, original.st_uid, original.st_gid));
  }
  if (permissions(*status) != wanted_mode(original, *status)) {
    return refuse(ReasonCode::ownership,
                  fmt::format("'{}' would have mode {:04o} instead of {:04o}", printable(shown),
                              permissions(*status), permissions(original)));
  }
  if (*has_acl == acl) return {};
  return refuse(ReasonCode::ownership,
                fmt::format("'{}' would not have the original's ACL", printable(shown)));
}

}  // namespace

// The user.* attributes go first, while the file is surely ours to write: under a mode of 0444 only
// root could still set them.
std::expected<Warnings, Reason> dress(const Fd& original, const Fd& copy, OwnerChange owner_change,
                                      std::string_view shown) {
  Warnings warnings;
  const auto status = status_of(original, shown);
  if (!status) return std::unexpected(reason_from(status.error()));
  const auto acl = attribute(original, kAccessAcl, shown);
  if (!acl) return std::unexpected(reason_from(acl.error()));
  if (const Status done = make_private(*status, copy, shown); !done) {
    return std::unexpected(access_reason(done.error()));
  }
  copy_user_attributes(original, copy, shown, warnings);
  if (auto done = give_owner(*status, copy, owner_change, shown, warnings); !done) {
    return std::unexpected(done.error());
  }
  const auto now = status_of(copy, shown);
  if (!now) return std::unexpected(reason_from(now.error()));
  if (const Status done = give_mode(copy, wanted_mode(*status, *now), *acl, shown); !done) {
    return std::unexpected(access_reason(done.error()));
  }
  give_times(*status, copy, shown, warnings);
  if (auto done = compare(*status, copy, *acl, owner_change, shown); !done) {
    return std::unexpected(done.error());
  }
  return warnings;
}

}  // namespace av1d::replace_steps
