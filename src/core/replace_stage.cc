// Brings the proven output beside the original: a rename where both lie on one filesystem, else a
// copy that is believed only after it was read back from the disk.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "av1d/text.h"
#include "replace_steps.h"

namespace av1d::replace_steps {
namespace {

using media_fs::Directory;
using media_fs::Fd;

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
// The disk writes one part while the part before it is read back; a machine keeps two in memory.
constexpr std::uint64_t kPartBytes = std::uint64_t{32} << 20;

std::unexpected<Reason> interrupted() {
  return refuse(ReasonCode::interrupted, "the daemon was told to stop");
}

struct File {
  const Fd& fd;
  std::string_view shown;
};

struct Part {
  std::uint64_t begin = 0;
  std::uint64_t size = 0;  // less than kPartBytes: the last one
};

// Reads `size` bytes from `begin` on, or to the end of the file.
Result<std::string_view> read_chunk(const File& file, std::uint64_t begin, char* buffer,
                                    std::size_t size) {
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t got =
        ::pread(file.fd.get(), buffer + filled, size - filled, static_cast<off_t>(begin + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read", file.shown, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return std::string_view(buffer, filled);
}

// Copies an output and reads the copy back, part by part: see kPartBytes.
class ProvenCopy {
 public:
  ProvenCopy(const File& from, const File& to, const std::stop_token& stop)
      : from_(from), to_(to), stop_(stop) {}

  std::expected<void, Reason> run() {
    std::optional<Part> before;
    for (Part part;; part = {part.begin + part.size, 0}) {
      if (auto copied = copy(part); !copied) return copied;
      if (before) {
        if (auto proven = prove(*before); !proven) return proven;
      }
      if (part.size < kPartBytes) return finish(part);
      before = part;
    }
  }

 private:
  std::expected<void, Reason> copy(Part& part) const {
    while (part.size < kPartBytes) {
      if (stop_.stop_requested()) return interrupted();
      const auto chunk = read_chunk(from_, part.begin + part.size, buffers_.get(), kChunkBytes);
      if (!chunk) return std::unexpected(reason_from(chunk.error()));
      const Status written = media_fs::write_all(to_.fd, *chunk, to_.shown);
      if (!written) return std::unexpected(reason_from(written.error()));
      part.size += chunk->size();
      if (chunk->size() < kChunkBytes) break;
    }
    return done(media_fs::start_writing(to_.fd, part.begin, part.size, to_.shown));
  }

  std::expected<void, Reason> prove(const Part& part) const {
    auto finished = done(media_fs::finish_writing(to_.fd, part.begin, part.size, to_.shown));
    return finished ? compare(part) : finished;
  }

  // The last part is read back when the whole file is durable.
  std::expected<void, Reason> finish(const Part& last) const {
    auto synced = done(media_fs::sync(to_.fd, to_.shown));
    return synced ? compare(last) : synced;
  }

  // posix_fadvise only advises; where it does nothing the comparison reads the cache.
  std::expected<void, Reason> compare(const Part& part) const {
    static_cast<void>(::posix_fadvise(to_.fd.get(), static_cast<off_t>(part.begin),
                                      static_cast<off_t>(part.size), POSIX_FADV_DONTNEED));
    const std::uint64_t end = part.begin + part.size;
    for (std::uint64_t at = part.begin; at < end; at += kChunkBytes) {
      if (stop_.stop_requested()) return interrupted();
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, end - at));
      const auto one = read_chunk(from_, at, buffers_.get(), size);
      if (!one) return std::unexpected(reason_from(one.error()));
      const auto other = read_chunk(to_, at, buffers_.get() + kChunkBytes, size);
      if (!other) return std::unexpected(reason_from(other.error()));
      if (*one != *other || one->size() != size) return differs();
    }
    return {};
  }

  std::unexpected<Reason> differs() const {
    return refuse(ReasonCode::io_error, "'" + printable(to_.shown) +
                                            "' does not read back as it was written: the disk or "
                                            "the memory is faulty");
  }

  static std::expected<void, Reason> done(const Status& status) {
    if (!status) return std::unexpected(reason_from(status.error()));
    return {};
  }

  const File from_;
  const File to_;
  const std::stop_token& stop_;
  const std::unique_ptr<char[]> buffers_ = std::make_unique<char[]>(2 * kChunkBytes);
};

std::expected<Fd, Reason> copy_beside(const Site& site, const Fd& output, std::string_view shown,
                                      const std::stop_token& stop) {
  auto staged = media_fs::create(site.directory, site.staged);
  if (!staged) return std::unexpected(reason_from(staged.error()));
  const std::string staged_shown = site.directory.full(site.staged);
  auto proven = ProvenCopy({output, shown}, {*staged, staged_shown}, stop).run();
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
