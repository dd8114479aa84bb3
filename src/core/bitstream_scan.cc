// Metadata inside the coded video; see bitstream_scan.h.
#include "av1d/bitstream_scan.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "small_file.h"

namespace av1d {

namespace {

using namespace std::string_view_literals;

// itu_t_t35_country_code 0xB5 (United States) and provider 0x0031 (ATSC), then ATSC_identifier and
// user_data_type_code (A/53 part 4, table 6.7); MPEG-2 has the same behind user_data_start_code.
constexpr auto kT35Captions = "\xB5\x00\x31GA94\x03"sv;
constexpr auto kMpeg2Captions = "\x00\x00\x01\xB2GA94\x03"sv;
// Provider 0x003C (Samsung), oriented code 1, application identifier 4 (CTA-861-H, annex S).
constexpr auto kHdr10Plus = "\xB5\x00\x3C\x00\x01\x04"sv;
constexpr std::size_t kLongest = 9;
constexpr std::size_t kBlock = std::size_t{1} << 20U;

std::optional<std::uint64_t> find_in(std::string_view block, std::string_view pattern,
                                     std::uint64_t offset) {
  const void* at = ::memmem(block.data(), block.size(), pattern.data(), pattern.size());
  if (at == nullptr) return std::nullopt;
  return offset + static_cast<std::uint64_t>(static_cast<const char*>(at) - block.data());
}

void look(BitstreamFinds& finds, std::string_view block, std::uint64_t offset) {
  if (!finds.captions) finds.captions = find_in(block, kT35Captions, offset);
  if (!finds.captions) finds.captions = find_in(block, kMpeg2Captions, offset);
  if (!finds.hdr10plus) finds.hdr10plus = find_in(block, kHdr10Plus, offset);
}

}  // namespace

Result<BitstreamFinds> scan_bitstream(const fs::path& path, std::stop_token stop) {
  const OwnedFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return fail_errno("open", path.native(), errno);
  // Only advice: read ahead.
  static_cast<void>(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL));
  BitstreamFinds finds;
  std::vector<char> buffer(kBlock);
  std::size_t kept = 0;  // the end of the last block: a pattern may cross the border
  std::uint64_t position = 0;
  while (!finds.captions || !finds.hdr10plus) {
    if (stop.stop_requested()) return fail("stopped", ECANCELED);
    const ssize_t got = ::read(file.get(), buffer.data() + kept, buffer.size() - kept);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read", path.native(), errno);
    if (got == 0) break;
    const std::size_t filled = kept + static_cast<std::size_t>(got);
    look(finds, {buffer.data(), filled}, position);
    const std::size_t keep = std::min(filled, kLongest - 1);
    std::memmove(buffer.data(), buffer.data() + filled - keep, keep);
    position += filled - keep;
    kept = keep;
  }
  return finds;
}

}  // namespace av1d
