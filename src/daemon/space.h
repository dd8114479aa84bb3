// Free space promised to running jobs, so that two encodes don't both count on the same gigabytes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

// Thread-safe. Outlives its reservations.
class SpaceLedger {
 public:
  using Devices = std::map<std::uint64_t, std::uint64_t>;  // device -> bytes

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
    Devices devices_;
  };

  // Reserves `bytes` on each of the filesystems that hold `directories`, all or none; one that
  // holds several of them counts once, since one file moves through them. An error with the figures
  // (errno ENOSPC) where so much is not free. Where it is, but promised to others, waits until they
  // have done with it, after one call of `on_wait` that says what is short; ECANCELED when it was
  // stopped meanwhile. Reads the disk.
  Result<Reservation> reserve(const std::vector<fs::path>& directories, std::uint64_t bytes,
                              const std::stop_token& stop,
                              const std::function<void(const std::string&)>& on_wait);
  // How many wait at this moment.
  std::size_t waiting() const;

 private:
  std::uint64_t returns() const;
  std::uint64_t promised_on(std::uint64_t device) const;
  Reservation promise(const Devices& needs);

  mutable std::mutex mutex_;
  std::condition_variable_any returned_;
  Devices promised_;
  std::uint64_t returns_ = 0;  // how often something was given back
  std::size_t waiting_ = 0;
};

// The device number of the filesystem that holds `directory`.
Result<std::uint64_t> device_of(const fs::path& directory);

}  // namespace av1d
