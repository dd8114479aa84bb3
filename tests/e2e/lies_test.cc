// Sources that lie: each is built here byte by byte and goes through the real program. ffmpeg
// itself ends with status 0 on every one of them (measured with 9.0.2); docs/validation.md says
// what catches which.
#include "e2e/library.h"

namespace av1d::test {

namespace {

// ---- Damage -------------------------------------------------------------------------------------

// Six seconds in 1.5 MB. Keyframes every second: a hole hurts what is around it and no more.
fs::path whole_film(const std::string& extension) {
  const Words recipe = picture("6") + tone("440", "6") + kH264 + Words{"-g", "24", "-c:a", "aac"};
  return clip(extension,
              recipe + (extension == "mp4" ? Words{"-movflags", "+faststart"} : Words{}));
}

using Bytes = std::string;
using Damage = Bytes (*)(Bytes);

Bytes truncated(Bytes film) {
  film.resize(film.size() * 6 / 10);
  return film;
}

// Deterministic, spread over the middle of the film, one bit each.
Bytes flipped(Bytes film, std::size_t count) {
  const std::size_t from = film.size() * 3 / 10;
  const std::size_t step = film.size() * 4 / 10 / count;
  for (std::size_t i = 0; i < count; ++i) {
    char& byte = film[from + i * step + i * 13 % step];
    byte = static_cast<char>(byte ^ 0x10);
  }
  return film;
}
Bytes forty_bits_flipped(Bytes film) {
  return flipped(std::move(film), 40);
}

Bytes with_hole(Bytes film) {
  std::fill_n(film.begin() + static_cast<std::ptrdiff_t>(film.size() / 2),
              static_cast<std::ptrdiff_t>(film.size() / 8), '\0');
  return film;
}

// Whole transport packets (188 bytes) go, so that what is left is a sound stream.
Bytes cut_out(Bytes film) {
  film.erase(film.size() / 2 / 188 * 188, film.size() / 8 / 188 * 188);
  return film;
}

// ---- Sources ------------------------------------------------------------------------------------

struct SourceLie {
  const char* name;
  const char* extension;
  Damage damage;
};

constexpr std::array<SourceLie, 11> kSourceLies = {{
    {"truncated", "mkv", truncated},
    {"truncated", "mp4", truncated},
    {"truncated", "ts", truncated},
    {"40 bits flipped", "mkv", forty_bits_flipped},
    {"40 bits flipped", "mp4", forty_bits_flipped},
    {"40 bits flipped", "ts", forty_bits_flipped},
    {"hole of zeros", "mkv", with_hole},
    {"hole of zeros", "mp4", with_hole},
    {"hole of zeros", "ts", with_hole},
    {"piece cut out", "mkv", cut_out},
    {"piece cut out", "ts", cut_out},
}};

}  // namespace

TEST_CASE("a damaged source is found out whatever the damage, and stays as it is", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  std::map<fs::path, Bytes> films;
  for (const auto& lie : kSourceLies) {
    const std::string name = std::string(lie.name) + " " + lie.extension + "." + lie.extension;
    const Bytes bytes = lie.damage(read_file(whole_film(lie.extension)));
    films[write_file(library / name, bytes)] = bytes;
  }
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  for (const auto& [film, bytes] : films) {
    const Job job = library.job(film);
    INFO(film.filename() << ": " << job.reason.value_or(Reason{}).text);
    CHECK(library.verdict(film) == "skipped damaged_source");
    CHECK(read_file(film) == bytes);
  }
  CHECK(library.leftovers() == Words{});
}

}  // namespace av1d::test
