// Free space promised to running jobs; see space.h.
#include "daemon/space.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "av1d/replace.h"
#include "av1d/text.h"

namespace av1d {

namespace {

struct Place {
  fs::path directory;
  std::uint64_t device = 0;
  std::uint64_t free = 0;  // bytes
};

Result<std::vector<Place>> look_at(const std::vector<fs::path>& directories) {
  std::vector<Place> places;
  for (const auto& directory : directories) {
    const auto device = device_of(directory);
    if (!device) return std::unexpected(device.error());
    const auto free = free_bytes(directory);
    if (!free) return std::unexpected(free.error());
    places.push_back({directory, *device, *free});
  }
  return places;
}

std::string shortage(const Place& place, std::uint64_t bytes) {
  return fmt::format("'{}' has {} free, {} are needed", printable(place.directory.native()),
                     format_bytes(place.free), format_bytes(bytes));
}

}  // namespace

Result<std::uint64_t> device_of(const fs::path& directory) {
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0) return fail_errno("read", directory.native(), errno);
  return static_cast<std::uint64_t>(info.st_dev);
}

SpaceLedger::Reservation& SpaceLedger::Reservation::operator=(Reservation&& other) noexcept {
  if (this == &other) return *this;
  release();
  ledger_ = std::exchange(other.ledger_, nullptr);
  devices_ = std::move(other.devices_);
  return *this;
}

void SpaceLedger::Reservation::release() {
  if (ledger_ == nullptr) return;
  const std::scoped_lock lock(ledger_->mutex_);
  for (const auto& [device, bytes] : devices_) ledger_->promised_[device] -= bytes;
  ++ledger_->returns_;
  ledger_->returned_.notify_all();
  ledger_ = nullptr;
}

std::uint64_t SpaceLedger::returns() const {
  const std::scoped_lock lock(mutex_);
  return returns_;
}

std::size_t SpaceLedger::waiting() const {
  const std::scoped_lock lock(mutex_);
  return waiting_;
}

std::uint64_t SpaceLedger::promised_on(std::uint64_t device) const {
  const auto found = promised_.find(device);
  return found == promised_.end() ? 0 : found->second;
}

SpaceLedger::Reservation SpaceLedger::promise(const Devices& needs) {
  for (const auto& [device, bytes] : needs) promised_[device] += bytes;
  Reservation reservation;
  reservation.ledger_ = this;
  reservation.devices_ = needs;
  return reservation;
}

Result<SpaceLedger::Reservation> SpaceLedger::reserve(
    const std::vector<fs::path>& directories, std::uint64_t bytes, const std::stop_token& stop,
    const std::function<void(const std::string&)>& on_wait) {
  for (bool told = false;; told = true) {
    const std::uint64_t seen = returns();
    const auto places = look_at(directories);  // unlocked: a disk may take its time
    if (!places) return std::unexpected(places.error());
    std::unique_lock lock(mutex_);
    Devices needs;
    std::string short_of;
    for (const Place& place : *places) {
      if (place.free < bytes) return fail(shortage(place, bytes), ENOSPC);
      needs[place.device] = bytes;
      const std::uint64_t promised = promised_on(place.device);
      if (place.free - bytes >= promised) continue;
      short_of = fmt::format("{} beside {} of running jobs", shortage(place, bytes),
                             format_bytes(promised));
    }
    if (short_of.empty()) return promise(needs);
    ++waiting_;
    if (!told) {
      lock.unlock();
      on_wait(short_of);
      lock.lock();
    }
    const bool returned = returned_.wait(lock, stop, [&] { return returns_ != seen; });
    --waiting_;
    if (!returned) return fail("stopped", ECANCELED);
  }
}

}  // namespace av1d
