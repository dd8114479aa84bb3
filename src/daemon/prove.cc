// Collects what validate() needs; see prove.h.
#include "daemon/prove.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "av1d/decoded_frames.h"
#include "av1d/probe.h"
#include "av1d/scan.h"
#include "av1d/source_clock.h"
#include "av1d/text.h"

namespace av1d {

namespace {

bool is_about_packet_times(const Problem& problem) {
  return problem.check == Check::frame_times || problem.check == Check::duration ||
         problem.check == Check::sync;
}

bool is_about_time(const Problem& problem) {
  return is_about_packet_times(problem) || problem.check == Check::shown_frames;
}

bool about_times_alone(const std::vector<Problem>& problems) {
  return !problems.empty() && std::all_of(problems.begin(), problems.end(), is_about_time);
}

class Prover {
 public:
  Prover(const Examination& exam, const EncodeRun& run, const Asker& asker)
      : exam_(exam), asker_(asker), expected_(expected_output(exam.media, *exam.plan)) {
    seen_.exit_status = run.exit_status;
    seen_.damage_lines = run.damage_lines;
    seen_.misuse_lines = run.misuse_lines;
    seen_.first_bad_line = run.first_bad_line;
    seen_.source_before = exam.candidate.stamp;
  }

  Result<Proof> run() {
    for (const auto step :
         {&Prover::look_at_output, &Prover::hash_packets, &Prover::hash_decoded,
          &Prover::hash_texts, &Prover::scan_metadata, &Prover::decode, &Prover::look_at_source}) {
      const Status status = (this->*step)();
      if (status) continue;
      if (status.error().errno_value == ECANCELED) return std::unexpected(status.error());
      proof_.problems.push_back({Check::decode, status.error().message});
      return std::move(proof_);
    }
    proof_.problems = validate(exam_.media, expected_, seen_);
    if (auto status = ask_the_decoder(); !status) return std::unexpected(status.error());
    proof_.source_start_ns = source_start_ns();
    proof_.output = std::move(seen_.output);
    return std::move(proof_);
  }

 private:
  std::optional<std::int64_t> source_start_ns() const {
    if (has_clock_jumps(exam_.media)) return std::nullopt;
    if (seen_.source_frame_times_ns) return seen_.source_frame_times_ns->front();
    const auto main = static_cast<std::size_t>(exam_.media.main_video()->index);
    const PacketFacts& facts = exam_.media.packets[main];
    return facts.without_pts > 0 ? std::nullopt : facts.first_pts_ns;
  }

  Status look_at_output() {
    auto media = probe_media(exam_.output, asker_);
    if (!media) return std::unexpected(media.error());
    seen_.output = *std::move(media);
    if (const Status status = scan_packets(seen_.output, exam_.output, asker_); !status)
      return status;
    remove_regenerated(seen_.output);
    if (seen_.output.read_errors.empty()) return {};
    return fail("reading the new file gives errors: " + seen_.output.read_errors.front());
  }

  using HashField = std::string StreamHashes::*;

  Status hash(const std::vector<std::string>& argv, const std::vector<std::size_t>& indexes,
              std::vector<StreamHashes>& hashes, HashField field) const {
    return asker_.ask(argv, kReadTimeout, [&](std::string_view line) {
      const auto parsed = parse_hash_line(line);
      if (parsed && parsed->first < indexes.size())
        hashes[indexes[parsed->first]].*field = parsed->second;
    });
  }

  // Positions in MediaInfo::streams as the file's own indexes.
  static std::vector<int> file_indexes(const MediaInfo& media,
                                       const std::vector<std::size_t>& positions) {
    std::vector<int> indexes;
    for (const std::size_t position : positions) indexes.push_back(media.streams[position].index);
    return indexes;
  }

  // Positions in the output of the streams with that proof, and their source indexes.
  struct Pairs {
    std::vector<std::size_t> output, source;
  };

  Pairs pairs_with(ContentProof proof) const {
    Pairs pairs;
    for (std::size_t i = 0; i < expected_.streams.size(); ++i) {
      if (expected_.streams[i].proof != proof) continue;
      pairs.output.push_back(i);
      pairs.source.push_back(static_cast<std::size_t>(expected_.streams[i].source_index));
    }
    return pairs;
  }

  // Both films were hashed packet by packet while their packets were listed: the source's bytes as
  // they were before the encode. Where the same bytes are cut into other packets (PGS in a
  // transport stream) both are read once more, as one text.
  Status hash_packets() {
    seen_.source_hashes.resize(exam_.media.streams.size());
    seen_.output_hashes.resize(seen_.output.streams.size());
    if (expected_.streams.size() > seen_.output.streams.size()) return {};
    const Pairs all = pairs_with(ContentProof::packets);
    Pairs others;
    for (std::size_t i = 0; i < all.output.size(); ++i) {
      const PacketFacts& had = exam_.media.packets[all.source[i]];
      const PacketFacts& got = seen_.output.packets[all.output[i]];
      const bool both_are_empty = had.count == 0 && got.count == 0;  // of mov_text: gaps alone
      if (!both_are_empty && (had.digest.empty() || had.digest != got.digest)) {
        others.output.push_back(all.output[i]);
        others.source.push_back(all.source[i]);
        continue;
      }
      seen_.source_hashes[all.source[i]].packets = both_are_empty ? "none" : had.digest;
      seen_.output_hashes[all.output[i]].packets = both_are_empty ? "none" : got.digest;
    }
    return hash_as_one(others);
  }

  Status hash_as_one(const Pairs& pairs) {
    if (pairs.output.empty()) return {};
    const std::string& ffmpeg = asker_.tools.ffmpeg;
    const Status source = hash(packet_hash_args(ffmpeg, exam_.candidate.path, source_depth(),
                                                file_indexes(exam_.media, pairs.source)),
                               pairs.source, seen_.source_hashes, &StreamHashes::packets);
    if (!source) return source;
    return hash(packet_hash_args(ffmpeg, exam_.output, ProbeDepth::normal,
                                 file_indexes(seen_.output, pairs.output)),
                pairs.output, seen_.output_hashes, &StreamHashes::packets);
  }

  Status hash_decoded() {
    Pairs pairs;
    for (const std::size_t i : streams_to_compare_decoded(expected_, seen_)) {
      pairs.output.push_back(i);
      pairs.source.push_back(static_cast<std::size_t>(expected_.streams[i].source_index));
    }
    if (pairs.output.empty() || expected_.streams.size() > seen_.output.streams.size()) return {};
    const std::string& ffmpeg = asker_.tools.ffmpeg;
    const Status source =
        hash(decoded_hash_args(ffmpeg, exam_.candidate.path, source_depth(), exam_.media,
                               file_indexes(exam_.media, pairs.source)),
             pairs.source, seen_.source_hashes, &StreamHashes::decoded);
    if (!source) return source;
    return hash(decoded_hash_args(ffmpeg, exam_.output, ProbeDepth::normal, seen_.output,
                                  file_indexes(seen_.output, pairs.output)),
                pairs.output, seen_.output_hashes, &StreamHashes::decoded);
  }

  Status hash_text(const fs::path& path, ProbeDepth depth, int index, std::string& hash) const {
    SubtitleText text;
    const Status status =
        asker_.ask(subtitle_text_args(asker_.tools.ffmpeg, path, depth, index), kReadTimeout,
                   [&](std::string_view line) { text.add_line(line); });
    hash = text.hash();
    return status;
  }

  Status hash_texts() {
    const Pairs pairs = pairs_with(ContentProof::events);
    if (expected_.streams.size() > seen_.output.streams.size()) return {};
    for (std::size_t i = 0; i < pairs.output.size(); ++i) {
      const Status source =
          hash_text(exam_.candidate.path, source_depth(), static_cast<int>(pairs.source[i]),
                    seen_.source_hashes[pairs.source[i]].events);
      if (!source) return source;
      const Status output =
          hash_text(exam_.output, ProbeDepth::normal, seen_.output.streams[pairs.output[i]].index,
                    seen_.output_hashes[pairs.output[i]].events);
      if (!output) return output;
    }
    return {};
  }

  Result<FrameMetadata> metadata_of(const fs::path& path, ProbeDepth depth, int index) const {
    FrameMetadataScan scan;
    const Status status =
        asker_.ask(frame_metadata_args(asker_.tools.ffprobe, path, depth, index), kReadTimeout,
                   [&](std::string_view line) { scan.add_line(line); });
    if (!status) return std::unexpected(status.error());
    return scan.found();
  }

  // Costs decoding both films once more, where each frame has something of its own to keep.
  Status scan_metadata() {
    if (expected_.dolby_vision.empty() && !expected_.hdr10plus) return {};
    auto source =
        metadata_of(exam_.candidate.path, source_depth(), exam_.media.main_video()->index);
    if (!source) return std::unexpected(source.error());
    auto output = metadata_of(exam_.output, ProbeDepth::normal, main_of_output().index);
    if (!output) return std::unexpected(output.error());
    seen_.source_metadata = *std::move(source);
    seen_.output_metadata = *std::move(output);
    return {};
  }

  const Stream& main_of_output() const {
    static const Stream kNone;
    const auto& streams = seen_.output.streams;
    return expected_.main_index < streams.size() ? streams[expected_.main_index] : kNone;
  }

  Status decode() {
    StderrJudge judge;
    DecodedFrames frames(main_of_output().time_base);
    RunOptions options;
    options.nice = asker_.nice;
    options.on_stdout = [&](std::string_view line) { frames.add_line(line); };
    options.on_stderr = [&](std::string_view line) { judge.add(line); };
    const auto exit =
        asker_.runner.run(decode_args(asker_.tools.ffprobe, exam_.output, main_of_output().index),
                          options, asker_.stop);
    if (!exit) return std::unexpected(exit.error());
    if (exit->stopped) return fail("stopped", ECANCELED);
    seen_.decode_status = exit->status;
    seen_.decode_damage_lines = judge.damage_lines();
    seen_.first_decode_line = judge.first_damage();
    seen_.decoded_times_ns = frames.times_ns();
    seen_.decoded_looks = frames.looks();
    return {};
  }

  Status look_at_source() {
    const auto stamp = stamp_of(exam_.candidate.path);
    if (stamp) seen_.source_after = *stamp;
    return {};
  }

  ProbeDepth source_depth() const { return depth_for(exam_.media.container); }

  // Streams beside the main video that have times.
  std::vector<int> timed_companions() const {
    std::vector<int> indexes;
    for (std::size_t i = 0; i < expected_.streams.size(); ++i) {
      const ExpectedStream& stream = expected_.streams[i];
      const bool timed = stream.type == StreamType::video || stream.type == StreamType::audio ||
                         stream.type == StreamType::subtitle;
      if (i != expected_.main_index && timed && !stream.cover) {
        indexes.push_back(stream.source_index);
      }
    }
    return indexes;
  }

  Result<SourceClock> read_source_clock() const {
    const std::vector<int> others = timed_companions();
    SourceClockScan scan(exam_.media, others);
    StderrJudge judge(stderr_context(exam_.media));
    const Status status = asker_.ask(
        source_clock_args(asker_.tools.ffmpeg, exam_.candidate.path, exam_.media, others),
        kReadTimeout, [&](std::string_view line) { scan.add_line(line); }, &judge);
    if (!status) return std::unexpected(status.error());
    if (judge.damage_lines() > 0) return fail(judge.first_damage());
    return scan.finish();
  }

  // Packets are no proof of frames in some codecs, and a file's own clock none of what a player
  // shows. Where only times are in doubt, the source is decoded once and its real frames, at the
  // times that ffmpeg gives them, are what the output must have.
  Status ask_the_decoder() {
    if (!about_times_alone(proof_.problems)) return {};
    auto clock = read_source_clock();
    if (!clock) {
      return clock.error().errno_value == ECANCELED ? std::unexpected(clock.error()) : Status{};
    }
    if (has_hole(exam_.media, *clock)) return {};
    MediaInfo source = exam_.media;
    const bool jumps = has_clock_jumps(source);
    if (jumps) {
      if (!closes_jumps_only(source, *clock)) return {};
      source.packets = clock->packets;
    } else {
      to_file_times(source, *clock);
    }
    if (guesses_times(source, *clock)) return {};
    proof_.notes.push_back(
        jumps
            ? "the clocks of its recordings were joined, as players do"
            : fmt::format(
                  "the source's packets don't tell when its {} frames are shown; the decoder does",
                  clock->frame_times_ns.size()));
    seen_.source_frame_times_ns = std::move(clock->frame_times_ns);
    proof_.problems = validate(source, expected_, seen_);
    return {};
  }

  const Examination& exam_;
  const Asker& asker_;
  ExpectedOutput expected_;
  Observations seen_;
  Proof proof_;
};

}  // namespace

// Frames that do not decode are no matter of the plan that wrote their packets' times.
bool blames_timestamps(const std::vector<Problem>& problems) {
  return std::any_of(problems.begin(), problems.end(), is_about_packet_times);
}

Result<Proof> prove(const Examination& exam, const EncodeRun& run, const Asker& asker) {
  return Prover(exam, run, asker).run();
}

}  // namespace av1d
