// Free space promised to running jobs, so that two encodes don't both count on the same gigabytes.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

class SpaceLedger {
 public:
  // Gives its bytes back when it goes. Movable, empty after a move.
  class Reservation {
   public:
    Reservation() = default;
    Reservation(Reservation&& other) noexcept { *this = std::move(other); }
    Reservation& operator=(Reservation&& other) noexcept;
    ~Reservation() { release(); }

   private:
    friend class SpaceLedger;
    void release();
    SpaceLedger* ledger_ = nullptr;
    std::uint64_t device_ = 0;
    std::uint64_t bytes_ = 0;
  };

  // Reserves `bytes` on the filesystem of `directory`; an error (errno ENOSPC) with the figures
  // when what is free does not cover all reservations and this one. Thread-safe. Reads the disk.
  Result<Reservation> reserve(const fs::path& directory, std::uint64_t bytes);

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, std::uint64_t> reserved_;  // device -> bytes
};

// The device number of the filesystem that holds `directory`.
Result<std::uint64_t> device_of(const fs::path& directory);

}  // namespace av1d
