// The head of a Matroska output; see validate_matroska.h.
#include "validate_matroska.h"

#include <fmt/format.h>

#include <algorithm>

#include "av1d/languages.h"
#include "av1d/text.h"

namespace av1d {

namespace {

using Texts = std::vector<std::string>;

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
      problems.push_back(fmt::format("track {} has the BCP 47 language '{}', expected '{}'", i,
                                     printable(got.tracks[i].language),
                                     printable(want.tracks[i].language)));
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
  for (std::size_t i = 0; i < want.attachments.size(); ++i) {
    const bool kept = want.attachments[i] == 0 ||
                      (i < got.attachments.size() && got.attachments[i] == want.attachments[i]);
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
    if (attached && attachment < got.attached.size()) {
      compare_attachment(attachment, want, got.attached[attachment], problems);
    } else if (!attached && track < got.tracks.size()) {
      compare_track(track, want, got.tracks[track], problems);
    }
    ++(attached ? attachment : track);
  }
  if (track != got.tracks.size() || attachment != got.attached.size()) {
    problems.push_back(fmt::format("the head has {} tracks and {} attachments, expected {} and {}",
                                   got.tracks.size(), got.attached.size(), track, attachment));
  }
  return problems;
}

}  // namespace

std::vector<std::string> find_head_problems(const MediaInfo&, const ExpectedOutput& expected,
                                            const Observations& seen) {
  if (expected.container == OutputContainer::mp4) return {};
  if (!seen.output.matroska) return {"the output has no head of Matroska"};
  const MatroskaFacts& got = *seen.output.matroska;
  Texts problems = compare_streams(expected, got);
  if (!expected.matroska) return problems;
  for (const auto find :
       {&find_language_problems, &find_carried_chapter_problems, &find_carried_tag_problems}) {
    std::ranges::move(find(*expected.matroska, got), std::back_inserter(problems));
  }
  return problems;
}

}  // namespace av1d
