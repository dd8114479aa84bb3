// The head of a Matroska output; see validate_matroska.h.
#include "validate_matroska.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "av1d/languages.h"
#include "av1d/text.h"

namespace av1d {

namespace {

using Texts = std::vector<std::string>;

std::string another_language_tag(std::size_t track, std::string_view got, std::string_view want) {
  return fmt::format("track {} has the BCP 47 language '{}', expected '{}'", track, printable(got),
                     printable(want));
}

std::vector<std::string> find_language_problems(const MatroskaFacts& want,
                                                const MatroskaFacts& got) {
  std::vector<std::string> problems;
  if (got.tracks.size() != want.tracks.size()) {
    problems.push_back(fmt::format("the output has {} tracks, expected {}", got.tracks.size(),
                                   want.tracks.size()));
    return problems;
  }
  for (std::size_t i = 0; i < want.tracks.size(); ++i) {
    if (got.tracks[i].language != want.tracks[i].language) {
      problems.push_back(another_language_tag(i, got.tracks[i].language, want.tracks[i].language));
    }
    if (want.tracks[i].uid != 0 && got.tracks[i].uid != want.tracks[i].uid) {
      problems.push_back(fmt::format("track {} has the UID {}, expected {}", i, got.tracks[i].uid,
                                     want.tracks[i].uid));
    }
  }
  return problems;
}

std::vector<std::string> find_carried_tag_problems(const MatroskaFacts& want,
                                                   const MatroskaFacts& got) {
  std::vector<std::string> problems;
  if (!want.segment_uuid.empty() && got.segment_uuid != want.segment_uuid) {
    problems.emplace_back("the segment's UUID, by which other files refer to it, is another one");
  }
  if (!want.title.empty() && got.title != want.title) {
    problems.push_back(fmt::format("the title of the segment is '{}', expected '{}'",
                                   printable(got.title), printable(want.title)));
  }
  for (std::size_t i = 0; i < want.attachments.size(); ++i) {
    const std::uint64_t uid = want.attachments[i].uid;
    const bool kept = uid == 0 || (i < got.attachments.size() && got.attachments[i].uid == uid);
    if (!kept) problems.push_back(fmt::format("attachment {} has another UID", i));
  }
  std::vector<MatroskaTag> left = got.tags;
  for (const auto& tag : want.tags) {
    const auto it = std::find(left.begin(), left.end(), tag);
    if (it == left.end()) {
      problems.push_back(
          fmt::format("the Matroska tag '{}' is missing or different", printable(tag.name)));
    } else {
      left.erase(it);  // the next one of the same content must be another one
    }
  }
  return problems;
}

std::vector<std::string> find_carried_chapter_problems(const MatroskaFacts& want,
                                                       const MatroskaFacts& got) {
  std::vector<std::string> problems;
  if (got.chapters.size() != want.chapters.size()) {
    problems.push_back(fmt::format("the output has {} editions and chapters, expected {}",
                                   got.chapters.size(), want.chapters.size()));
    return problems;
  }
  for (std::size_t i = 0; i < want.chapters.size(); ++i) {
    if (got.chapters[i] == want.chapters[i]) continue;
    problems.push_back(
        fmt::format("chapter {} is not the source's", printable(want.chapters[i].place)));
  }
  return problems;
}

// ---- What is expected of any Matroska output ----------------------------------------------------

// The reader keeps so much of a text.
std::string_view kept_of(const std::string& text) {
  constexpr std::size_t kKeptBytes = 255;
  return std::string_view(text).substr(0, kKeptBytes);
}

void compare_track(std::size_t i, const ExpectedStream& want, const MatroskaTrack& got,
                   Texts& problems) {
  if ((got.codec == "V_AV1") != (want.codec == "av1")) {
    problems.push_back(fmt::format("track {} has the codec '{}', expected {}", i,
                                   printable(got.codec), want.codec));
  }
  if (language_key(got.iso_language) !=
      language_key(want.language.empty() ? "und" : want.language)) {
    problems.push_back(fmt::format("track {} has the language '{}', expected '{}'", i,
                                   printable(got.iso_language), printable(want.language)));
  }
  if (!want.language_tag.empty() && got.language != want.language_tag) {
    problems.push_back(another_language_tag(i, got.language, want.language_tag));
  }
  if (got.name != kept_of(want.title)) {
    problems.push_back(fmt::format("track {} is named '{}', expected '{}'", i, printable(got.name),
                                   printable(want.title)));
  }
  if (got.is_default != want.dispositions.contains("default") ||
      got.is_forced != want.dispositions.contains("forced")) {
    problems.push_back(fmt::format("the flags of track {} are default {:d}, forced {:d}", i,
                                   got.is_default, got.is_forced));
  }
}

void compare_attachment(std::size_t i, const ExpectedStream& want, const MatroskaAttachment& got,
                        Texts& problems) {
  if (got.name == kept_of(want.filename) && got.media_type == kept_of(want.mimetype)) return;
  problems.push_back(fmt::format("attachment {} is '{}', a '{}'; expected '{}', a '{}'", i,
                                 printable(got.name), printable(got.media_type),
                                 printable(want.filename), printable(want.mimetype)));
}

Texts compare_streams(const ExpectedOutput& expected, const MatroskaFacts& got) {
  Texts problems;
  std::size_t track = 0;
  std::size_t attachment = 0;
  for (const ExpectedStream& want : expected.streams) {
    const bool attached = want.cover || want.type == StreamType::attachment;
    if (attached && attachment < got.attachments.size()) {
      compare_attachment(attachment, want, got.attachments[attachment], problems);
    } else if (!attached && track < got.tracks.size()) {
      compare_track(track, want, got.tracks[track], problems);
    }
    ++(attached ? attachment : track);
  }
  if (track != got.tracks.size() || attachment != got.attachments.size()) {
    problems.push_back(fmt::format("the head has {} tracks and {} attachments, expected {} and {}",
                                   got.tracks.size(), got.attachments.size(), track, attachment));
  }
  return problems;
}

// The picture's shape as the container says it: nothing in AV1 itself does. Of two pictures side by
// side it is that of one of them.
Texts compare_shape(const ExpectedOutput& expected, const MatroskaFacts& got) {
  if (!expected.viewing_marks.empty()) return {};
  const auto before = expected.streams.begin() + static_cast<std::ptrdiff_t>(expected.main_index);
  const auto track = static_cast<std::size_t>(
      std::count_if(expected.streams.begin(), before, [](const ExpectedStream& stream) {
        return !stream.cover && stream.type != StreamType::attachment;
      }));
  if (track >= got.tracks.size() || !got.tracks[track].display.known()) return {};
  const Rational& pixels = expected.sample_aspect_ratio;
  const double wanted = (pixels.known() ? pixels.value() : 1.0) * expected.width;
  const double shown = got.tracks[track].display.value() * expected.height;
  if (std::abs(shown - wanted) <= 1 + wanted / expected.height) return {};  // in whole pixels
  return {fmt::format("the head shows the picture as {}:{}, expected {:.0f}:{}",
                      got.tracks[track].display.num, got.tracks[track].display.den, wanted,
                      expected.height)};
}

// ---- MP4 ----------------------------------------------------------------------------------------

// ffmpeg's own tracks for timecode and chapters stand behind the others.
Texts compare_mp4_tracks(const ExpectedOutput& expected, const Mp4Facts& got) {
  Texts problems;
  std::size_t track = 0;
  for (const ExpectedStream& want : expected.streams) {
    if (want.cover) continue;  // no track
    if (track >= got.tracks.size()) return {"the head has too few tracks"};
    const Mp4Track& is = got.tracks[track];
    const std::string language = want.language.empty() ? "und" : want.language;
    // Data may be put in as it was, with QuickTime's number of its language: ffprobe knows it.
    const bool said = want.type != StreamType::data || !is.iso_language.empty();
    if (said && language_key(is.iso_language) != language_key(language)) {
      problems.push_back(fmt::format("the head calls track {} '{}', expected '{}'", track,
                                     printable(is.iso_language), printable(language)));
    }
    if ((want.codec == "av1") != (is.codec == "av01")) {
      problems.push_back(fmt::format("the head says that track {} holds '{}', expected {}", track,
                                     printable(is.codec), want.codec));
    }
    ++track;
  }
  return problems;
}

Texts find_lost_extras(const ExpectedOutput& expected, const Mp4Facts& got) {
  std::vector<Mp4Extra> left = got.extras;
  Texts problems;
  for (const Mp4Extra& want : expected.mp4_extras) {
    const auto it = std::find(left.begin(), left.end(), want);
    if (it == left.end()) {
      problems.push_back(fmt::format("the box '{}' of {} bytes is missing or different",
                                     printable(want.path()), want.bytes));
    } else {
      left.erase(it);  // the next one of the same content must be another one
    }
  }
  return problems;
}

Texts find_lost_references(const ExpectedOutput& expected, const Mp4Facts& got) {
  Texts problems;
  for (const auto& [track, want] : expected.mp4_references) {
    const bool kept =
        track < got.tracks.size() &&
        std::ranges::find(got.tracks[track].references, want) != got.tracks[track].references.end();
    if (!kept) {
      problems.push_back(fmt::format("what track {} says of others ('{}') is missing or different",
                                     track, printable(want.type)));
    }
  }
  return problems;
}

Texts find_mp4_problems(const ExpectedOutput& expected, const Observations& seen) {
  if (!seen.output.mp4) return {"the output has no head of MP4"};
  Texts problems = compare_mp4_tracks(expected, *seen.output.mp4);
  std::ranges::move(find_lost_extras(expected, *seen.output.mp4), std::back_inserter(problems));
  std::ranges::move(find_lost_references(expected, *seen.output.mp4), std::back_inserter(problems));
  return problems;
}

}  // namespace

std::vector<std::string> find_head_problems(const MediaInfo&, const ExpectedOutput& expected,
                                            const Observations& seen) {
  if (expected.container == OutputContainer::mp4) return find_mp4_problems(expected, seen);
  if (!seen.output.matroska) return {"the output has no head of Matroska"};
  const MatroskaFacts& got = *seen.output.matroska;
  Texts problems = compare_streams(expected, got);
  std::ranges::move(compare_shape(expected, got), std::back_inserter(problems));
  if (!expected.matroska) return problems;
  for (const auto find :
       {&find_language_problems, &find_carried_chapter_problems, &find_carried_tag_problems}) {
    std::ranges::move(find(*expected.matroska, got), std::back_inserter(problems));
  }
  return problems;
}

}  // namespace av1d
