// How many films are encoded at a time; see encode_places.h.
#include "daemon/encode_places.h"

#include <algorithm>

namespace av1d {

namespace {

// Where proofs are slower than encodes, no more films than this are encoded or proven for each
// place: each has a file in temp_output_dir.
constexpr std::size_t kInWorkPerPlace = 2;

}  // namespace

// ---- A ticket -----------------------------------------------------------------------------------

EncodePlaces::Ticket::Ticket(Ticket&& other) noexcept
    : places_(std::exchange(other.places_, nullptr)),
      number_(other.number_),
      stage_(other.stage_) {}

EncodePlaces::Ticket::~Ticket() {
  if (places_ != nullptr) places_->give_back(*this);
}

bool EncodePlaces::Ticket::try_enter() {
  if (stage_ == Stage::inside) return true;
  {
    const std::scoped_lock lock(places_->mutex_);
    if (!places_->may_enter(*this)) return false;
    places_->take_place(*this);
  }
  places_->on_change_();
  return true;
}

bool EncodePlaces::Ticket::enter(const std::stop_token& stop) {
  if (stop.stop_requested()) return stage_ == Stage::inside;
  if (try_enter()) return true;
  EncodePlaces& places = *places_;
  std::unique_lock lock(places.mutex_);
  const auto at = places.waiting_.insert(rank_of(*this)).first;
  lock.unlock();
  places.on_change_();
  lock.lock();
  const bool entered = places.changed_.wait(lock, stop, [&] { return places.may_enter(*this); }) &&
                       !stop.stop_requested();
  places.waiting_.erase(at);
  if (entered) places.take_place(*this);
  places.changed_.notify_all();  // another one is the first to wait now
  lock.unlock();
  places.on_change_();
  return entered;
}

void EncodePlaces::Ticket::leave() {
  if (stage_ != Stage::inside) return;
  {
    const std::scoped_lock lock(places_->mutex_);
    stage_ = Stage::behind;
    --places_->inside_;
    ++places_->behind_;
    places_->changed_.notify_all();
  }
  places_->on_change_();
}

// ---- The places ---------------------------------------------------------------------------------

EncodePlaces::EncodePlaces(std::size_t limit, std::function<void()> on_change)
    : limit_(limit), on_change_(std::move(on_change)) {}

void EncodePlaces::set_limit(std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  limit_ = limit;
  changed_.notify_all();
}

EncodePlaces::Counts EncodePlaces::counts() const {
  const std::scoped_lock lock(mutex_);
  const auto returning = static_cast<std::size_t>(
      std::ranges::count_if(waiting_, [](const Rank& rank) { return rank.first == 0; }));
  const std::size_t waiting = waiting_.size() - returning;
  return {before_ - waiting, waiting, inside_, behind_, returning};
}

bool EncodePlaces::has_room() const {
  const std::scoped_lock lock(mutex_);
  return before_ < limit_;
}

std::optional<EncodePlaces::Ticket> EncodePlaces::try_come() {
  const std::scoped_lock lock(mutex_);
  if (before_ >= limit_) return std::nullopt;
  ++before_;
  return Ticket(*this, next_number_++);
}

EncodePlaces::Rank EncodePlaces::rank_of(const Ticket& ticket) {
  return {ticket.stage_ == Ticket::Stage::before ? 1 : 0, ticket.number_};
}

bool EncodePlaces::may_enter(const Ticket& ticket) const {
  if (inside_ >= limit_) return false;
  if (!waiting_.empty() && *waiting_.begin() < rank_of(ticket)) return false;
  const bool returns = ticket.stage_ == Ticket::Stage::behind;
  return returns || inside_ + behind_ < kInWorkPerPlace * limit_;
}

void EncodePlaces::take_place(Ticket& ticket) {
  --(ticket.stage_ == Ticket::Stage::before ? before_ : behind_);
  ++inside_;
  ticket.stage_ = Ticket::Stage::inside;
}

void EncodePlaces::give_back(const Ticket& ticket) {
  const std::scoped_lock lock(mutex_);
  switch (ticket.stage_) {
    case Ticket::Stage::before:
      --before_;
      break;
    case Ticket::Stage::inside:
      --inside_;
      break;
    case Ticket::Stage::behind:
      --behind_;
      break;
  }
  changed_.notify_all();
}

}  // namespace av1d
