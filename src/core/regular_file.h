// A regular file that is read in place, at whatever place, through pread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

#include "av1d/owned_fd.h"
#include "av1d/result.h"

namespace av1d {

// After an I/O error it gives nothing more; the error is kept.
class RegularFile {
 public:
  // Fails for what can't be opened and for what is no regular file; never blocks on a FIFO.
  static Result<RegularFile> open(const std::filesystem::path& path);

  std::uint64_t size() const { return size_; }  // when it was opened
  int error() const { return error_; }          // errno of the first read that failed, else 0

  // How many bytes from `at` on one pread gives; 0 at the end and after an error.
  std::size_t read_some(std::uint64_t at, std::span<std::byte> out);
  // False where they are not all there.
  bool read(std::uint64_t at, std::span<std::byte> out);

 private:
  RegularFile(OwnedFd fd, std::uint64_t size) : fd_(std::move(fd)), size_(size) {}
  OwnedFd fd_;
  std::uint64_t size_ = 0;
  int error_ = 0;
};

}  // namespace av1d
