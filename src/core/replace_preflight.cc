// Whether a replace could succeed, asked before hours are spent: by looking, and then by doing it
// all once with an empty file.
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "av1d/text.h"
#include "replace_steps.h"

namespace av1d {
namespace {

using namespace replace_steps;
using media_fs::Fd;
using media_fs::Rename;

using Answer = std::optional<Reason>;

Reason not_replaceable(const Error& error) {
  return reason_from(error, ReasonCode::not_replaceable);
}

bool has_capability(unsigned capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  if (::syscall(SYS_capget, &header, data.data()) < 0) return ::geteuid() == 0;
  return (data[capability / 32].effective & (1U << (capability % 32))) != 0;
}

// ---- Looking ---------------------------------------------------------------------------------

Answer check_names(const Site& site, const ReplaceRequest& request) {
  const long limit = ::fpathconf(site.directory.fd.get(), _PC_NAME_MAX);
  const std::size_t name_max = limit > 0 ? static_cast<std::size_t>(limit) : NAME_MAX;
  std::vector<std::string> names = {site.final_name, site.staged, site.probe};
  if (request.keep_original) names.push_back(site.orig);
  for (const std::string& name : names) {
    if (name.size() > name_max) {
      return Reason{ReasonCode::name_too_long,
                    fmt::format("the name '{}' has {} bytes, {} are allowed", printable(name),
                                name.size(), name_max)};
    }
    if (site.directory.full(name).size() >= PATH_MAX) {
      return Reason{ReasonCode::name_too_long,
                    fmt::format("{} is longer than {} bytes", quoted(site, name), PATH_MAX - 1)};
    }
  }
  return std::nullopt;
}

// Filesystems without such flags answer with an error: nothing is flagged there.
bool is_unchangeable(const Fd& file) {
  int flags = 0;
  if (::ioctl(file.get(), FS_IOC_GETFLAGS, &flags) < 0) return false;
  return (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)) != 0;
}

Answer check_directory(const Site& site, const struct stat& source) {
  const std::string shown = "'" + printable(site.directory.path.native()) + "'";
  struct stat status {};
  if (::fstat(site.directory.fd.get(), &status) < 0) {
    return not_replaceable(fail_errno("stat", site.directory.path.native(), errno).error());
  }
  if (is_unchangeable(site.directory.fd)) {
    return Reason{ReasonCode::not_replaceable, shown + " is immutable or append-only"};
  }
  const uid_t us = ::geteuid();
  const bool sticky = (status.st_mode & S_ISVTX) != 0;
  if (sticky && us != status.st_uid && us != source.st_uid && !has_capability(CAP_FOWNER)) {
    return Reason{ReasonCode::not_replaceable,
                  shown + " is sticky: only its owner and the file's may rename there"};
  }
  if (::faccessat(site.directory.fd.get(), ".", W_OK | X_OK, AT_EACCESS) < 0) {
    return not_replaceable(fail_errno("write to", site.directory.path.native(), errno).error());
  }
  return std::nullopt;
}

Answer check_free(const Site& site, const std::string& name, ReasonCode code) {
  const auto found = media_fs::look(site.directory, name);
  if (!found) return not_replaceable(found.error());
  if (!found->exists) return std::nullopt;
  return Reason{code, quoted(site, name) + " exists"};
}

// A filesystem that folds case or normalises names shows S itself under F's name: taken as well.
Answer check_free_names(const Site& site, const ReplaceRequest& request) {
  if (!site.in_place()) {
    if (auto taken = check_free(site, site.final_name, ReasonCode::name_taken)) return taken;
  }
  if (request.keep_original) {
    if (auto taken = check_free(site, site.orig, ReasonCode::orig_exists)) return taken;
  }
  for (const std::string& name : {site.staged, site.old_name}) {
    if (auto taken = check_free(site, name, ReasonCode::not_replaceable)) return taken;
  }
  return std::nullopt;
}

struct Opened {
  Site site;
  Fd source;
  struct stat status {};
};

ReasonCode code_of_open(int errno_value) {
  if (errno_value == ENOENT) return ReasonCode::source_changed;
  return errno_value == 0 || errno_value == ELOOP ? ReasonCode::not_replaceable
                                                  : ReasonCode::unreadable;
}

std::expected<Opened, Reason> open_all(const ReplaceRequest& request) {
  auto site = open_site(request.source, request.final_path, request.job_id);
  if (!site) return std::unexpected(not_replaceable(site.error()));
  if (auto answer = check_names(*site, request)) return std::unexpected(std::move(*answer));
  auto source = media_fs::open_regular(site->directory, site->source);
  if (!source) {
    const int why = source.error().errno_value;
    return std::unexpected(reason_from(source.error(), code_of_open(why)));
  }
  Opened opened{std::move(*site), std::move(*source), {}};
  if (::fstat(opened.source.get(), &opened.status) < 0) {
    return std::unexpected(
        not_replaceable(fail_errno("stat", request.source.native(), errno).error()));
  }
  return opened;
}

Answer check_by_looking(const Opened& opened, const ReplaceRequest& request) {
  if (is_unchangeable(opened.source)) {
    return Reason{ReasonCode::not_replaceable,
                  quoted(opened.site, opened.site.source) + " is immutable or append-only"};
  }
  if (auto answer = check_directory(opened.site, opened.status)) return answer;
  return check_free_names(opened.site, request);
}

// Where the mount decides who owns a file, a new one belongs to the same owner as the original.
bool mount_decides_owners(const Site& site) {
  constexpr std::array<std::uint32_t, 6> kTypes = {MSDOS_SUPER_MAGIC, EXFAT_SUPER_MAGIC,
                                                   CIFS_SUPER_MAGIC,  SMB2_SUPER_MAGIC,
                                                   FUSE_SUPER_MAGIC,  NFS_SUPER_MAGIC};
  struct statfs status {};
  if (::fstatfs(site.directory.fd.get(), &status) < 0) return false;
  return std::ranges::find(kTypes, static_cast<std::uint32_t>(status.f_type)) != kTypes.end();
}

bool is_our_group(gid_t group) {
  if (group == ::getegid()) return true;
  std::vector<gid_t> groups(65536);
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  if (count < 0) return false;
  groups.resize(static_cast<std::size_t>(count));
  return std::ranges::find(groups, group) != groups.end();
}

Answer check_ownership_by_looking(const Opened& opened, const ReplaceRequest& request) {
  const bool ours = opened.status.st_uid == ::geteuid() && is_our_group(opened.status.st_gid);
  if (ours || request.allow_owner_change || has_capability(CAP_CHOWN)) return std::nullopt;
  if (mount_decides_owners(opened.site)) return std::nullopt;
  return Reason{ReasonCode::ownership,
                fmt::format("a new file cannot be given to the owner of {} ({}:{})",
                            quoted(opened.site, opened.site.source), opened.status.st_uid,
                            opened.status.st_gid)};
}

// ---- Doing -----------------------------------------------------------------------------------

// An empty file of ours; removed, at the second try if need be, wherever the questions end.
class ProbeFile {
 public:
  static Result<ProbeFile> make(const Site& site, const std::string& name) {
    auto file = media_fs::create(site.directory, name);
    if (!file) return std::unexpected(file.error());
    return ProbeFile(site, name, std::move(*file));
  }
  ProbeFile(ProbeFile&& other) noexcept
      : site_(std::exchange(other.site_, nullptr)),
        name_(std::move(other.name_)),
        file_(std::move(other.file_)) {}
  ProbeFile& operator=(ProbeFile&&) = delete;
  ~ProbeFile() {
    if (site_ != nullptr && !remove()) static_cast<void>(remove());
  }

  Status remove() {
    Status done = remove_open(site_->directory, name_, file_);
    if (done) site_ = nullptr;
    return done;
  }
  const Fd& file() const { return file_; }

 private:
  ProbeFile(const Site& site, std::string name, Fd file)
      : site_(&site), name_(std::move(name)), file_(std::move(file)) {}
  const Site* site_;
  std::string name_;
  Fd file_;
};

// An empty .probe of a dead daemon gives way.
Result<ProbeFile> make_probe(const Site& site) {
  auto probe = ProbeFile::make(site, site.probe);
  if (probe || probe.error().errno_value != EEXIST) return probe;
  const auto found = media_fs::look(site.directory, site.probe);
  if (!found) return std::unexpected(found.error());
  if (!found->regular || found->stamp.size_bytes != 0) return probe;
  const Status removed = media_fs::remove_known(site.directory, site.probe, found->stamp);
  if (!removed) return std::unexpected(removed.error());
  return ProbeFile::make(site, site.probe);
}

// Puts the probe back under its name so that it can be removed; at the second try if need be.
Status rename_back(const Site& site, Rename how) {
  const auto back = [&] {
    return media_fs::rename(site.directory, site.staged, site.directory, site.probe, how);
  };
  return back() ? Status{} : back();
}

// The way that needs no hard links: EXCHANGE in place, NOREPLACE to a new name.
Status try_rename(const Site& site) {
  auto second = ProbeFile::make(site, site.staged);
  if (!second) return std::unexpected(second.error());
  if (site.in_place()) {
    const Status swapped =
        media_fs::rename(site.directory, site.probe, site.directory, site.staged, Rename::exchange);
    return swapped ? rename_back(site, Rename::exchange) : swapped;
  }
  if (const Status removed = second->remove(); !removed) return removed;
  const Status there =
      media_fs::rename(site.directory, site.probe, site.directory, site.staged, Rename::no_replace);
  if (!there) return there;
  return rename_back(site, Rename::plain);
}

// A filesystem that makes its inode numbers up, one for each name (sshfs), cannot tell the original
// again after a rename: recovery would take it for a stranger's file.
Answer check_second_name(const Site& site, const Fd& probe) {
  const auto first = media_fs::stamp_of_open(probe, site.directory.full(site.probe));
  if (!first) return not_replaceable(first.error());
  const auto second = media_fs::look(site.directory, site.staged);
  if (!second) return not_replaceable(second.error());
  Status removed = media_fs::remove_known(site.directory, site.staged, second->stamp);
  if (!removed) removed = media_fs::remove_known(site.directory, site.staged, second->stamp);
  if (!removed) return not_replaceable(removed.error());
  if (first->inode == second->stamp.inode) return std::nullopt;
  return Reason{ReasonCode::fs_unsupported,
                "the filesystem gives two names of one file different inode numbers, so that a "
                "file cannot be told again after a rename"};
}

Answer check_link_or_rename(const Site& site, const Fd& probe) {
  const Status linked = media_fs::link(site.directory, site.probe, site.staged);
  if (linked) return check_second_name(site, probe);
  const Status renamed = try_rename(site);
  if (renamed) return std::nullopt;
  if (!media_fs::is_unsupported(renamed.error().errno_value)) {
    return not_replaceable(renamed.error());
  }
  return Reason{ReasonCode::fs_unsupported,
                "the filesystem can neither link nor exchange files: " + linked.error().message};
}

Answer check_by_doing(const Opened& opened, const ReplaceRequest& request) {
  const Site& site = opened.site;
  auto probe = make_probe(site);
  if (!probe) return not_replaceable(probe.error());
  if (auto answer = check_link_or_rename(site, probe->file())) return answer;
  const auto policy = request.allow_owner_change ? OwnerChange::allowed : OwnerChange::refused;
  const auto dressed = dress(opened.source, probe->file(), policy, site.directory.full(site.probe));
  if (!dressed && dressed.error().code == ReasonCode::replace_failed) {
    return Reason{ReasonCode::not_replaceable, dressed.error().text};
  }
  if (!dressed) {
    // Its owner wants to hear of the film, not of a file that is gone again.
    const auto told = check_ownership_by_looking(opened, request);
    return told && dressed.error().code == told->code ? told : dressed.error();
  }
  const Status removed = probe->remove();
  if (!removed) return not_replaceable(removed.error());
  return std::nullopt;
}

}  // namespace

std::optional<Reason> preflight(const ReplaceRequest& request) {
  const auto opened = open_all(request);
  if (!opened) return opened.error();
  if (auto answer = check_by_looking(*opened, request)) return answer;
  return check_by_doing(*opened, request);
}

std::optional<Reason> preflight_read_only(const ReplaceRequest& request) {
  const auto opened = open_all(request);
  if (!opened) return opened.error();
  if (auto answer = check_by_looking(*opened, request)) return answer;
  return check_ownership_by_looking(*opened, request);
}

Result<std::uint64_t> free_bytes(const fs::path& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) < 0) {
    return fail_errno("read the free space of", path.native(), errno);
  }
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

}  // namespace av1d
