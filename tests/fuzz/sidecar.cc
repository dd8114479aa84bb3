// NAME.why.txt as somebody left it: an owner's words stay as they are.
#include "fuzz/fuzz.h"

#include "av1d/sidecars.h"

using namespace av1d;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const bool ours = text.starts_with("av1d: ");
  const auto note = fuzz::file_of(text, "film.mkv.why.txt");
  const auto film = fuzz::directory() / "film.mkv";
  const Status written = write_why(film, {ReasonCode::size_gate, std::string(text)});
  fuzz::law(written.has_value() == ours, "only a note of av1d's is overwritten");
  if (!ours) fuzz::law(test::read_file(note) == text, "an owner's note keeps its words");
  if (ours) fuzz::law(test::read_file(note).starts_with("av1d: "), "a note is signed");
  fuzz::law(remove_why(film).has_value(), "removing is no error");
  fuzz::law(std::filesystem::exists(note) != ours, "only a note of av1d's is removed");
  return 0;
}
