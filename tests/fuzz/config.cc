// The configuration: any bytes are a configuration or a list of mistakes, and what is printed is
// read back the same.
#include "fuzz/fuzz.h"

#include "av1d/config.h"

using namespace av1d;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto config = parse_config(fuzz::text_of(data, size), "config.toml");
  if (!config) {
    fuzz::law(!config.error().empty(), "a configuration that is refused has a mistake");
    return 0;
  }
  const std::string text = format_config(*config);
  const auto again = parse_config(text, "config.toml");
  fuzz::law(again.has_value(), "what format_config() writes is a configuration");
  fuzz::law(format_config(*again) == text, "what format_config() writes is read back the same");
  return 0;
}
