// WebLike or DiscLike, from the words of the path and from what the picture costs. Two tables hold
// all the knowledge: the tokens, and the bitrates that are typical of each side.
#include "av1d/classify.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "av1d/ladder.h"
#include "av1d/text.h"

namespace av1d {

namespace {

constexpr int kTokenScore = 10;
constexpr int kHintScore = 5;
constexpr std::uint64_t kMega = 1'000'000;
constexpr std::uint64_t kLargeBytes = 20'000 * kMega;  // 20 GB, decimal as on a disc's box

enum class Side { web, disc };

// A token as release names write it, in one word or in two that one separator joins.
struct Token {
  std::string_view first;
  std::string_view second;  // "" for a token of one word
  std::string_view name;    // tokens of one name are one token: it counts once
  Side side;
};

constexpr std::array<Token, 19> kTokens = {{
    {"web", "rip", "WEBRip", Side::web},    {"webrip", "", "WEBRip", Side::web},
    {"web", "dl", "WEB-DL", Side::web},     {"webdl", "", "WEB-DL", Side::web},
    {"web", "", "WEB", Side::web},          {"nf", "", "NF", Side::web},
    {"amzn", "", "AMZN", Side::web},        {"dsnp", "", "DSNP", Side::web},
    {"hulu", "", "HULU", Side::web},        {"atvp", "", "ATVP", Side::web},
    {"blu", "ray", "BluRay", Side::disc},   {"bluray", "", "BluRay", Side::disc},
    {"bd", "rip", "BDRip", Side::disc},     {"bdrip", "", "BDRip", Side::disc},
    {"bd", "remux", "BDRemux", Side::disc}, {"bdremux", "", "BDRemux", Side::disc},
    {"remux", "", "Remux", Side::disc},     {"bdmv", "", "BDMV", Side::disc},
    {"uhd", "", "UHD", Side::disc},
}};

// What a video of at least `tier` lines typically has: below `web` it was made for a network, above
// `disc` for a disc. The 1440 tier and everything smaller is judged like 1080p.
struct BitrateRange {
  int tier;
  std::uint64_t web_mbit;
  std::uint64_t disc_mbit;
};
constexpr BitrateRange kUhdRange{2160, 10, 40};
constexpr BitrateRange kHdRange{0, 5, 15};

constexpr std::string_view kSeparators = "._- ()[]{}/";
constexpr std::string_view kJoints = "._- ";  // what may stand between the two words of one token

struct Word {
  std::string_view text;
  std::string_view gap;  // the separators behind it
};

std::vector<Word> split_words(std::string_view text) {
  std::vector<Word> words;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(kSeparators), text.size());
    const auto next = std::min(text.find_first_not_of(kSeparators, end), text.size());
    if (end > 0) words.push_back({text.substr(0, end), text.substr(end, next - end)});
    text.remove_prefix(next);
  }
  return words;
}

bool joins(std::string_view gap) {
  return gap.size() == 1 && kJoints.find(gap.front()) != std::string_view::npos;
}

// The token that starts at words[at]; one of two words goes before one of a single word.
const Token* match_token(const std::vector<Word>& words, std::size_t at) {
  const Token* single = nullptr;
  for (const Token& token : kTokens) {
    if (token.first != words[at].text) continue;
    if (token.second.empty()) {
      single = &token;
    } else if (at + 1 < words.size() && joins(words[at].gap) &&
               token.second == words[at + 1].text) {
      return &token;
    }
  }
  return single;
}

// Keeps the scores and says why.
void add_score(Classification& result, Side side, int points, const std::string& why) {
  (side == Side::web ? result.web_score : result.disc_score) += points;
  result.reasons.push_back(
      fmt::format("{}: {} +{}", why, side == Side::web ? "web" : "disc", points));
}

void score_tokens(Classification& result, const fs::path& relative_path) {
  const std::string text = to_lower(relative_path.native());
  const auto words = split_words(text);
  std::set<std::string_view> seen;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const Token* token = match_token(words, at);
    if (token == nullptr) continue;
    if (!token->second.empty()) ++at;
    if (!seen.insert(token->name).second) continue;
    add_score(result, token->side, kTokenScore, fmt::format("token {}", token->name));
  }
}

void score_bitrate(Classification& result, const Stream& video, std::uint64_t bits_per_sec) {
  if (bits_per_sec == 0) return;
  const BitrateRange& range = picture_tier(video) >= kUhdRange.tier ? kUhdRange : kHdRange;
  const double mbit = static_cast<double>(bits_per_sec) / static_cast<double>(kMega);
  if (bits_per_sec < range.web_mbit * kMega) {
    add_score(result, Side::web, kHintScore,
              fmt::format("video of {:.2f} Mb/s, below {}", mbit, range.web_mbit));
  }
  if (bits_per_sec > range.disc_mbit * kMega) {
    add_score(result, Side::disc, kHintScore,
              fmt::format("video of {:.2f} Mb/s, above {}", mbit, range.disc_mbit));
  }
}

SourceClass higher_score(const Classification& result) {
  if (result.web_score > result.disc_score) return SourceClass::web_like;
  if (result.disc_score > result.web_score) return SourceClass::disc_like;
  return SourceClass::unknown;
}

}  // namespace

Classification classify(const fs::path& relative_path, const MediaInfo& media) {
  Classification result;
  score_tokens(result, relative_path);
  if (const Stream* video = media.main_video(); video != nullptr) {
    score_bitrate(result, *video, media.video_bits_per_sec());
    if (video->codec == "vp9") add_score(result, Side::web, kHintScore, "codec VP9");
  }
  if (media.size_bytes > kLargeBytes) {
    add_score(
        result, Side::disc, kHintScore,
        fmt::format("size of {:.1f} GB, above 20", static_cast<double>(media.size_bytes) / 1e9));
  }
  result.source_class = higher_score(result);
  return result;
}

}  // namespace av1d
