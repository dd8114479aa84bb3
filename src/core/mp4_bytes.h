// Boxes of an MP4 in memory, with 32-bit sizes. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mp4_boxes.h"

namespace av1d::mp4 {

constexpr std::size_t kHead = 8;
constexpr std::size_t kFullHead = kHead + 4;  // and version and flags

// Of a whole box; its bytes must be there, as those of boxes_of() are.
std::string_view type_of(std::string_view box);
std::string_view content_of(std::string_view box);

// The boxes that fill `content`, each with its head. Nothing where they don't fill it.
std::optional<std::vector<std::string_view>> boxes_of(std::string_view content);

std::string make_box(std::string_view type, std::string_view content);

// The last `bytes` bytes of a number.
std::string big_endian(std::uint64_t value, std::size_t bytes = 4);

}  // namespace av1d::mp4
