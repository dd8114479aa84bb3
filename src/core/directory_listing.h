// The names of one directory, in memory that is used again for the next one.
#pragma once

#include <dirent.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace av1d {

class DirectoryListing {
 public:
  struct Entry {
    std::uint32_t name_at = 0;
    std::uint32_t name_length = 0;
    unsigned char type = 0;  // d_type: DT_UNKNOWN where the filesystem does not tell
  };

  // Lists an open directory anew, without "." and "..", in byte order. The errno, 0 for success;
  // what could be read is there in any case. The descriptor is not closed. Reads the disk.
  int read(int fd);

  // Asks type_of(name) for those that the filesystem does not tell of.
  template <class F>
  void complete_types(F&& type_of) {
    for (Entry& entry : entries_) {
      if (entry.type == DT_UNKNOWN) entry.type = type_of(c_name(entry));
    }
  }

  const std::vector<Entry>& entries() const { return entries_; }
  const char* c_name(const Entry& entry) const { return names_.c_str() + entry.name_at; }
  std::string_view name(const Entry& entry) const { return {c_name(entry), entry.name_length}; }

  bool has(std::string_view name) const;
  // Never where only a part could be read.
  bool surely_lacks(std::string_view name) const { return is_whole_ && !has(name); }
  // Whether any name ends so.
  bool has_ending(std::string_view suffix) const;

 private:
  std::string names_;  // each with a NUL behind it
  std::vector<Entry> entries_;
  bool is_whole_ = false;
};

}  // namespace av1d
