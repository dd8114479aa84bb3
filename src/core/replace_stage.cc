// Brings the proven output beside the original: a rename where both lie on one filesystem, else a
// copy that is believed only after it was read back from the disk.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "av1d/text.h"
#include "replace_steps.h"

namespace av1d::replace_steps {
namespace {

using media_fs::Directory;
using media_fs::Fd;

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
// A sync now and then keeps the last one short, so that a stop request is soon seen.
constexpr std::uint64_t kSyncEveryBytes = std::uint64_t{128} << 20;

std::unexpected<Reason> interrupted() {
  return refuse(ReasonCode::interrupted, "the daemon was told to stop");
}

// Reads until `size` bytes or the end of the file.
Result<std::string_view> read_chunk(const Fd& file, char* buffer, std::size_t size,
                                    std::string_view shown) {
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t got = ::read(file.get(), buffer + filled, size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read", shown, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return std::string_view(buffer, filled);
}

Status rewind_file(const Fd& file, std::string_view shown) {
  if (::lseek(file.get(), 0, SEEK_SET) < 0) return fail_errno("rewind", shown, errno);
  return {};
}

std::expected<void, Reason> copy_bytes(const Fd& from, std::string_view from_shown, const Fd& to,
                                       std::string_view to_shown, const std::stop_token& stop) {
  const auto buffer = std::make_unique<char[]>(kChunkBytes);
  std::uint64_t unsynced = 0;
  while (true) {
    if (stop.stop_requested()) return interrupted();
    const auto chunk = read_chunk(from, buffer.get(), kChunkBytes, from_shown);
    if (!chunk) return std::unexpected(reason_from(chunk.error()));
    const Status written = media_fs::write_all(to, *chunk, to_shown);
    if (!written) return std::unexpected(reason_from(written.error()));
    unsynced += chunk->size();
    const bool at_end = chunk->size() < kChunkBytes;
    if (!at_end && unsynced < kSyncEveryBytes) continue;
    const Status synced = media_fs::sync(to, to_shown);
    if (!synced) return std::unexpected(reason_from(synced.error()));
    if (at_end) return {};
    unsynced = 0;
  }
}

std::expected<void, Reason> compare_bytes(const Fd& a, std::string_view a_shown, const Fd& b,
                                          std::string_view b_shown, const std::stop_token& stop) {
  const auto buffers = std::make_unique<char[]>(2 * kChunkBytes);
  while (true) {
    if (stop.stop_requested()) return interrupted();
    const auto one = read_chunk(a, buffers.get(), kChunkBytes, a_shown);
    if (!one) return std::unexpected(reason_from(one.error()));
    const auto other = read_chunk(b, buffers.get() + kChunkBytes, kChunkBytes, b_shown);
    if (!other) return std::unexpected(reason_from(other.error()));
    if (*one != *other) {
      return refuse(ReasonCode::io_error, "'" + printable(b_shown) +
                                              "' does not read back as it was written: the disk or "
                                              "the memory is faulty");
    }
    if (one->empty()) return {};
  }
}

// posix_fadvise only advises; where it does nothing the comparison reads the cache.
std::expected<void, Reason> copy_and_prove(const Fd& from, std::string_view from_shown,
                                           const Fd& to, std::string_view to_shown,
                                           const std::stop_token& stop) {
  if (auto copied = copy_bytes(from, from_shown, to, to_shown, stop); !copied) return copied;
  static_cast<void>(::posix_fadvise(to.get(), 0, 0, POSIX_FADV_DONTNEED));
  for (const Status& done : {rewind_file(from, from_shown), rewind_file(to, to_shown)}) {
    if (!done) return std::unexpected(reason_from(done.error()));
  }
  return compare_bytes(from, from_shown, to, to_shown, stop);
}

std::expected<Fd, Reason> copy_beside(const Site& site, const Fd& output, std::string_view shown,
                                      const std::stop_token& stop) {
  auto staged = media_fs::create(site.directory, site.staged);
  if (!staged) return std::unexpected(reason_from(staged.error()));
  const std::string staged_shown = site.directory.full(site.staged);
  auto proven = copy_and_prove(output, shown, *staged, staged_shown, stop);
  if (proven) return std::move(*staged);
  Reason reason = proven.error();
  const Status removed = remove_open(site.directory, site.staged, *staged);
  if (!removed) reason.text += "; " + removed.error().message;
  return std::unexpected(std::move(reason));
}

enum class Renamed { done, impossible };

// Private before it shows up in the library. Other names of the output, or a filesystem that keeps
// no modes: a copy is the way. So it is wherever renaming is not supported.
Result<Renamed> rename_beside(const Site& site, const Directory& from, const std::string& name,
                              const Fd& output) {
  const auto stamp = media_fs::stamp_of_open(output, from.full(name));
  if (!stamp) return std::unexpected(stamp.error());
  if (stamp->link_count != 1) return Renamed::impossible;
  if (!media_fs::change_mode(output, 0600, from.full(name))) return Renamed::impossible;
  const Status renamed =
      media_fs::rename(from, name, site.directory, site.staged, media_fs::Rename::no_replace);
  if (renamed) return Renamed::done;
  const int why = renamed.error().errno_value;
  if (why == EXDEV || media_fs::is_unsupported(why)) return Renamed::impossible;
  return std::unexpected(renamed.error());
}

}  // namespace

Status remove_open(const Directory& directory, const std::string& name, const Fd& file) {
  const auto stamp = media_fs::stamp_of_open(file, directory.full(name));
  if (!stamp) return std::unexpected(stamp.error());
  return media_fs::remove_known(directory, name, *stamp);
}

std::expected<Fd, Reason> stage_output(const Site& site, const fs::path& output,
                                       const std::stop_token& stop) {
  if (stop.stop_requested()) return interrupted();
  const auto from = media_fs::open_directory(output.parent_path());
  if (!from) return std::unexpected(reason_from(from.error()));
  const std::string name = output.filename().native();
  auto file = media_fs::open_regular(*from, name);
  if (!file) return std::unexpected(reason_from(file.error()));
  const auto renamed = rename_beside(site, *from, name, *file);
  if (!renamed) return std::unexpected(reason_from(renamed.error()));
  if (*renamed == Renamed::done) return std::move(*file);
  return copy_beside(site, *file, output.native(), stop);
}

}  // namespace av1d::replace_steps
