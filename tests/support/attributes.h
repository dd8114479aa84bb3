// Extended attributes of files, for tests of what a replace keeps.
#pragma once

#include <sys/xattr.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace av1d::test {

// False where the filesystem, or our rights, don't allow it.
inline bool set_attribute(const std::filesystem::path& path, const char* name,
                          const std::string& value) {
  return ::setxattr(path.c_str(), name, value.data(), value.size(), 0) == 0;
}

// The kernel's form of user::rw-,user:12345:r--,group::---,mask::r--,other::---.
inline std::string acl_for_one_user() {
  struct Entry {
    std::uint16_t tag, permissions;
    std::uint32_t id;
  };
  constexpr Entry entries[] = {
      {0x01, 6, ~0U}, {0x02, 4, 12345}, {0x04, 0, ~0U}, {0x10, 4, ~0U}, {0x20, 0, ~0U}};
  std::string value("\x02\0\0\0", 4);
  value.append(reinterpret_cast<const char*>(entries), sizeof entries);
  return value;
}

}  // namespace av1d::test
