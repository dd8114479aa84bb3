// When two tag values mean the same although a muxer wrote them another way. Pure.
#pragma once

#include <string>

namespace av1d {

bool same_tag(const std::string& key, const std::string& want, const std::string& got);

}  // namespace av1d
