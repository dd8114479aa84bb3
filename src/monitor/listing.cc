// Filters and orders; see listing.h.
#include "monitor/listing.h"

#include <algorithm>
#include <compare>

namespace av1d {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains_ignoring_case(std::string_view text, std::string_view lowered) {
  return std::search(text.begin(), text.end(), lowered.begin(), lowered.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

bool passes(const JobRow& row, Filter filter) {
  switch (filter) {
    case Filter::all:
      return true;
    case Filter::pending:
      return row.status == JobStatus::pending;
    case Filter::running:
      return row.status == JobStatus::running;
    case Filter::success:
      return row.status == JobStatus::success;
    case Filter::failed:
      return row.status == JobStatus::failed;
    case Filter::skipped:
      return row.status == JobStatus::skipped;
  }
  return true;
}

// What an owner looks for first comes first.
int status_rank(const JobRow& row) {
  switch (row.status) {
    case JobStatus::running:
      return 0;
    case JobStatus::pending:
      return 1;
    case JobStatus::failed:
      return 2;
    case JobStatus::success:
      return 3;
    case JobStatus::skipped:
      return 4;
  }
  return 5;
}

std::int64_t saved_bytes(const JobRow& row) {
  if (!saved_fraction(row)) return 0;
  return static_cast<std::int64_t>(row.original_bytes) - static_cast<std::int64_t>(row.new_bytes);
}

std::strong_ordering by_date(const JobRow& a, const JobRow& b) {
  const bool a_runs = a.status == JobStatus::running;
  const bool b_runs = b.status == JobStatus::running;
  if (a_runs != b_runs) return b_runs <=> a_runs;
  if (const auto order = date_of(b) <=> date_of(a); order != 0) return order;
  return a.path <=> b.path;
}

std::strong_ordering by_key(const JobRow& a, const JobRow& b, SortKey key) {
  switch (key) {
    case SortKey::date:
      return std::strong_ordering::equal;
    case SortKey::size:
      return b.original_bytes <=> a.original_bytes;
    case SortKey::status:
      return status_rank(a) <=> status_rank(b);
    case SortKey::savings:
      return saved_bytes(b) <=> saved_bytes(a);
  }
  return std::strong_ordering::equal;
}

}  // namespace

std::string_view to_string(Filter filter) {
  static constexpr std::array<std::string_view, kFilters.size()> kNames = {
      "All", "Pending", "Running", "Success", "Failed", "Skipped"};
  return kNames.at(static_cast<std::size_t>(filter));
}

std::string_view to_string(SortKey key) {
  static constexpr std::array<std::string_view, kSortKeys.size()> kNames = {"Date", "Size",
                                                                            "Status", "Savings"};
  return kNames.at(static_cast<std::size_t>(key));
}

Time date_of(const JobRow& row) {
  if (row.status == JobStatus::running) return row.started_at;
  if (row.finished_at != Time{}) return row.finished_at;
  return row.started_at != Time{} ? row.started_at : row.created_at;
}

std::vector<std::uint32_t> list_jobs(std::span<const JobRow> rows, const ListOrder& order) {
  std::string wanted = order.search;
  std::transform(wanted.begin(), wanted.end(), wanted.begin(), lower);
  std::vector<std::uint32_t> places;
  places.reserve(rows.size());
  for (std::uint32_t place = 0; place < rows.size(); ++place) {
    const JobRow& row = rows[place];
    if (!passes(row, order.filter)) continue;
    if (wanted.empty() || contains_ignoring_case(row.path, wanted)) places.push_back(place);
  }
  std::sort(places.begin(), places.end(), [&](std::uint32_t x, std::uint32_t y) {
    const JobRow& a = rows[order.reversed ? y : x];
    const JobRow& b = rows[order.reversed ? x : y];
    if (const auto by = by_key(a, b, order.sort); by != 0) return by < 0;
    if (const auto by = by_date(a, b); by != 0) return by < 0;
    return a.id < b.id;
  });
  return places;
}

}  // namespace av1d
