// Carrying a Matroska head over from one hostile file to another: no cluster moves. The first two
// bytes say where the source ends and the output begins.
#include "fuzz/fuzz.h"

#include "av1d/matroska.h"

using namespace av1d;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::string_view bytes = fuzz::text_of(data + 2, size - 2);
  const std::size_t cut = (std::size_t{data[0]} * 256 + data[1]) % bytes.size();
  const std::string_view made = bytes.substr(cut);
  const auto source = fuzz::file_of(bytes.substr(0, cut), "source.mkv");
  const auto output = fuzz::file_of(made, "output.mkv");
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
