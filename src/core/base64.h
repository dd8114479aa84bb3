// Base64 (RFC 4648, with padding) for bytes that JSON cannot carry.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace av1d {

std::string base64_encode(std::string_view bytes);
// Nothing for anything that base64_encode() would not have written. Pure.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace av1d
