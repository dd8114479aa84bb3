// The proof that nothing was lost; see validate.h. What each check asks stands in the files beside
// this one, commands in validate_args.cc.
#include "av1d/validate.h"

#include <fmt/format.h>

#include <array>

#include "av1d/text.h"
#include "validate_matroska.h"
#include "validate_picture.h"
#include "validate_streams.h"
#include "validate_times.h"

namespace av1d {

namespace {

using Texts = std::vector<std::string>;

// ---- The run ------------------------------------------------------------------------------------

Texts find_bad_status(const MediaInfo&, const ExpectedOutput&, const Observations& seen) {
  if (seen.exit_status == 0) return {};
  return {fmt::format("ffmpeg ended with status {}", seen.exit_status)};
}

Texts find_bad_lines(const MediaInfo&, const ExpectedOutput&, const Observations& seen) {
  const std::uint64_t lines = seen.damage_lines + seen.misuse_lines;
  if (lines == 0) return {};
  return {fmt::format("ffmpeg reported {} errors, the first: {}", lines,
                      printable(seen.first_bad_line))};
}

Texts find_source_change(const MediaInfo&, const ExpectedOutput&, const Observations& seen) {
  const FileStamp& a = seen.source_before;
  const FileStamp& b = seen.source_after;
  const bool same = a.size_bytes == b.size_bytes && a.mtime_ns == b.mtime_ns &&
                    a.inode == b.inode && a.device == b.device;
  return same ? Texts{} : Texts{"the source changed while it was in work"};
}

// ---- What is in the streams ---------------------------------------------------------------------

bool same_hash(const std::string& a, const std::string& b) {
  return !a.empty() && a == b;
}

bool is_whole(ContentProof proof, const StreamHashes& had, const StreamHashes& got) {
  if (proof == ContentProof::events) return same_hash(had.events, got.events);
  const bool decoded = same_hash(had.decoded, got.decoded);
  return proof == ContentProof::decoded ? decoded : decoded || same_hash(had.packets, got.packets);
}

bool same_attachment(const Stream& had, const Stream* got) {
  return got != nullptr && got->extradata_bytes == had.extradata_bytes &&
         got->extradata_hash == had.extradata_hash;
}

Texts find_content_problems(const MediaInfo& source, const ExpectedOutput& expected,
                            const Observations& seen) {
  Texts problems;
  for (std::size_t i = 0; i < expected.streams.size(); ++i) {
    const ExpectedStream& want = expected.streams[i];
    if (want.proof == ContentProof::none) continue;
    const auto from = static_cast<std::size_t>(want.source_index);
    const std::string where = fmt::format("stream {} (source stream {})", i, want.source_index);
    if (want.proof == ContentProof::bytes) {
      const auto& streams = seen.output.streams;
      if (!same_attachment(source.streams[from], i < streams.size() ? &streams[i] : nullptr)) {
        problems.push_back("the attachment in " + where + " is not identical");
      }
    } else if (i >= seen.output_hashes.size() || from >= seen.source_hashes.size()) {
      problems.push_back("the content of " + where + " was not compared");
    } else if (!is_whole(want.proof, seen.source_hashes[from], seen.output_hashes[i])) {
      problems.push_back("the content of " + where + " is not the source's");
    }
  }
  return problems;
}

Texts find_decode_problems(const MediaInfo&, const ExpectedOutput& expected,
                           const Observations& seen) {
  Texts problems;
  if (seen.decode_status != 0) {
    problems.push_back(fmt::format("the new video does not decode: status {}", seen.decode_status));
  }
  if (seen.decode_damage_lines > 0) {
    problems.push_back(fmt::format("decoding the new video gave {} errors, the first: {}",
                                   seen.decode_damage_lines, printable(seen.first_decode_line)));
  }
  if (expected.main_index >= seen.output.packets.size()) return problems;
  const std::uint64_t packets = seen.output.packets[expected.main_index].count;
  if (seen.decoded_times_ns.size() != packets) {
    problems.push_back(fmt::format("the new video decodes to {} frames from {} packets",
                                   seen.decoded_times_ns.size(), packets));
  }
  return problems;
}

// ---- The table ----------------------------------------------------------------------------------

struct Question {
  Check check{};
  std::string_view name;
  Texts (*find)(const MediaInfo&, const ExpectedOutput&, const Observations&) = nullptr;
};

// In the order of Check.
constexpr std::array<Question, 15> kQuestions = {{
    {Check::exit_status, "exit_status", &find_bad_status},
    {Check::stderr_lines, "stderr_lines", &find_bad_lines},
    {Check::source_unchanged, "source_unchanged", &find_source_change},
    {Check::inventory, "inventory", &find_inventory_problems},
    {Check::head, "head", &find_head_problems},
    {Check::picture, "picture", &find_picture_problems},
    {Check::shown_picture, "shown_picture", &find_shown_picture_problems},
    {Check::chapters, "chapters", &find_chapter_problems},
    {Check::tags, "tags", &find_tag_problems},
    {Check::frame_times, "frame_times", &find_frame_problems},
    {Check::shown_frames, "shown_frames", &find_shown_problems},
    {Check::sync, "sync", &find_sync_problems},
    {Check::duration, "duration", &find_duration_problems},
    {Check::content, "content", &find_content_problems},
    {Check::decode, "decode", &find_decode_problems},
}};

}  // namespace

std::string_view to_string(Check check) {
  return kQuestions.at(static_cast<std::size_t>(check)).name;
}

void remove_regenerated(MediaInfo& output) {
  for (std::size_t i = output.streams.size(); i-- > 0;) {
    const Stream& stream = output.streams[i];
    const bool regenerated = stream.type == StreamType::data &&
                             (stream.codec_tag == "tmcd" || stream.codec_tag == "text");
    if (!regenerated) continue;
    output.streams.erase(output.streams.begin() + static_cast<std::ptrdiff_t>(i));
    if (i < output.packets.size()) {
      output.packets.erase(output.packets.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

std::vector<Problem> validate(const MediaInfo& source, const ExpectedOutput& expected,
                              const Observations& seen, const std::set<Check>& skip) {
  std::vector<Problem> problems;
  for (const Question& question : kQuestions) {
    if (skip.contains(question.check)) continue;
    for (auto& text : question.find(source, expected, seen)) {
      problems.push_back({question.check, std::move(text)});
    }
  }
  return problems;
}

std::vector<std::size_t> streams_to_compare_decoded(const ExpectedOutput& expected,
                                                    const Observations& seen) {
  std::vector<std::size_t> indexes;
  for (std::size_t i = 0; i < expected.streams.size(); ++i) {
    const ExpectedStream& stream = expected.streams[i];
    const auto source_index = static_cast<std::size_t>(stream.source_index);
    if (stream.proof == ContentProof::decoded) indexes.push_back(i);
    if (stream.proof != ContentProof::packets || stream.cover) continue;
    const bool decodable = stream.type == StreamType::audio || stream.type == StreamType::video;
    if (!decodable || i >= seen.output_hashes.size() || source_index >= seen.source_hashes.size()) {
      continue;
    }
    if (seen.output_hashes[i].packets != seen.source_hashes[source_index].packets) {
      indexes.push_back(i);
    }
  }
  return indexes;
}

}  // namespace av1d
