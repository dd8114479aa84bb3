// sd_notify(3): one datagram to the service manager that started us. Without one nothing happens.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace av1d {

// Where $NOTIFY_SOCKET points, read once. Cheap to copy.
class ServiceManager {
 public:
  static ServiceManager from_environment();

  // "READY=1\nSTATUS=..."; several assignments in one message take effect together. A manager that
  // does not listen is nothing we could act on.
  void notify(std::string_view message) const;

  // Half of the time in which the manager wants to hear WATCHDOG=1; nothing where it does not.
  std::optional<std::chrono::microseconds> watchdog_interval() const { return watchdog_; }

 private:
  std::string socket_;
  std::optional<std::chrono::microseconds> watchdog_;
};

// "READY=1", "STOPPING=1"; RELOADING=1 must say since when: "RELOADING=1\nMONOTONIC_USEC=N".
std::string reloading_message();

}  // namespace av1d
