// Languages are written in three ways: `de`, `deu` and `ger` are one; and countries and scripts
// have languages of their own (`pt-BR`, `zh-Hans`). Pure.
#pragma once

#include <string>
#include <string_view>

#include "av1d/media.h"

namespace av1d {

// The ISO 639-2/T code of a language in any case, for comparing: "de", "ger", "DEU" and "de-AT" all
// give "deu". A code of no known language stands for itself.
std::string language_key(std::string_view code);

// That a text has the form of a tag of BCP 47 (RFC 5646, 2.1): letters and figures in parts of at
// most eight, a language of two or three letters first ("en", "zh-Hans-CN"), or "x" or "i".
bool is_language_tag(std::string_view text);

// Gives each stream its language in three letters, and beside it the tag that says more or another
// than those: of an MP4 what stands in `elng`, of others what they say themselves ("en-US" of an
// Ogg). Matroska's own tags go from head to head (matroska.h).
void name_languages(MediaInfo& media);

}  // namespace av1d
