// The notes beside films that are left as they are; see notes.h.
#include "daemon/notes.h"

#include <spdlog/spdlog.h>

#include <functional>
#include <string>

#include "av1d/sidecars.h"

namespace av1d {

namespace {

void mention(const Status& status) {
  if (!status) spdlog::debug("{}", status.error().message);
}

}  // namespace

bool deserves_note(const Reason& reason) {
  return reason.code != ReasonCode::disc_structure && reason.code != ReasonCode::source_changed;
}

void Notes::begin_scan() {
  before_ = std::move(now_);
  now_.clear();
}

void Notes::tell(const Candidate& film, const Reason& reason) {
  if (!deserves_note(reason)) return;
  const std::string said = film.path.native() + '\0' + reason.text;
  const std::size_t hash = std::hash<std::string>{}(said);
  {
    const std::scoped_lock lock(mutex_);
    now_.insert(hash);
  }
  if (film.has_sidecar && before_.contains(hash)) return;
  mention(write_why(film.path, reason));
}

void Notes::withdraw(const Candidate& film) const {
  if (film.has_sidecar) mention(remove_why(film.path));
}

void Notes::sweep(const ScanResult& scan) const {
  for (const fs::path& film : scan.gone_films) mention(remove_why(film));
}

}  // namespace av1d
