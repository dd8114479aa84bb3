// Which library paths somebody is at work on: a job, or a command that came in beside it. Two hands
// on one film are never wanted.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "av1d/types.h"

namespace av1d {

// Thread-safe. Outlives its claims.
class Claims {
 public:
  // Gives the path back when it goes. Movable, empty after a move.
  class Claim {
   public:
    Claim(Claim&& other) noexcept : claims_(other.claims_), path_(std::move(other.path_)) {
      other.claims_ = nullptr;
    }
    Claim& operator=(Claim&&) = delete;
    ~Claim() {
      if (claims_ != nullptr) claims_->release(path_);
    }
    const fs::path& path() const { return path_; }

   private:
    friend class Claims;
    Claim(Claims& claims, fs::path path) : claims_(&claims), path_(std::move(path)) {}
    Claims* claims_;
    fs::path path_;
  };

  // Nothing when another holds it, and goes on holding it for so long: a job that is over may take
  // a moment to go.
  std::optional<Claim> take(const fs::path& path, std::chrono::milliseconds patience = {}) {
    std::unique_lock lock(mutex_);
    const bool free =
        released_.wait_for(lock, patience, [&] { return !held_.contains(path.native()); });
    if (!free) return std::nullopt;
    held_.insert(path.native());
    return Claim(*this, path);
  }

 private:
  void release(const fs::path& path) {
    const std::scoped_lock lock(mutex_);
    held_.erase(path.native());
    released_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable released_;
  std::set<std::string> held_;
};

}  // namespace av1d
