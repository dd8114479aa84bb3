// Names that break shells, patterns, URLs, terminals and JSON: films like any other.
#include <map>

#include "e2e/library.h"

namespace av1d::test {

namespace {

const std::map<std::string, std::string>& hostile_names() {
  static const std::map<std::string, std::string> kNames = {
      {"space", "with  space .mkv"},
      {"quotes", "it's \"quoted\" `tick` \\.mkv"},
      {"newline", "new\nline.mkv"},
      {"leading dash", "-y -vf null.mkv"},
      {"pattern", "100%d %05d*?[a-z].mkv"},
      {"substitution", "$(touch pwned);touch pwned2;.mkv"},
      {"protocol", "concat:a.mkv|b.mkv"},
      {"clock", "12:30:00.mkv"},
      {"escape", "\x1b[31mred\x1b[0m\x07.mkv"},
      {"latin-1", "caf\xe9.mkv"},
      {"250 bytes", std::string(246, 'a') + ".mkv"},
      {"emoji", "\xf0\x9f\x8e\xac \xe2\x80\xae.mkv"},
      {"only an extension", ".mkv"},
      {"upper case", "UPPER.MKV"},
  };
  return kNames;
}

}  // namespace

TEST_CASE("films with hostile names are encoded like any other", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.max_concurrent_jobs = 2;
  for (const auto& [what, name] : hostile_names()) library.add(name, short_clip());
  const fs::path below = library.add("dir \xe9\nand newline/-rf/-i.mkv", short_clip());

  const Finished pass = library.once();
  CAPTURE(pass.err);
  CHECK(pass.status == 0);
  const Words streams = streams_as_av1(streams_of(short_clip()));
  for (const auto& [what, name] : hostile_names()) {
    INFO(what);
    CHECK(library.verdict(library / name) == "success");
    CHECK(streams_of(library / name) == streams);
  }
  CHECK(library.verdict(below) == "success");
  CHECK(is_av1(below));
  CHECK(library.jobs().size() == hostile_names().size() + 1);
  CHECK(library.leftovers() == Words{});
  for (const auto& [name, entry] : snapshot(library.home())) {
    CHECK_FALSE(fs::path(name).filename().native().starts_with("pwned"));
  }
  // Nothing of a name reaches the terminal raw: one line each, no escape sequence.
  CHECK(pass.err.find('\x1b') == std::string::npos);
  for (const auto& line : lines_of(pass.err)) CHECK(line.starts_with("20"));
}

TEST_CASE("notes beside files with hostile names can be read without harm", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  library.config.min_bytes = 1'000'000'000;
  for (const auto& [what, name] : hostile_names()) write_file(library / name, "x");
  const Finished pass = library.once();
  CAPTURE(pass.err);
  CHECK(pass.status == 0);
  for (const auto& [what, name] : hostile_names()) {
    INFO(what);
    if (name.size() > 240) continue;  // no room for a note's name
    CHECK(library.why(library / name).starts_with("av1d: "));
    CHECK(library.why(library / name).find('\x1b') == std::string::npos);
  }
}

}  // namespace av1d::test
