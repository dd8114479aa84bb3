// The table of reasons, and the questions that are one look into it. A row that is missing or out
// of order does not compile.
#include "reasons.h"

#include <algorithm>

#include "av1d/config.h"
#include "av1d/job_store.h"
#include "av1d/sidecars.h"
#include "av1d/text.h"

namespace av1d {

namespace {

// Keys that shape the encode: a verdict on its result is another one when they change.
constexpr std::array<std::string_view, 8> kPlanKeys = {"prefer_encoder",
                                                       "quality_tier",
                                                       "film_grain",
                                                       "deinterlace",
                                                       "accept_loss",
                                                       "drop_audio_languages",
                                                       "drop_subtitle_languages",
                                                       "dolby_vision"};

namespace reason_table {

using enum ReasonCode;
using enum Lasting;
using enum Decider;

constexpr std::array<ReasonFacts, static_cast<std::size_t>(replace_failed) + 1> kReasons = {{
    {marker, "marker", "", "", looked_at_every_scan, keys,
     "Remove the .av1skip file that covers this file."},
    {disc_structure, "disc_structure", "", "", looked_at_every_scan, keys,
     "Nothing to do: replacing one stream would break the disc copy; move the film out of the disc "
     "folders to have it encoded."},
    {hard_link, "hard_link", "skip_hardlinked", "", looked_at_every_scan, keys,
     "Remove the other hard links, or set skip_hardlinked = false."},
    {too_small, "too_small", "min_bytes", "", looked_at_every_scan, keys, "Lower min_bytes."},
    {unreadable, "unreadable", "", "", looked_at_every_scan, keys,
     "Give the daemon's user permission to read the file."},
    {not_replaceable, "not_replaceable", "", "", looked_at_every_scan, keys,
     "Give the daemon's user permission to write in the directory, and remove an immutable flag or "
     "a read-only mount."},
    {ownership, "ownership", "allow_owner_change", "", looked_at_every_scan, keys,
     "Let the daemon give files to the original's owner and group, or set allow_owner_change = "
     "true."},
    {fs_unsupported, "fs_unsupported", "", "", looked_at_every_scan, keys,
     "Move the file to a filesystem that can exchange or hard-link files."},
    {name_taken, "name_taken", "", "", looked_at_every_scan, keys,
     "Rename or remove the file that has the output's name."},
    {name_too_long, "name_too_long", "", "", looked_at_every_scan, keys,
     "Shorten the name of the file or of its directories."},
    {orig_exists, "orig_exists", "keep_original", "", looked_at_every_scan, keys,
     "Move or remove the .orig file, or set keep_original = false."},
    {probe_failed, "probe_failed", "", "", until_decided_anew, keys_and_ffmpeg,
     "Check that the file plays; replace it if it is damaged."},
    {no_video, "no_video", "", "", until_decided_anew, keys,
     "Nothing to do: there is no video in it."},
    {already_av1, "already_av1", "", "", until_decided_anew, keys, "Nothing to do: it is AV1."},
    {dolby_vision, "dolby_vision", "accept_loss", "dolby_vision prefer_encoder", until_decided_anew,
     keys,
     "Set dolby_vision = \"convert\" (profile 8 with svt or aom), or add \"dolby_vision\" to "
     "accept_loss "
     "to encode without it."},
    {hdr10plus, "hdr10plus", "accept_loss", "prefer_encoder", until_decided_anew, keys,
     "Add \"hdr10plus\" to accept_loss to encode without it; prefer_encoder = \"aom\" keeps "
     "HDR10+."},
    {captions, "captions", "accept_loss", "", until_decided_anew, keys,
     "Add \"captions\" to accept_loss to encode without them."},
    {alpha, "alpha", "accept_loss", "", until_decided_anew, keys,
     "Add \"alpha\" to accept_loss to encode without transparency."},
    {chroma, "chroma", "accept_loss", "", until_decided_anew, keys,
     "Add \"chroma\" to accept_loss to encode as 4:2:0 with 10 bits."},
    {encrypted, "encrypted", "", "", until_decided_anew, keys,
     "Nothing to do: replace it with a copy that is not encrypted."},
    {interlaced, "interlaced", "deinterlace", "", until_decided_anew, keys,
     "Set deinterlace = \"bwdif\", or \"keep\" to encode it interlaced."},
    {uncarriable_stream, "uncarriable_stream", "",
     "accept_loss drop_audio_languages drop_subtitle_languages", until_decided_anew, keys,
     "Remux the file without the stream that is named above."},
    {data_streams, "data_streams", "accept_loss", "", until_decided_anew, keys,
     "Add \"data_streams\" to accept_loss to encode without them."},
    {subtitles, "subtitles", "accept_loss", "drop_subtitle_languages", until_decided_anew, keys,
     "Add \"subtitles\" to accept_loss to encode without them."},
    {chapter_editions, "chapter_editions", "accept_loss", "", until_decided_anew, keys,
     "Repair the file, for example with mkvmerge, or add \"chapter_editions\" to accept_loss to "
     "keep "
     "what ffmpeg reads of them."},
    {language_tags, "language_tags", "", "", until_decided_anew, keys,
     "Remux the file with a language such as pt-BR for that track."},
    {linked_segment, "linked_segment", "", "", until_decided_anew, keys,
     "Split the file into one for each film."},
    {damaged_source, "damaged_source", "accept_loss", "deinterlace", until_decided_anew,
     keys_and_ffmpeg,
     "Replace the file with a whole copy, or add \"damaged_source\" to accept_loss."},
    {unsupported_size, "unsupported_size", "", "prefer_encoder", until_decided_anew, keys,
     "Nothing to do: the encoder cannot take a picture of this size."},
    {changing_film, "changing_film", "", "", until_decided_anew, keys_and_ffmpeg,
     "Cut the film where it changes, for example with mkvmerge --split, and keep the parts as "
     "films "
     "of their own."},
    {size_gate, "size_gate", "max_size_ratio", "", until_decided_anew, plan_and_ffmpeg,
     "Raise max_size_ratio to accept a smaller saving (up to 1.0). Where the AV1 file is as large "
     "as the original or larger, there is nothing to be saved."},
    {quality_gate, "quality_gate", "min_xpsnr", "xpsnr_windows", until_decided_anew,
     plan_and_ffmpeg,
     "Lower min_xpsnr to accept this quality (0 accepts any), or set quality_tier = \"very_high\" "
     "if it is not."},
    {undone, "undone", "", "", until_decided_anew, keys,
     "Nothing to do: av1d --undo brought the original back; av1d --retry has it encoded again."},
    {validation, "validation", "", "", until_decided_anew, plan_and_ffmpeg,
     "The original is untouched; it is tried again when the file, FFmpeg or a setting of the "
     "encode changes."},
    {encoder_failed, "encoder_failed", "", "max_attempts", until_decided_anew, plan_and_ffmpeg,
     "See the log in the job file; it is tried again when the file, FFmpeg or a setting of the "
     "encode changes."},
    {stalled, "stalled", "stall_timeout_secs", "max_attempts", until_decided_anew, plan_and_ffmpeg,
     "Raise stall_timeout_secs if the machine is only slow."},
    {no_space, "no_space", "", "", looked_at_every_scan, keys,
     "Free space in temp_output_dir or in the library; it is tried again by itself."},
    {source_changed, "source_changed", "", "", looked_at_every_scan, keys,
     "Nothing to do: the new version of the file is tried by itself."},
    {io_error, "io_error", "", "", looked_at_every_scan, keys,
     "Check the disk and the mount; it is tried again by itself."},
    {interrupted, "interrupted", "", "", looked_at_every_scan, keys,
     "Nothing to do: it is tried again by itself."},
    {replace_failed, "replace_failed", "", "max_attempts keep_original allow_owner_change",
     until_decided_anew, keys,
     "See the reason above; it is tried again when the file or a setting changes."},
}};

}  // namespace reason_table

using reason_table::kReasons;

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kReasons.size(); ++i) {
    if (static_cast<std::size_t>(kReasons[i].code) != i) return false;
  }
  return true;
}
static_assert(is_in_order());

void add_key(std::string& text, const Config& config, std::string_view key) {
  if (!key.empty()) text.append(key).append("=").append(config_value(config, key)).append("\n");
}

}  // namespace

std::span<const ReasonFacts> all_reasons() {
  return kReasons;
}

const ReasonFacts& facts_of(ReasonCode code) {
  return kReasons[std::min(static_cast<std::size_t>(code), kReasons.size() - 1)];
}

std::string_view to_string(ReasonCode code) {
  return facts_of(code).name;
}

std::string_view deciding_key(ReasonCode code) {
  return facts_of(code).deciding_key;
}

std::string remedy(ReasonCode code) {
  return std::string(facts_of(code).remedy);
}

bool is_transient(ReasonCode code) {
  return facts_of(code).lasting == Lasting::looked_at_every_scan;
}

std::string decision_digest(ReasonCode code, const Config& config,
                            std::string_view ffmpeg_version) {
  const ReasonFacts& facts = facts_of(code);
  std::string text(facts.name);
  text += '\n';
  add_key(text, config, facts.deciding_key);
  std::string_view rest = facts.other_keys;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    add_key(text, config, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (facts.decider == Decider::plan_and_ffmpeg) {
    for (const auto key : kPlanKeys) add_key(text, config, key);
  }
  if (facts.decider != Decider::keys) text.append("ffmpeg=").append(ffmpeg_version);
  return fnv1a_hex(text);
}

}  // namespace av1d
