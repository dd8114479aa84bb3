// What the output must be after what the plan does on purpose. The output is compared with this,
// never loosely with the source. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "av1d/types.h"

namespace av1d {

// How the content of a stream is proven to be the source's.
enum class ContentProof {
  none,     // the encoded video: its frames' times and a full decode stand for it
  packets,  // hash of the packets; of the decoded content where the container rewrites packets
  decoded,  // hash of the decoded content: converted without loss
  events,   // converted subtitles: the texts in their order
  bytes,    // attachments and covers: hash of the file
};

struct ExpectedStream {
  int source_index = 0;
  StreamType type = StreamType::video;
  bool cover = false;
  std::string codec;
  std::string language;
  std::string language_tag;  // BCP 47; "": none, or another's to compare (matroska, mp4_extras)
  std::string title;
  std::set<std::string> dispositions;
  ContentProof proof = ContentProof::packets;
  std::string filename, mimetype;  // attachments
};

struct ExpectedOutput {
  OutputContainer container = OutputContainer::matroska;
  std::vector<ExpectedStream> streams;  // in output order
  std::size_t main_index = 0;           // of the encoded video
  // The encoded video's picture.
  int width = 0;
  int height = 0;
  Rational sample_aspect_ratio;  // 0/1: the source declared none
  std::string color_range, color_space, color_transfer, color_primaries;  // "": not declared
  std::string chroma_location;       // "left" or "topleft", which AV1 can say; "": anything
  std::vector<SideData> static_hdr;  // mastering display, content light level
  // Stereo and spherical, as the stream says it; without fields where only frames did.
  std::vector<SideData> viewing_marks;
  std::vector<Chapter> chapters;  // times relative to the start of the file
  Tags tags;                      // must be there with these values, whatever the case of the key
  std::string timecode;           // of the dropped timecode track, "" where there is none
  std::optional<MatroskaFacts> matroska;  // of the head that is carried over from Matroska
  std::vector<Mp4Extra> mp4_extras;       // of the boxes that are carried over from MP4
  std::vector<Mp4Carry::Reference> mp4_references;  // likewise
  std::string dolby_vision;  // the kept one's compatibility ("1": HDR10), "" where there is none
  bool hdr10plus = false;    // every frame that had it has it
  bool field_rate = false;   // deinterlaced: every source time is there, and others between
};

ExpectedOutput expected_output(const MediaInfo& source, const EncodePlan& plan);

}  // namespace av1d
