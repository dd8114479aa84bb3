// The answers before encoding: why a file is left as it is. Pure; cheap ones run before any process
// is started.
#pragma once

#include <optional>
#include <vector>

#include "av1d/config.h"
#include "av1d/types.h"

namespace av1d {

// From the directory listing and one stat: marker, disc structure, hard link, size, in this order.
std::optional<Reason> check_file_gates(const Candidate& candidate, const Config& config);

// From the probe's streams: no video, already AV1, Dolby Vision, alpha, chroma, encrypted, sizes no
// encoder takes, what a remux of Matroska would lose.
std::optional<Reason> check_stream_gates(const MediaInfo& media, const Config& config);

// From packets and frames: nothing decodable, Dolby Vision and HDR10+ on frames, captions,
// interlaced, a picture that changes its size, shape or colours, damaged (errors while reading, a
// header that promises more than the file holds).
std::optional<Reason> check_content_gates(const MediaInfo& media, const Config& config,
                                          Encoder encoder);

// Interlaced by the container's field order, by more than one in fifty of the sampled frames, or by
// what the pictures of a sample show.
bool is_interlaced(const Stream& video, const FrameFacts& frames);
// More than one in fifty of the sampled frames carries the flag.
bool is_flagged_interlaced(const FrameFacts& frames);

// Dolby Vision that becomes profile 10 of AV1 on this configuration with this encoder.
bool converts_dolby_vision(const MediaInfo& media, const Config& config, Encoder encoder);
// Metadata that changes from scene to scene (SMPTE ST 2094-40) somewhere in the film.
bool has_hdr10plus(const FrameFacts& frames);

// HDR by its transfer function: PQ or HLG.
bool is_hdr(const Stream& video);

}  // namespace av1d
