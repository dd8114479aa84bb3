// The boxes of an MP4 or QuickTime file: reading comes to an end whatever they say of their sizes.
#include "fuzz/fuzz.h"

#include "av1d/languages.h"
#include "av1d/mp4.h"

using namespace av1d;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = fuzz::file_of(fuzz::text_of(data, size), "film.mp4");
  const auto facts = read_mp4(path);
  fuzz::law(facts.has_value(), "a file that can be read is read");
  if (!*facts) return 0;
  MediaInfo media;
  media.mp4 = **facts;
  media.streams.resize(media.mp4->tracks.size());
  name_languages(media);
  for (const auto& stream : media.streams) {
    fuzz::law(stream.language().empty() || stream.language().size() == 3,
              "a language has 3 letters");
  }
  return 0;
}
