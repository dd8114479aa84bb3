// Metadata inside the coded video; see bitstream_scan.h.
#include "av1d/bitstream_scan.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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
// Line 21 as DVDs have it, and SCTE 20 (user_data_type_code 3, then seven bits of 1).
constexpr auto kDvdCaptions = "\x00\x00\x01\xB2\x43\x43\x01\xF8"sv;
constexpr std::array kScte20Captions = {"\x00\x00\x01\xB2\x03\x81"sv, "\x00\x00\x01\xB2\x03\x01"sv};
// Provider 0x003C (Samsung), oriented code 1, application identifier 4 (CTA-861-H, annex S).
constexpr auto kHdr10Plus = "\xB5\x00\x3C\x00\x01\x04"sv;
// Country 0x26 (China), provider 0x0004, oriented code 5, system_start_code 1 (T/UWA 005.1).
constexpr auto kHdrVivid = "\x26\x00\x04\x00\x05\x01"sv;
constexpr auto kSequenceHeader = "\x00\x00\x01\xB3"sv;
constexpr std::size_t kLongest = 9;
constexpr std::size_t kBlock = std::size_t{1} << 20U;

std::optional<std::uint64_t> find_in(std::string_view block, std::string_view pattern,
                                     std::uint64_t offset) {
  const void* at = ::memmem(block.data(), block.size(), pattern.data(), pattern.size());
  if (at == nullptr) return std::nullopt;
  return offset + static_cast<std::uint64_t>(static_cast<const char*>(at) - block.data());
}

void look_for(std::optional<std::uint64_t>& find, std::string_view block, std::string_view pattern,
              std::uint64_t offset) {
  if (!find) find = find_in(block, pattern, offset);
}

void look(BitstreamFinds& finds, std::string_view block, std::uint64_t offset) {
  for (const std::string_view captions :
       {kT35Captions, kMpeg2Captions, kDvdCaptions, kScte20Captions[0], kScte20Captions[1]}) {
    look_for(finds.captions, block, captions, offset);
  }
  look_for(finds.hdr10plus, block, kHdr10Plus, offset);
  look_for(finds.hdr_vivid, block, kHdrVivid, offset);
}

// The sequence headers of MPEG-2 (ISO/IEC 13818-2, 6.2.2.1): width and height of 12 bits each, then
// four bits of aspect_ratio_information. There is one for each GOP. What only looks like one, in
// the bytes of sound for instance, does not come twice in a row.
class ShapeWatch {
 public:
  void look(std::string_view block, std::uint64_t offset) {
    constexpr std::size_t kBytes = 8;
    for (auto at = find_in(block, kSequenceHeader, 0); at && *at + kBytes <= block.size();
         at = find_in(block.substr(*at + 1), kSequenceHeader, *at + 1)) {
      if (offset + *at < next_) continue;  // seen at the end of the last block
      next_ = offset + *at + 1;
      add(block.substr(*at + kSequenceHeader.size(), 4), offset + *at);
    }
  }

  const std::optional<ShapeChange>& change() const { return change_; }

 private:
  struct Header {
    std::string size;  // as coded
    unsigned aspect = 0;
    bool operator==(const Header&) const = default;
  };

  static std::string_view shape(unsigned aspect) {
    static constexpr std::array kShapes = {"square"sv, "4:3"sv, "16:9"sv, "2.21:1"sv};
    return kShapes.at(aspect - 1);
  }

  void add(std::string_view bytes, std::uint64_t at) {
    const unsigned aspect = static_cast<unsigned char>(bytes[3]) >> 4U;
    if (aspect < 1 || aspect > 4 || change_) return;
    Header header{std::string(bytes.substr(0, 3)), aspect};
    const bool repeated = header == last_;
    if (!repeated) {
      last_ = std::move(header);
      last_at_ = at;
      return;
    }
    if (!believed_) believed_ = last_;
    if (believed_->size != last_.size || believed_->aspect == last_.aspect) return;
    change_ = {std::string(shape(believed_->aspect)), std::string(shape(aspect)), last_at_};
  }

  Header last_;
  std::uint64_t last_at_ = 0;
  std::uint64_t next_ = 0;
  std::optional<Header> believed_;
  std::optional<ShapeChange> change_;
};

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
  ShapeWatch shapes;
  while (true) {
    if (stop.stop_requested()) return fail("stopped", ECANCELED);
    const ssize_t got = ::read(file.get(), buffer.data() + kept, buffer.size() - kept);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read", path.native(), errno);
    if (got == 0) break;
    const std::size_t filled = kept + static_cast<std::size_t>(got);
    look(finds, {buffer.data(), filled}, position);
    shapes.look({buffer.data(), filled}, position);
    const std::size_t keep = std::min(filled, kLongest - 1);
    std::memmove(buffer.data(), buffer.data() + filled - keep, keep);
    position += filled - keep;
    kept = keep;
  }
  finds.shape_change = shapes.change();
  return finds;
}

}  // namespace av1d
