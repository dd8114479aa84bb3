// Names from getdents64(2), which takes no memory of its own for each directory; see
// directory_listing.h.
#include "directory_listing.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace av1d {

int DirectoryListing::read(int fd) {
  names_.clear();
  entries_.clear();
  alignas(dirent64) std::array<char, 32768> buffer;
  int error = 0;
  for (;;) {
    const ssize_t got = ::getdents64(fd, buffer.data(), buffer.size());
    if (got < 0) error = errno;
    if (got <= 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      entries_.push_back({static_cast<std::uint32_t>(names_.size()),
                          static_cast<std::uint32_t>(name.size()), entry->d_type});
      names_.append(name.data(), name.size() + 1);
    }
  }
  is_whole_ = error == 0;
  std::sort(entries_.begin(), entries_.end(),
            [this](const Entry& a, const Entry& b) { return name(a) < name(b); });
  return error;
}

bool DirectoryListing::has(std::string_view wanted) const {
  const auto at =
      std::lower_bound(entries_.begin(), entries_.end(), wanted,
                       [this](const Entry& a, std::string_view b) { return name(a) < b; });
  return at != entries_.end() && name(*at) == wanted;
}

bool DirectoryListing::has_ending(std::string_view suffix) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return name(entry).ends_with(suffix); });
}

}  // namespace av1d
