// The picture, twice; see validate_picture.h.
#include "validate_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "validate_dynamic.h"

namespace av1d {

namespace {

using Texts = std::vector<std::string>;

// AV1 stores mastering display values as 0.16 and 18.14 or 24.8 fixed point (AV1 6.7.4).
constexpr double kMasteringSlack = 2e-3;     // of the value
constexpr double kMasteringRounding = 1e-4;  // more than 2^-14

// Matroska keeps the shape as a display size in whole pixels: within one of them it is the same.
bool same_shape(const Rational& a, const Rational& b, int width) {
  const double x = a.known() ? a.value() : 1.0;
  const double y = b.known() ? b.value() : 1.0;
  return std::abs(x - y) * width < 1.0;
}

double fraction(const std::string& text) {
  const auto slash = text.find('/');
  const double num = std::atof(text.c_str());
  const double den = slash == std::string::npos ? 1.0 : std::atof(text.c_str() + slash + 1);
  return den == 0.0 ? 0.0 : num / den;
}

bool same_side_data(const SideData& a, const SideData& b) {
  return a.type == b.type && a.fields.size() == b.fields.size() &&
         std::all_of(a.fields.begin(), a.fields.end(), [&](const auto& field) {
           const auto it = b.fields.find(field.first);
           if (it == b.fields.end()) return false;
           const double x = fraction(field.second);
           const double y = fraction(it->second);
           return std::abs(x - y) <= kMasteringSlack * std::abs(x) + kMasteringRounding;
         });
}

bool says_mark(const Stream& video, const SideData& want) {
  return std::ranges::any_of(video.side_data, [&](const SideData& got) {
    return got.type == want.type && (want.fields.empty() || got.fields == want.fields);
  });
}

// Compares what a stream and a frame tell alike.
class PictureComparison {
 public:
  PictureComparison(const ExpectedOutput& expected, std::string where)
      : expected_(expected), where_(std::move(where)) {}

  Texts run(const Stream& video) {
    if (video.width != expected_.width || video.height != expected_.height) {
      problem(fmt::format("the picture is {}x{}, expected {}x{}", video.width, video.height,
                          expected_.width, expected_.height));
    }
    if (video.pixel_format != "yuv420p10le") {
      problem(fmt::format("the pixel format is {}, expected yuv420p10le", video.pixel_format));
    }
    colour("color_range", video.color_range, expected_.color_range);
    colour("color_space", video.color_space, expected_.color_space);
    colour("color_transfer", video.color_transfer, expected_.color_transfer);
    colour("color_primaries", video.color_primaries, expected_.color_primaries);
    colour("chroma_location", video.chroma_location, expected_.chroma_location);
    for (const auto& want : expected_.static_hdr) {
      const bool kept = std::any_of(video.side_data.begin(), video.side_data.end(),
                                    [&](const SideData& got) { return same_side_data(want, got); });
      if (!kept) problem(fmt::format("{} is missing or different", want.type));
    }
    return std::move(problems_);
  }

 private:
  void problem(const std::string& text) { problems_.push_back(where_ + text); }

  void colour(const char* name, const std::string& got, const std::string& want) {
    if (want.empty() || got == want) return;
    problem(fmt::format("{} is '{}', expected '{}'", name, got, want));
  }

  const ExpectedOutput& expected_;
  std::string where_;
  Texts problems_;
};

}  // namespace

std::vector<std::string> find_picture_problems(const MediaInfo&, const ExpectedOutput& expected,
                                               const Observations& seen) {
  if (expected.main_index >= seen.output.streams.size()) {
    return {"the output has no video stream"};
  }
  const Stream& video = seen.output.streams[expected.main_index];
  Texts problems = PictureComparison(expected, "").run(video);
  if (!same_shape(video.sample_aspect_ratio, expected.sample_aspect_ratio, expected.width)) {
    problems.push_back(fmt::format("the sample aspect ratio is {}:{}, expected {}:{}",
                                   video.sample_aspect_ratio.num, video.sample_aspect_ratio.den,
                                   expected.sample_aspect_ratio.num,
                                   expected.sample_aspect_ratio.den));
  }
  for (const SideData& mark : expected.viewing_marks) {
    if (says_mark(video, mark)) continue;
    problems.push_back(fmt::format("the mark '{}' is missing or different", mark.type));
  }
  if (video.has_display_matrix) {
    problems.emplace_back("the rotation was baked in and is still declared");
  }
  std::ranges::move(find_dynamic_problems(expected, seen), std::back_inserter(problems));
  return problems;
}

std::vector<std::string> find_shown_picture_problems(const MediaInfo&,
                                                     const ExpectedOutput& expected,
                                                     const Observations& seen) {
  if (seen.decoded_looks.empty()) return {"no frame of the new video could be looked at"};
  for (const Stream& look : seen.decoded_looks) {
    Texts problems = PictureComparison(expected, "as it decodes, ").run(look);
    if (!problems.empty()) return problems;
  }
  return {};
}

}  // namespace av1d
