// What the fuzzers share. Each is one function of some bytes that a stranger may have written; a
// law that does not hold ends the fuzzer like a crash does.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "support/temp_dir.h"

namespace av1d::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void law(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "law broken: %s\n", what);
  std::abort();
}

// For the readers of files; memory, where there is a filesystem in memory.
inline const std::filesystem::path& directory() {
  struct Made {
    Made() {
      if (std::filesystem::exists("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 1);
      directory.emplace();
    }
    std::optional<test::TempDir> directory;
  };
  static const Made made;
  return made.directory->path();
}

inline std::filesystem::path file_of(std::string_view bytes, const char* name) {
  const auto path = directory() / name;
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) std::abort();
  law(std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size(), "the file can be written");
  std::fclose(file);
  return path;
}

// A source and what ffmpeg made of it: the first two bytes say where the one ends and the other
// begins. For at least three bytes.
struct TwoFilms {
  TwoFilms(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = text_of(data + 2, size - 2);
    const std::size_t cut = (std::size_t{data[0]} * 256 + data[1]) % bytes.size();
    made = bytes.substr(cut);
    source = file_of(bytes.substr(0, cut), "source");
    output = file_of(made, "output");
  }
  std::string_view made;
  std::filesystem::path source, output;
};

template <class Use>
void for_each_line(std::string_view text, Use use) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace av1d::fuzz
