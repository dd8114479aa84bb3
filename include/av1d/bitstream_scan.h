// Looks for metadata inside the coded video that no header announces and that may start late:
// closed captions and HDR10+. A sample of decoded frames misses captions that begin after the
// titles; the bytes of the whole file do not lie, and reading them costs no decoding.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

// Offsets in the file of the first find.
struct BitstreamFinds {
  std::optional<std::uint64_t> captions;   // ATSC A/53 part 4: "GA94", user_data_type_code 3
  std::optional<std::uint64_t> hdr10plus;  // ITU-T T.35 of SMPTE ST 2094-40
};

// Reads all of `path` once, in large blocks. An error when it can't be read; ECANCELED when
// stopped.
Result<BitstreamFinds> scan_bitstream(const fs::path& path, std::stop_token stop = {});

}  // namespace av1d
