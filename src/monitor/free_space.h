// Free space of the filesystems that av1d writes to. Asked by a thread of its own: statvfs() on a
// network filesystem whose server is gone may take for ever, and the screen must not.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "av1d/types.h"
#include "monitor/facts.h"

namespace av1d {

class FreeSpaceWatch {
 public:
  FreeSpaceWatch();
  ~FreeSpaceWatch();
  FreeSpaceWatch(const FreeSpaceWatch&) = delete;
  FreeSpaceWatch& operator=(const FreeSpaceWatch&) = delete;

  // What to ask about from now on, in order of appearance: several paths on one filesystem share an
  // entry. Does not wait.
  void watch(const std::vector<fs::path>& libraries, const fs::path& temporary);
  // The latest answers, and of what has not answered for 10 s, that. Does not wait.
  std::vector<FreeSpace> latest() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // with threads that may never come back
};

// The same at once, for a snapshot. Reads the file systems.
std::vector<FreeSpace> read_free_space(const std::vector<fs::path>& libraries,
                                       const fs::path& temporary);

}  // namespace av1d
