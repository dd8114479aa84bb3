// Metadata inside coded video, found where a plain search finds it.
#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "av1d/bitstream_scan.h"
#include "fuzz/fuzz.h"

using namespace av1d;
using namespace std::string_view_literals;

namespace {

using Patterns = std::initializer_list<std::string_view>;

// Every find stands on one of its patterns, and no pattern is in the file without a find.
void agree(std::string_view bytes, const std::optional<std::uint64_t>& find, Patterns patterns) {
  const std::string_view there =
      bytes.substr(std::min<std::uint64_t>(find.value_or(0), bytes.size()));
  const auto found_here = [&](std::string_view pattern) { return there.starts_with(pattern); };
  const auto anywhere = [&](std::string_view pattern) { return bytes.find(pattern) != bytes.npos; };
  fuzz::law(!find || std::ranges::any_of(patterns, found_here), "a find is there");
  fuzz::law(find || std::ranges::none_of(patterns, anywhere), "nothing is missed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const auto finds = scan_bitstream(fuzz::file_of(bytes, "film.ts"));
  fuzz::law(finds.has_value(), "a file that is there is read");
  agree(
      bytes, finds->captions,
      {"\xB5\x00\x31GA94\x03"sv, "\x00\x00\x01\xB2GA94\x03"sv, "\x00\x00\x01\xB2\x43\x43\x01\xF8"sv,
       "\x00\x00\x01\xB2\x03\x81"sv, "\x00\x00\x01\xB2\x03\x01"sv});
  agree(bytes, finds->hdr10plus, {"\xB5\x00\x3C\x00\x01\x04"sv});
  agree(bytes, finds->hdr_vivid, {"\x26\x00\x04\x00\x05\x01"sv});
  return 0;
}
