// The nouns of av1d, in the order in which the pipeline meets them. Values only: nothing here reads
// a disk, starts a process or knows the time. Start reading here; what a film is made of is in
// media.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "av1d/media.h"

namespace av1d {

namespace fs = std::filesystem;

// ---- Files ------------------------------------------------------------------------------------

// What lstat says of a regular file. path + size + mtime name a version of a file for good; device,
// inode and ctime only show changes within one run (NFS, FUSE and containers renumber them).
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t mtime_ns = 0;  // since the epoch, may be negative
  std::int64_t ctime_ns = 0;
  std::uint32_t link_count = 1;

  bool operator==(const FileStamp&) const = default;
};

// A regular file with a video extension under a library root, and what its directory listing and
// one stat told: everything that the cheap gates need.
struct Candidate {
  fs::path path;  // absolute
  fs::path root;  // the library root that it was found under
  FileStamp stamp;
  std::optional<fs::path> marker;          // the .av1skip that covers it
  std::optional<fs::path> disc_structure;  // the BDMV, VIDEO_TS, ... directory that it lies in
  bool has_sidecar = false;                // NAME.why.txt stands beside it (whoever wrote it)
};

// ---- Decisions --------------------------------------------------------------------------------

// Why a file was turned down. The enumerator's name is the job's reason_code.
enum class ReasonCode {
  marker,  // the owner's .av1skip
  disc_structure,
  hard_link,
  too_small,
  unreadable,
  not_replaceable,
  ownership,
  fs_unsupported,
  name_taken,
  name_too_long,
  orig_exists,
  probe_failed,
  no_video,
  already_av1,
  dolby_vision,
  hdr10plus,
  captions,
  alpha,
  chroma,
  encrypted,
  interlaced,
  uncarriable_stream,
  data_streams,
  subtitles,
  chapter_editions,
  language_tags,
  linked_segment,
  damaged_source,
  unsupported_size,
  changing_film,  // a stream or another kind of picture begins in its middle
  size_gate,
  quality_gate,
  undone,  // the owner took the original back
  validation,
  encoder_failed,
  stalled,
  no_space,
  source_changed,
  io_error,
  interrupted,
  replace_failed,
};

struct Reason {
  ReasonCode code{};
  std::string text;  // one sentence with its numbers

  bool operator==(const Reason&) const = default;
};

enum class SourceClass { unknown, web_like, disc_like };

struct Classification {
  SourceClass source_class = SourceClass::unknown;
  int web_score = 0;
  int disc_score = 0;
  std::vector<std::string> reasons;  // "token WEB-DL: web +10"
};

// ---- The plan ---------------------------------------------------------------------------------

enum class Encoder { svt, aom, rav1e };
enum class OutputContainer { matroska, webm, mp4 };

enum class StreamAction {
  encode,   // the main video, to AV1
  copy,     // packets as they are
  convert,  // to `codec`, decoded content identical
  attach,   // a picture that was extracted and is attached to Matroska
  graft,    // a track of data of an mp4, put into the new one beside ffmpeg (mp4.h)
};

// One stream of the output, in output order.
struct StreamPlan {
  int source_index = 0;
  StreamAction action = StreamAction::copy;
  std::string codec;  // encoder or "copy"
  std::set<std::string> dispositions;
  std::string language;      // "" leaves the container's default
  std::string language_tag;  // BCP 47; written where Matroska has a place for it and ffmpeg none
  std::string title;
  std::string filename;  // attachments and covers
  std::string mimetype;
  fs::path extracted;  // attach: where the picture was extracted to

  // That ffmpeg takes it from the source as a stream.
  bool is_mapped() const { return action != StreamAction::attach && action != StreamAction::graft; }
};

// A source stream that the output leaves out on purpose, and why.
struct DroppedStream {
  int source_index = 0;
  std::string why;
};

// Boxes of an MP4 source that ffmpeg does not write, and the new film gets all the same (mp4.h).
struct Mp4Carry {
  struct Box {
    std::size_t extra = 0;  // index in Mp4Facts::extras of the source
    std::size_t track = 0;  // of the new film, for boxes of a track

    bool operator==(const Box&) const = default;
  };
  struct Reference {
    std::size_t track = 0;  // of the new film, like those that it leads to
    Mp4Reference to;

    bool operator==(const Reference&) const = default;
  };
  struct Track {
    std::size_t source = 0;
    std::size_t track = 0;  // of the new film

    bool operator==(const Track&) const = default;
  };
  std::vector<Box> boxes;
  std::vector<Reference> references;
  std::vector<Track> tracks;  // one after the other, before those that ffmpeg makes by itself
  // A tag that ffmpeg is told to write, so that `moov` has room for the boxes that belong there.
  std::optional<std::pair<std::string, std::string>> room;
  bool moov_last = false;     // instead: `moov` stands behind the film, where it may grow
  bool has_the_tags = false;  // all that the film says of itself as tags is in `boxes`
  // Of the new film: ffmpeg switches the first track of a kind on where none is, these stay off.
  std::vector<std::size_t> switched_off{};

  bool empty() const {
    return boxes.empty() && references.empty() && tracks.empty() && switched_off.empty();
  }
};

enum class Deinterlace { none, bwdif };

struct EncodePlan {
  Encoder encoder = Encoder::svt;
  OutputContainer container = OutputContainer::matroska;
  int crf = 0;     // rav1e: as on the ladder; its -qp is derived
  int preset = 0;  // svt -preset, aom -cpu-used, rav1e -speed
  int gop_frames = 240;
  int film_grain = 0;
  bool web_flags = false;  // -fflags +genpts -copyts -start_at_zero
  bool big_probe = false;  // transport and program streams: streams may start late
  bool pad_to_even = false;
  // What is added to the times of the source, which ffmpeg counts from the header's start: how far
  // that lies behind the first frame (mp4 hides what comes before it, be it by its rounding), or
  // off a whole tick of the video (rounded for each stream by itself). May be negative.
  std::int64_t early_ns = 0;
  // setparams' words for what only the container says of the colours: the decoder forgets it.
  std::string container_colours;
  std::string chroma_location;  // "left", "topleft", or "" for what AV1 cannot say
  Deinterlace deinterlace = Deinterlace::none;
  std::string bwdif_options;  // of bwdif: parity, and which frames
  bool dolby_vision = false;  // profile 8 becomes profile 10
  bool hdr10plus = false;     // dynamic metadata that the encoder keeps
  std::vector<StreamPlan> streams;
  std::vector<DroppedStream> dropped;
  Tags format_tags;  // to be written explicitly: creation_time
  Mp4Carry mp4_carry;
  std::uint64_t expected_frames = 0;
  std::vector<std::string> reasons;  // what was decided and why, for --explain and the job
};

// ---- Outcome ----------------------------------------------------------------------------------

struct Progress {
  std::uint64_t frame = 0;
  std::uint64_t frames_total = 0;  // 0: unknown
  double percent = 0;              // 0 to 100, never falls
  double fps = 0;
  double speed = 0;  // 1.0 is real time
  std::uint64_t output_bytes = 0;
  std::optional<double> eta_secs;

  bool operator==(const Progress&) const = default;
};

// XPSNR of the luma of some seconds of the new video against the source (see quality.h).
struct QualityWindow {
  double start_secs = 0;  // after the first frame
  double length_secs = 0;
  std::uint64_t frames = 0;
  double xpsnr_y = 0;  // dB

  bool operator==(const QualityWindow&) const = default;
};

struct MeasuredQuality {
  double xpsnr_y_min = 0;   // dB, of the worst window
  double xpsnr_y_mean = 0;  // dB, of all windows
  std::vector<QualityWindow> windows;

  bool operator==(const MeasuredQuality&) const = default;
};

}  // namespace av1d
