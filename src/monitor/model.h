// What av1top shows, as a pure function of jobs, facts and the state of the view; and what a key
// does to that state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "monitor/columns.h"
#include "monitor/header.h"
#include "monitor/keys.h"
#include "monitor/listing.h"
#include "monitor/screen.h"

namespace av1d {

// Smaller terminals get a message instead of a screen.
inline constexpr int kLeastColumns = 40;
inline constexpr int kLeastLines = 12;

enum class Page { list, details, help };

// What the owner has chosen, and where they are.
struct View {
  int columns = 80;
  int rows = 24;
  Charset charset = Charset::utf8;
  Page page = Page::list;
  ListOrder order;
  bool is_typing = false;  // the search
  std::optional<JobId> selected;
  bool is_held = false;    // the owner has chosen it; before that the first job is selected
  std::size_t place = 0;   // of the selected job in the list
  std::size_t top = 0;     // the first job on the screen
  std::size_t scroll = 0;  // the first line of details or help on the screen
  bool wants_to_quit = false;
};

// What there is to be seen.
struct Sight {
  const JobTable& jobs;
  const std::vector<std::uint32_t>& list;  // of list_jobs() with the view's order
  const HeaderFacts& header;
  const Job* details = nullptr;  // of the selected job, where they could be read
  std::string details_problem;   // why they could not
  Time now{};
};

// The view after the list, the screen's size or the jobs have changed: the selection stays on its
// job, or where that is gone, on its place; it is on the screen. Pure.
View settled(View view, const Sight& sight);

// The view after a key. Pure. To be settled afterwards; where `order` has changed, with a new list.
View after_key(View view, const KeyPress& press, const Sight& sight);

// The picture of a settled view. Never wider or higher than the terminal. Pure.
Screen build_screen(const View& view, const Sight& sight);

}  // namespace av1d
