// What a film is made of, as ffprobe, its packets, its frames and its own head tell. Values only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace av1d {

struct Rational {
  std::int64_t num = 0;
  std::int64_t den = 1;  // 0/0 as ffprobe prints it means "unknown": see known()

  bool known() const { return num > 0 && den > 0; }
  double value() const {
    return den == 0 ? 0.0 : static_cast<double>(num) / static_cast<double>(den);
  }
  bool operator==(const Rational&) const = default;
};

using Tags = std::map<std::string, std::string>;  // keys as the container spells them

// One entry of ffprobe's side_data_list: its type and its plain fields ("max_content" -> "1000").
struct SideData {
  std::string type;
  Tags fields;

  bool operator==(const SideData&) const = default;
};

enum class StreamType { video, audio, subtitle, attachment, data };

struct Stream {
  int index = 0;  // absolute, as in -map 0:N
  StreamType type = StreamType::data;
  std::string codec;      // ffprobe's codec_name; "" where ffprobe knows none
  std::string codec_tag;  // fourcc as printed: "avc1", "[27][0][0][0]"
  std::string profile;
  std::set<std::string> dispositions;  // those that are set: "default", "forced", "attached_pic"
  Tags tags;
  std::string language_tag;  // BCP 47, where three letters can't say it all ("pt-BR"); else ""
  Rational time_base;
  std::optional<double> start_secs;     // presentation time of the first packet
  std::optional<double> duration_secs;  // as the container declares it
  std::int64_t extradata_bytes = 0;     // of an attachment: its size
  std::string extradata_hash;           // of an attachment: of its bytes, "MD5:..."

  // video
  int width = 0;
  int height = 0;
  std::string pixel_format;
  Rational sample_aspect_ratio;  // 0/1: not declared
  Rational frame_rate;           // average, else the base rate; unknown() for a picture
  std::string field_order;       // "progressive", "tt", "bb", "tb", "bt", ""
  std::string color_range, color_space, color_transfer, color_primaries, chroma_location;
  int rotation_degrees = 0;  // of the display matrix, counter-clockwise as ffprobe prints it
  bool has_display_matrix = false;
  std::vector<SideData> side_data;

  // audio
  int sample_rate = 0;
  int channels = 0;
  std::string channel_layout;
  int bits_per_raw_sample = 0;

  bool has(const std::string& disposition) const { return dispositions.contains(disposition); }
  bool is_cover() const { return type == StreamType::video && has("attached_pic"); }
  // A tag without regard to the case of its key; "" where it is absent.
  std::string tag(std::string_view key) const;
  std::string language() const;  // "und" and nothing are the same: ""
  // "video stream 0 (h264)", for messages.
  std::string description() const;
  // The track's name: `title` (Matroska) or `name` (QuickTime).
  std::string title() const;
};

struct Chapter {
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  std::string title;

  bool operator==(const Chapter&) const = default;
};

// What the packets of one stream told, from reading the file once without decoding.
struct PacketFacts {
  std::uint64_t count = 0;  // all packets
  std::uint64_t shown = 0;  // those without the discard flag
  std::uint64_t without_pts = 0;
  std::uint64_t bytes = 0;
  std::string digest;  // of the bytes of each packet in their order; "" where nobody hashed them
  bool encrypted = false;                    // a packet carried encryption info
  std::optional<std::int64_t> first_pts_ns;  // smallest PTS of a shown packet
  std::optional<std::int64_t> end_ns;        // largest PTS (DTS where there is none) + duration
  std::int64_t last_step_ns = 0;  // from the last time but one to the last: a packet's length
  std::optional<std::int64_t>
      first_any_pts_ns;  // smallest PTS, discarded packets (priming) included
  // Steps of more than ten seconds, or back, from one packet's clock (DTS, else PTS) to the next of
  // the stream in the order of the file, and the sum of all other steps. A few packets without a
  // DTS ahead of all others with one are left out.
  std::uint64_t clock_jumps = 0;
  std::int64_t steady_ns = 0;
  // Packets that a decoder can't show: those before the first keyframe, and those behind it that
  // are shown before it.
  std::uint64_t leading = 0;
  // Video and subtitles only: of shown packets, ascending, distinct.
  std::vector<std::int64_t> pts_ns;
};

// What ffmpeg encodes a film by once for all, though any frame may say otherwise.
struct FrameLook {
  int width = 0;
  int height = 0;
  Rational sample_aspect_ratio;  // 0/1: not declared
  std::string pixel_format, color_range, color_space, color_transfer, color_primaries;

  bool operator==(const FrameLook&) const = default;
};

// MPEG-2 that says another shape of its picture from some sequence header on.
struct ShapeChange {
  std::string from, to;  // "4:3"
  std::uint64_t at = 0;  // offset in the file

  bool operator==(const ShapeChange&) const = default;
};

// What the first decoded frames of the main video told (and some in the middle of the film).
struct FrameFacts {
  std::set<std::string> side_data;   // types seen: "ATSC A53 Part 4 Closed Captions", ...
  std::vector<SideData> static_hdr;  // mastering display and light level of the first frame
  // Offset in the file of captions or dynamic HDR found in the bytes of the whole film.
  std::optional<std::uint64_t> captions_at, hdr10plus_at, hdr_vivid_at;
  std::optional<ShapeChange> shape_change;  // likewise
  std::vector<FrameLook> looks;             // distinct ones, in the order of the film
  std::uint64_t sampled = 0;
  std::uint64_t interlaced = 0;  // frames flagged as interlaced
  // Frames of a sample that show two fields of different times, by what comes first, whatever their
  // flags say; and those that don't. All 0 where nobody looked.
  std::uint64_t combed_top_first = 0, combed_bottom_first = 0, not_combed = 0;
  // Of the same sample, each judged by itself: a frame without movement takes its neighbour's word
  // above, and counts for nothing here.
  std::uint64_t combed_alone = 0, not_combed_alone = 0;
  std::string color_range, color_space, color_transfer, color_primaries;
};

// One track of a Matroska file.
struct MatroskaTrack {
  std::uint64_t uid = 0;             // what tags and chapters call it; 0 where it has none
  std::string language;              // its LanguageBCP47, "" where there is none
  std::string iso_language = "eng";  // its Language, which is English where it is left out
  std::string name{};                // its first 255 bytes
  std::string codec{};               // "V_AV1"
  bool is_default = true;
  bool is_forced = false;
  Rational display{};  // of a video: the shape of the shown picture, width to height
};

// One attachment of a Matroska file, by what is said of it.
struct MatroskaAttachment {
  std::uint64_t uid = 0;  // what tags call it; 0 where it has none
  std::string name{};     // its first 255 bytes, as of all texts here
  std::string media_type{};
};

// One SimpleTag with all that is nested in it, and what it is about.
struct MatroskaTag {
  std::set<std::uint64_t> track_uids;  // empty: the film, or a part of it
  std::string name;
  std::string digest;  // of its content and its targets but for the tracks

  bool operator==(const MatroskaTag&) const = default;
};

// One edition or one chapter of it, at whatever depth.
struct MatroskaChapter {
  std::string place;  // "1.2.1": first edition, its second chapter, the first one in that
  std::optional<std::int64_t> start_ns, end_ns;
  std::string digest;   // of all else that it says: names, languages, flags
  bool linked = false;  // a part of another file: its times are that file's

  bool operator==(const MatroskaChapter&) const = default;
};

// What Matroska holds and ffprobe does not show (see matroska.h).
struct MatroskaFacts {
  std::string doc_type;          // "matroska" or "webm"
  bool encrypted_track = false;  // ContentEncryption
  bool alpha_track = false;      // AlphaMode 1
  bool second_segment = false;   // something that is a segment again follows the first
  bool damaged_head = false;     // chapters or tags that can't be read whole
  std::string segment_uuid;      // 16 bytes, "" where there is none: other files may refer to it
  std::vector<MatroskaTrack> tracks;  // in file order: ffprobe's streams but for attachments
  std::vector<MatroskaAttachment> attachments;  // in file order
  std::vector<MatroskaTag> tags;
  std::vector<MatroskaChapter> chapters;
  std::string title;  // of the segment, not of a tag; its first 255 bytes
};

// What of a track's edit list ffmpeg does not follow.
enum class UnfollowedEdit {
  none,
  other_speed,  // an edit plays a part of the track slower, faster or as a still
  gap,          // an empty edit behind one that is not: nothing plays there
  fragmented,   // several edits in a film of fragments, of which only the first counts
};

// What a track of an MP4 says of others: the sound that stands in for it (`fall`), the subtitles
// that go with it (`folw`, `subt`).
struct Mp4Reference {
  std::string type;                 // four bytes
  std::vector<std::size_t> tracks;  // in file order

  bool operator==(const Mp4Reference&) const = default;
};

// One track of an MP4 or QuickTime file.
struct Mp4Track {
  std::string language;  // of its `elng` box, BCP 47; "" where there is none
  UnfollowedEdit unfollowed = UnfollowedEdit::none;
  std::string iso_language{};     // of its `mdhd` box; "" for QuickTime's numbers
  std::string codec{};            // the four letters of its first sample entry: "av01"
  bool without_samples = false;   // its sample table counts none, and no fragments follow
  std::uint64_t graft_bytes = 0;  // of its `trak` in another film; 0: it can't be put there
  std::vector<Mp4Reference> references{};  // but for those that ffmpeg makes anew
};

// Where a box lies in its file.
enum class Mp4Place { beside_moov, in_moov, in_user_data, in_track, in_media, in_tracks_user_data };

constexpr bool is_in_a_track(Mp4Place place) {
  return place == Mp4Place::in_track || place == Mp4Place::in_media ||
         place == Mp4Place::in_tracks_user_data;
}

// A box in which cameras, editors and taggers keep what they know of the film (XMP, lenses,
// ratings, tags of their own), and which ffmpeg does not write to another mp4 as it is.
struct Mp4Extra {
  std::string type;  // four bytes: "uuid", "smta"
  std::uint64_t bytes = 0;
  std::string digest;
  Mp4Place place = Mp4Place::beside_moov;
  std::size_t track = 0;  // of a box in a track: which one, in file order
  bool bound = false;     // it points to places of its own file
  bool is_tag = false;    // it stands in Matroska too, as a tag of ffmpeg's or a language

  bool in_a_track() const { return is_in_a_track(place); }
  std::string path() const;  // "moov/udta/smta", for messages
  bool operator==(const Mp4Extra&) const = default;
};

// What MP4 and QuickTime hold and ffprobe does not show (see mp4.h).
struct Mp4Facts {
  std::vector<Mp4Track> tracks;  // in file order: ffprobe's streams but for covers
  std::vector<Mp4Extra> extras;  // in file order
};

enum class Container {
  matroska,
  webm,
  mp4,
  mov,
  three_gp,
  avi,
  mpegts,
  mpegps,
  asf,
  flv,
  ogg,
  mxf,
  other
};

struct MediaInfo {
  std::string format_name;  // ffprobe's list: "matroska,webm"
  Container container = Container::other;
  std::optional<double> duration_secs;  // as the header declares it
  std::optional<double> start_secs;
  std::uint64_t size_bytes = 0;
  Tags tags;
  std::vector<Stream> streams;
  std::vector<Chapter> chapters;
  std::vector<PacketFacts> packets;  // by stream index; empty before the packet scan
  FrameFacts frames;                 // of the main video; empty before the frame scan
  std::optional<MatroskaFacts> matroska;
  std::optional<Mp4Facts> mp4;
  int programs = 0;
  std::vector<std::string> read_errors;  // error lines of ffprobe while it read the packets

  // The video that will be encoded: the first non-picture one with `default`, else the first.
  const Stream* main_video() const;
  std::uint64_t video_bits_per_sec() const;  // packet bytes of the main video over its duration
};

}  // namespace av1d
