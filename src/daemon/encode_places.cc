// How many films are encoded at a time; see encode_places.h.
#include "daemon/encode_places.h"

#include <utility>

namespace av1d {

EncodePlaces::Place::Place(Place&& other) noexcept
    : places_(std::exchange(other.places_, nullptr)),
      inside_(std::exchange(other.inside_, false)) {}

EncodePlaces::Place::~Place() {
  if (inside_) places_->give_back();
}

void EncodePlaces::Place::leave() {
  if (!std::exchange(inside_, false)) return;
  places_->give_back();
  places_->on_change_();
}

bool EncodePlaces::Place::enter(const std::stop_token& stop) {
  if (inside_) return true;
  inside_ = places_->enter(stop);
  if (inside_) places_->on_change_();
  return inside_;
}

EncodePlaces::EncodePlaces(std::size_t limit, std::function<void()> on_change)
    : limit_(limit), on_change_(std::move(on_change)) {}

void EncodePlaces::set_limit(std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  limit_ = limit;
  freed_.notify_all();
}

std::size_t EncodePlaces::taken() const {
  const std::scoped_lock lock(mutex_);
  return taken_;
}

std::size_t EncodePlaces::waiting() const {
  const std::scoped_lock lock(mutex_);
  return waiting_;
}

bool EncodePlaces::has_free() const {
  const std::scoped_lock lock(mutex_);
  return taken_ + waiting_ < limit_;
}

std::optional<EncodePlaces::Place> EncodePlaces::try_take() {
  const std::scoped_lock lock(mutex_);
  if (taken_ + waiting_ >= limit_) return std::nullopt;
  ++taken_;
  return Place(*this);
}

bool EncodePlaces::enter(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  ++waiting_;
  const bool free = freed_.wait(lock, stop, [this] { return taken_ < limit_; });
  --waiting_;
  if (free) ++taken_;
  return free;
}

void EncodePlaces::give_back() {
  const std::scoped_lock lock(mutex_);
  --taken_;
  freed_.notify_one();
}

}  // namespace av1d
