// ffprobe's JSON, of streams and of frames.
#include "fuzz/fuzz.h"

#include "av1d/gates.h"
#include "av1d/probe.h"

using namespace av1d;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json = fuzz::text_of(data, size);
  if (const auto media = parse_probe(json)) {
    PacketScan scan(*media);
    fuzz::for_each_line(json, [&](std::string_view line) { scan.add_line(line); });
    fuzz::law(scan.finish().size() == media->streams.size(), "every stream has its packets");
    static_cast<void>(media->main_video());
    static_cast<void>(media->video_bits_per_sec());
  }
  static_cast<void>(parse_frames(json));
  return 0;
}
