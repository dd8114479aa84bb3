// The head of a Matroska output; see validate_matroska.h.
#include "validate_matroska.h"

#include <fmt/format.h>

#include <algorithm>

#include "av1d/text.h"

namespace av1d {

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

std::vector<std::string> find_tag_problems(const MatroskaFacts& want, const MatroskaFacts& got) {
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

std::vector<std::string> find_chapter_problems(const MatroskaFacts& want,
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

}  // namespace av1d
