// Languages are written in three ways: `de`, `deu` and `ger` are one. Pure.
#pragma once

#include <string>
#include <string_view>

namespace av1d {

// The ISO 639-2/T code of a language in any case, for comparing: "de", "ger", "DEU" and "de-AT" all
// give "deu". A code of no known language stands for itself.
std::string language_key(std::string_view code);

}  // namespace av1d
