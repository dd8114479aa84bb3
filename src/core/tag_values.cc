// Tag values by their meaning; see tag_values.h.
#include "tag_values.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <vector>

#include "av1d/text.h"

namespace av1d {

namespace {

// ISO 6709 "+48.8789+002.3376+048.928/": its numbers.
std::vector<double> coordinates(const std::string& text) {
  std::vector<double> numbers;
  for (std::size_t at = text.find_first_of("+-"); at != std::string::npos;
       at = text.find_first_of("+-", at + 1)) {
    numbers.push_back(std::atof(text.c_str() + at));
  }
  return numbers;
}

// mp4 writes a place in 16.16 fixed point ('loci', 3GPP TS 26.244).
bool same_place(const std::string& a, const std::string& b) {
  constexpr double kSlack = 2.0 / 65536;
  const auto x = coordinates(a);
  const auto y = coordinates(b);
  return !x.empty() && x.size() == y.size() &&
         std::equal(x.begin(), x.end(), y.begin(),
                    [](double p, double q) { return std::abs(p - q) <= kSlack; });
}

// "2016-05-31 17:01:35" and "2016-05-31T17:01:35.000000Z": muxers write one form of a moment.
bool same_moment(const std::string& a, const std::string& b) {
  constexpr std::size_t kToTheSecond = 14;
  const auto digits = [](const std::string& text) {
    std::string out;
    std::copy_if(text.begin(), text.end(), std::back_inserter(out),
                 [](char c) { return c >= '0' && c <= '9'; });
    return out.substr(0, kToTheSecond);
  };
  return digits(a).size() == kToTheSecond && digits(a) == digits(b);
}

}  // namespace

bool same_key(const std::string& a, const std::string& b) {
  const auto plain = [](std::string key) {
    std::ranges::replace(key, ' ', '_');
    return key;
  };
  return equals_ignore_case(plain(a), plain(b));
}

bool same_tag(const std::string& key, const std::string& want, const std::string& got) {
  if (got == want) return true;
  if (equals_ignore_case(key, "creation_time"))
    return same_moment(want, got.substr(0, got.find(';')));
  return equals_ignore_case(key, "location") && same_place(want, got);
}

}  // namespace av1d
