// Which jobs a list shows, and in which order. All pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/job_table.h"

namespace av1d {

enum class Filter { all, pending, running, success, failed, skipped };
enum class SortKey { date, size, status, savings };

// In the order in which their keys go through them.
inline constexpr std::array kFilters = {Filter::all,     Filter::pending, Filter::running,
                                        Filter::success, Filter::failed,  Filter::skipped};
inline constexpr std::array kSortKeys = {SortKey::date, SortKey::size, SortKey::status,
                                         SortKey::savings};

std::string_view to_string(Filter filter);  // "All"
std::string_view to_string(SortKey key);    // "Date"

struct ListOrder {
  Filter filter = Filter::all;
  SortKey sort = SortKey::date;
  bool reversed = false;
  std::string search;  // in the path, upper or lower case alike for ASCII

  bool operator==(const ListOrder&) const = default;
};

// Places in `rows`. Date: running jobs first, then what happened last; Size: the largest original
// first; Status: running, pending, failed, success, skipped; Savings: what saved most bytes first.
// Equal ones come by date, then by path: no job ever jumps without a reason.
std::vector<std::uint32_t> list_jobs(std::span<const JobRow> rows, const ListOrder& order);

// When something happened to it last: end, start, or first sight.
Time date_of(const JobRow& row);

}  // namespace av1d
