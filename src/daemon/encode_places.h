// How many films are encoded at a time. A job needs its place while its encoder runs; the proof of
// a film goes on without one, beside the next encode.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

namespace av1d {

// Thread-safe. Outlives its places.
class EncodePlaces {
 public:
  // Movable, empty after a move. Gives the place back when it goes.
  class Place {
   public:
    Place(Place&& other) noexcept;
    Place& operator=(Place&&) = delete;
    ~Place();
    // Gives the place back early. Nothing where it was left before.
    void leave();
    // Waits for a place, where this one was left; jobs that wait go before new ones. False when it
    // was stopped.
    bool enter(const std::stop_token& stop);

   private:
    friend class EncodePlaces;
    explicit Place(EncodePlaces& places) : places_(&places) {}
    EncodePlaces* places_;
    bool inside_ = true;
  };

  // `on_change` is called on the thread of a job that left its place, or entered one again.
  EncodePlaces(std::size_t limit, std::function<void()> on_change);

  // Whoever is inside stays there.
  void set_limit(std::size_t limit);
  std::size_t taken() const;
  std::size_t waiting() const;
  bool has_free() const;
  // Nothing when all are taken, or the next one is a waiting job's.
  std::optional<Place> try_take();

 private:
  bool enter(const std::stop_token& stop);
  void give_back();

  mutable std::mutex mutex_;
  std::condition_variable_any freed_;
  std::size_t limit_;
  std::size_t taken_ = 0;
  std::size_t waiting_ = 0;
  std::function<void()> on_change_;
};

}  // namespace av1d
