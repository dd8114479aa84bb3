// Free space promised to running jobs; see space.h.
#include "daemon/space.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "av1d/replace.h"
#include "av1d/text.h"

namespace av1d {

Result<std::uint64_t> device_of(const fs::path& directory) {
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0) return fail_errno("read", directory.native(), errno);
  return static_cast<std::uint64_t>(info.st_dev);
}

SpaceLedger::Reservation& SpaceLedger::Reservation::operator=(Reservation&& other) noexcept {
  if (this == &other) return *this;
  release();
  ledger_ = std::exchange(other.ledger_, nullptr);
  device_ = other.device_;
  bytes_ = other.bytes_;
  return *this;
}

void SpaceLedger::Reservation::release() {
  if (ledger_ == nullptr) return;
  const std::lock_guard lock(ledger_->mutex_);
  ledger_->reserved_[device_] -= bytes_;
  ledger_ = nullptr;
}

Result<SpaceLedger::Reservation> SpaceLedger::reserve(const fs::path& directory,
                                                      std::uint64_t bytes) {
  const auto device = device_of(directory);
  if (!device) return std::unexpected(device.error());
  const auto free = free_bytes(directory);
  if (!free) return std::unexpected(free.error());
  const std::lock_guard lock(mutex_);
  const std::uint64_t promised = reserved_[*device];
  if (*free < promised || *free - promised < bytes) {
    return fail(fmt::format("'{}' has {} free, {} are needed{}", printable(directory.native()),
                            format_bytes(*free), format_bytes(bytes),
                            promised == 0 ? std::string()
                                          : fmt::format(" beside {} of running jobs",
                                                        format_bytes(promised))),
                ENOSPC);
  }
  reserved_[*device] += bytes;
  Reservation reservation;
  reservation.ledger_ = this;
  reservation.device_ = *device;
  reservation.bytes_ = bytes;
  return reservation;
}

}  // namespace av1d
