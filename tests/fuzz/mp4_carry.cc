// Carrying boxes of one hostile mp4 into another: the new file is never cut.
#include <algorithm>

#include "av1d/mp4.h"
#include "fuzz/fuzz.h"

using namespace av1d;

namespace {

// The text of the tag that makes room is of dots alone.
std::string longest_dots(std::string_view bytes) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char byte : bytes) {
    run = byte == '.' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(longest, '.');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const auto [made, source, output] = fuzz::TwoFilms(data, size);
  const auto had = read_mp4(output);
  fuzz::law(had.has_value(), "a file that can be read is read");
  Mp4Carry carry{{{0, 0}, {1, 1}}, {{0, {"fall", {1}}}}, {}, {{"synopsis", longest_dots(made)}}};
  if (const auto from = read_mp4(source); from && *from && !(*from)->tracks.empty() && *had) {
    if ((*from)->tracks[0].graft_bytes > 0) carry.tracks.push_back({0, (*had)->tracks.size()});
  }
  if (!carry_mp4(source, output, carry)) return 0;
  fuzz::law(test::read_file(output).size() >= made.size(), "nothing is cut off");
  const auto has = read_mp4(output);
  fuzz::law(has.has_value() && has->has_value() == had->has_value(), "it is an mp4 as before");
  if (*has) fuzz::law((*has)->tracks.size() >= (*had)->tracks.size(), "no track is lost");
  return 0;
}
