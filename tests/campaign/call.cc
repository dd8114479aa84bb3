// What a stopped child is about to do, read from its registers and memory; see tracer.h.
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <climits>

#include "campaign/tracer.h"
#if defined(__x86_64__)
#include "campaign/watched_calls.h"
#endif

namespace av1d::test {

#if defined(__x86_64__)

namespace {

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

bool Call::changes() const {
  const Watched* watched = find_watched(name);
  if (watched == nullptr || watched->kind == Kind::looks) return false;
  if (name == "openat") return (args[2] & O_CREAT) != 0;
  return name != "open" || (args[1] & O_CREAT) != 0;
}

std::string Call::file(std::size_t at) const {
  const std::string link =
      "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(static_cast<int>(args.at(at)));
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  return length < 0 ? "" : std::string(target.data(), static_cast<std::size_t>(length));
}

std::string Call::text(std::size_t at) const {
  std::string bytes(PATH_MAX, '\0');
  // Never across the end of a page that may be the last one.
  const std::uint64_t from = args.at(at);
  const std::size_t first = 4096 - from % 4096;
  const iovec local[] = {{bytes.data(), first}};
  const iovec remote[] = {{reinterpret_cast<void*>(from), first}};
  if (::process_vm_readv(pid, local, 1, remote, 1, 0) < 0) return "";
  const std::size_t end = bytes.find('\0');
  if (end >= first) {
    const iovec more_local[] = {{bytes.data() + first, bytes.size() - first}};
    const iovec more_remote[] = {{reinterpret_cast<void*>(from + first), bytes.size() - first}};
    static_cast<void>(::process_vm_readv(pid, more_local, 1, more_remote, 1, 0));
  }
  return bytes.c_str();
}

std::string Call::shown() const {
  const std::string begin = std::string(name) + " ";
  switch (find_watched(name)->shape) {
    case Shape::descriptor:
      return begin + last_part(file());
    case Shape::path:
      return begin + last_part(text(0));
    case Shape::name_at:
      return begin + last_part(text(1).empty() ? file() : text(1));
    case Shape::two_names_at:
      return begin + last_part(text(1)) + " " + last_part(text(3));
    case Shape::two_paths:
      return begin + last_part(text(0)) + " " + last_part(text(1));
  }
  return begin;
}

#else

bool Call::changes() const {
  return false;
}
std::string Call::file(std::size_t) const {
  return "";
}
std::string Call::text(std::size_t) const {
  return "";
}
std::string Call::shown() const {
  return "";
}

#endif

}  // namespace av1d::test
