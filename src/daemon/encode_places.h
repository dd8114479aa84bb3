// How many films are encoded at a time, and how many are in work around those encodes. A film is
// looked into before it has a place, needs its place while its encoder runs, and is proven and
// swapped in behind it: so an encoder never waits for a film to be read.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <utility>

namespace av1d {

// Thread-safe. Outlives its tickets.
class EncodePlaces {
 public:
  // What one film's job holds from its first look to its end. Movable, empty after a move; gives
  // back what it has when it goes.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept;
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket();
    // Takes a place if it is this one's turn. True where it is inside already.
    bool try_enter();
    // Waits for it; false when it was stopped. Those that were inside before go first, then those
    // that came first.
    bool enter(const std::stop_token& stop);
    // Gives the place back; the job goes on behind it. Nothing where it is not inside.
    void leave();

   private:
    friend class EncodePlaces;
    enum class Stage { before, inside, behind };
    Ticket(EncodePlaces& places, std::uint64_t number) : places_(&places), number_(number) {}
    EncodePlaces* places_;
    std::uint64_t number_;  // in the order of coming
    Stage stage_ = Stage::before;
  };

  // The jobs with a ticket, each counted once.
  struct Counts {
    std::size_t looking = 0;    // before a place, and not waiting for one
    std::size_t waiting = 0;    // for their first place
    std::size_t inside = 0;     // encoding
    std::size_t behind = 0;     // they have left it
    std::size_t returning = 0;  // of those behind, the ones that wait to be inside again
  };

  // `on_change` is called on the thread of a job that begins to wait, enters a place or leaves one.
  EncodePlaces(std::size_t limit, std::function<void()> on_change);

  // Whoever is inside stays there. 0 lets nobody in.
  void set_limit(std::size_t limit);
  Counts counts() const;
  // As many films are looked into ahead as there are places, and no more.
  bool has_room() const;
  // Nothing where there is no room.
  std::optional<Ticket> try_come();

 private:
  // Who goes first: those that return, then in the order of coming.
  using Rank = std::pair<int, std::uint64_t>;
  static Rank rank_of(const Ticket& ticket);
  bool may_enter(const Ticket& ticket) const;
  void take_place(Ticket& ticket);
  void give_back(const Ticket& ticket);

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t limit_;
  std::size_t before_ = 0;
  std::size_t inside_ = 0;
  std::size_t behind_ = 0;
  std::set<Rank> waiting_;
  std::uint64_t next_number_ = 0;
  std::function<void()> on_change_;
};

}  // namespace av1d
