// Looks for what no header announces and may start late inside the coded video: closed captions,
// dynamic HDR, another shape of the picture. A sample of decoded frames misses captions that begin
// after the titles; the bytes of the whole file do not lie, and reading them costs no decoding.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

// Offsets in the file of the first find.
struct BitstreamFinds {
  // ATSC A/53 part 4 ("GA94", user_data_type_code 3); of MPEG-2 those of DVDs and SCTE 20 too.
  std::optional<std::uint64_t> captions;
  std::optional<std::uint64_t> hdr10plus;   // ITU-T T.35 of SMPTE ST 2094-40
  std::optional<std::uint64_t> hdr_vivid;   // ITU-T T.35 of T/UWA 005.1
  std::optional<ShapeChange> shape_change;  // of MPEG-2, between headers of one size
};

// Reads all of `path` once, in large blocks. An error when it can't be read; ECANCELED when
// stopped.
Result<BitstreamFinds> scan_bitstream(const fs::path& path, std::stop_token stop = {});

}  // namespace av1d
