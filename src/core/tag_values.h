// When two tag values mean the same although a muxer wrote them another way. Pure.
#pragma once

#include <string>

namespace av1d {

// "VBR Peak" of a WMV is "VBR_PEAK" in Matroska: ffmpeg's muxer writes no spaces. Pure.
bool same_key(const std::string& a, const std::string& b);

bool same_tag(const std::string& key, const std::string& want, const std::string& got);

}  // namespace av1d
