// Metadata inside coded video, found where a plain search finds it.
#include "fuzz/fuzz.h"

#include "av1d/bitstream_scan.h"

using namespace av1d;
using namespace std::string_view_literals;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const auto finds = scan_bitstream(fuzz::file_of(bytes, "film.ts"));
  fuzz::law(finds.has_value(), "a file that is there is read");
  const auto found = finds->captions.value_or(bytes.size());
  const std::string_view there = bytes.substr(std::min<std::size_t>(found, bytes.size()));
  constexpr auto kInSei = "\xB5\x00\x31GA94\x03"sv;
  constexpr auto kInMpeg2 = "\x00\x00\x01\xB2GA94\x03"sv;
  if (finds->captions) {
    fuzz::law(there.starts_with(kInSei) || there.starts_with(kInMpeg2), "captions are there");
    return 0;
  }
  fuzz::law(bytes.find(kInSei) == std::string_view::npos &&
                bytes.find(kInMpeg2) == std::string_view::npos,
            "no captions are missed");
  return 0;
}
