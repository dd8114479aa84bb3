// Sums up the packets of a file, one by one in the order of the file, whoever listed them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "av1d/types.h"

namespace av1d {

struct PacketLine {
  std::size_t stream = SIZE_MAX;
  std::optional<std::int64_t> pts, dts, duration;  // ticks of the stream's time base
  std::uint64_t size = 0;
  std::string_view hash;  // of its bytes, "" where nobody asked
  bool discard = false;
  bool keyframe = false;
  bool encrypted = false;
};

// PTS are kept for video that is no cover and for subtitles; a film of two hours takes about
// 1.5 MB.
class PacketTally {
 public:
  explicit PacketTally(const MediaInfo& media);
  void set_time_base(std::size_t stream, const Rational& time_base);
  void add(const PacketLine& packet);
  std::vector<PacketFacts> finish();

 private:
  bool is_nothing(const PacketLine& packet) const;
  void count_leading(const PacketLine& packet);
  void follow_end(const PacketLine& packet);
  void follow_clock(const PacketLine& packet);
  std::vector<Rational> time_bases_;
  std::vector<std::optional<std::uint64_t>> nothing_;  // bytes of a packet that is not counted
  std::vector<bool> keep_pts_;
  std::vector<PacketFacts> facts_;
  std::vector<std::optional<std::int64_t>> first_key_pts_;  // ticks; INT64_MIN: without a time
  std::vector<bool> has_dts_;
  std::vector<std::optional<std::int64_t>> last_clock_ns_;
  std::vector<std::optional<std::int64_t>> last_time_ns_;  // the largest of a shown packet
};

}  // namespace av1d
