// Carrying a Matroska head over from one hostile file to another: no cluster moves.
#include "fuzz/fuzz.h"

#include "av1d/matroska.h"

using namespace av1d;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const auto [made, source, output] = fuzz::TwoFilms(data, size);
  MatroskaCarry carry;
  carry.tracks = {{0, MatroskaOrigin::Packets::made_anew}, {1, MatroskaOrigin::Packets::kept}};
  carry.start_ns = 20'000'000;
  if (!carry_matroska(source, output, carry)) return 0;
  const std::string written = test::read_file(output);
  const std::size_t cluster = made.find("\x1F\x43\xB6\x75");
  if (cluster != std::string_view::npos && written != made) {
    fuzz::law(written.size() >= made.size(), "what is carried over cuts nothing off");
  }
  return 0;
}
