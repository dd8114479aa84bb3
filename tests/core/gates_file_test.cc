// The cheap gates, for which a directory listing and one stat are enough; and what counts as HDR.
#include "av1d/gates.h"
#include "support/catch.h"
#include "support/media.h"

using namespace av1d;

namespace {

Candidate candidate_of(std::uint64_t bytes) {
  Candidate candidate;
  candidate.path = "/films/a.mkv";
  candidate.root = "/films";
  candidate.stamp.size_bytes = bytes;
  return candidate;
}

}  // namespace

TEST_CASE("a file of exactly min_bytes passes, one byte less does not", "[gates]") {
  Config config;
  config.min_bytes = 2048;
  CHECK_FALSE(check_file_gates(candidate_of(2048), config).has_value());
  const auto reason = check_file_gates(candidate_of(2047), config);
  REQUIRE(reason.has_value());
  CHECK(reason->code == ReasonCode::too_small);
  CHECK_THAT(reason->text, ContainsSubstring("min_bytes = 2.0 KiB"));
}

TEST_CASE("file gates answer in the order marker, disc, hard link, size", "[gates]") {
  Candidate candidate = candidate_of(1);
  candidate.marker = "/films/a.mkv.av1skip";
  candidate.disc_structure = "/films/BDMV";
  candidate.stamp.link_count = 3;
  Config config;
  const auto code = [&] { return check_file_gates(candidate, config)->code; };
  CHECK(code() == ReasonCode::marker);
  CHECK_THAT(check_file_gates(candidate, config)->text, ContainsSubstring("a.mkv.av1skip"));
  candidate.marker.reset();
  CHECK(code() == ReasonCode::disc_structure);
  CHECK_THAT(check_file_gates(candidate, config)->text, ContainsSubstring("/films/BDMV"));
  candidate.disc_structure.reset();
  CHECK(code() == ReasonCode::hard_link);
  CHECK_THAT(check_file_gates(candidate, config)->text, ContainsSubstring("3 hard links"));
  config.skip_hardlinked = false;
  CHECK(code() == ReasonCode::too_small);
  config.min_bytes = 1;
  CHECK_FALSE(check_file_gates(candidate, config).has_value());
}

TEST_CASE("file gates show hostile names without their control characters", "[gates]") {
  Candidate candidate = candidate_of(1);
  candidate.marker = "/films/\x1b[2J.av1skip";
  CHECK_THAT(check_file_gates(candidate, {})->text, ContainsSubstring("\\x1b[2J"));
}

TEST_CASE("HDR is told by the transfer function", "[gates]") {
  Stream video = test::h264_video();
  CHECK_FALSE(is_hdr(video));
  video.color_transfer = "smpte2084";
  CHECK(is_hdr(video));
  video.color_transfer = "arib-std-b67";
  CHECK(is_hdr(video));
  video.color_transfer = "bt709";
  CHECK_FALSE(is_hdr(video));
}
