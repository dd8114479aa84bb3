// The lines of ffprobe's packet scan and of idet, for a film of three streams.
#include "fuzz/fuzz.h"

#include "av1d/probe.h"

using namespace av1d;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const MediaInfo film = parse_probe(R"({"format":{"format_name":"mpegts","duration":"60"},
    "streams":[{"index":0,"codec_type":"video","codec_name":"h264","time_base":"1/90000"},
               {"index":1,"codec_type":"audio","codec_name":"aac","time_base":"1/48000"},
               {"index":2,"codec_type":"subtitle","codec_name":"dvb_subtitle",
                "time_base":"1/1000"}]})")
                                    .value_or(MediaInfo{});
  PacketScan scan(film);
  CombingCount count;
  fuzz::for_each_line(fuzz::text_of(data, size), [&](std::string_view line) {
    scan.add_line(line);
    count.add_line(line);
  });
  fuzz::law(scan.finish().size() == film.streams.size(), "every stream has its packets");
  return 0;
}
