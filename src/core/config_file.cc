// From a path on disk to the text that parse_config() takes, and from a mistake to its line.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "av1d/config.h"
#include "av1d/result.h"
#include "av1d/text.h"

namespace av1d {

namespace {

// Far above any real one; /dev/zero and a film given by mistake end here.
constexpr std::size_t kLargestFile = 1024 * 1024;

class ReadOnlyFile {
 public:
  explicit ReadOnlyFile(const fs::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~ReadOnlyFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  ReadOnlyFile(const ReadOnlyFile&) = delete;
  ReadOnlyFile& operator=(const ReadOnlyFile&) = delete;

  bool is_open() const { return fd_ >= 0; }
  ssize_t read(std::span<char> into) const { return ::read(fd_, into.data(), into.size()); }

 private:
  int fd_;
};

Result<std::string> read_text_file(const fs::path& path) {
  const ReadOnlyFile file(path);
  if (!file.is_open()) return fail(fmt::format("cannot open: {}", std::strerror(errno)), errno);
  std::string text;
  std::array<char, 16384> buffer{};
  while (text.size() <= kLargestFile) {
    const ssize_t count = file.read(buffer);
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(fmt::format("cannot read: {}", std::strerror(errno)), errno);
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return fail(fmt::format("cannot be a configuration: larger than {}", format_bytes(kLargestFile)));
}

}  // namespace

std::string ConfigMistake::to_string() const {
  std::string out = printable(file);
  if (line > 0) out += fmt::format(":{}:{}", line, column);
  out += ": ";
  if (!key.empty()) out += printable(key) + ": ";
  return out + what;
}

ConfigResult load_config(const fs::path& path) {
  const auto text = read_text_file(path);
  if (text) return parse_config(*text, path.native());
  return std::unexpected(std::vector{ConfigMistake{path.native(), 0, 0, "", text.error().message}});
}

}  // namespace av1d
