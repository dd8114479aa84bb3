// The head of a Matroska file: reading comes to an end whatever its elements say.
#include "fuzz/fuzz.h"

#include "av1d/matroska.h"

using namespace av1d;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = fuzz::file_of(fuzz::text_of(data, size), "film.mkv");
  static_cast<void>(read_matroska(path));
  return 0;
}
