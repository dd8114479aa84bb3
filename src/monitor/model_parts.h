// What the pictures and the keys have in common: the parts of the screen and their sizes. Pure.
#pragma once

#include "monitor/model.h"

namespace av1d {

std::vector<Line> header_of(const View& view, const Sight& sight);
// The list's share of the screen: without header, heading and footer.
std::size_t list_height(const View& view, const Sight& sight);
// Of details and help: without title and footer.
std::size_t page_height(const View& view);
std::vector<Line> page_lines(const View& view, const Sight& sight);
// Nothing beyond the end of the list.
const JobId* id_at(const Sight& sight, std::size_t place);

}  // namespace av1d
