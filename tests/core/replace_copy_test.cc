// An output that cannot be renamed beside the film is copied there, part by part, and each part is
// believed when it was read back.
#include <cerrno>
#include <fstream>

#include "core/replace_fixture.h"

using namespace av1d;
using namespace av1d::test;

namespace {

constexpr std::size_t kPart = std::size_t{32} << 20;  // of replace_stage.cc

std::string film_of(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 % 251);
  return bytes;
}

// A second name of the output makes it be copied.
void give(Library& library, const std::string& bytes) {
  write_file(library.output, bytes);
  fs::create_hard_link(library.output, library.top() / "second");
}

void spoil(const fs::path& file, std::size_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(at));
  stream.put('!');
}

}  // namespace

TEST_CASE("an output of any number of parts is copied whole", "[replace]") {
  for (const std::size_t size : {std::size_t{0}, kPart - 1, kPart, 2 * kPart, 2 * kPart + 17}) {
    Library library;
    const std::string bytes = film_of(size);
    give(library, bytes);
    INFO(size);
    REQUIRE(library.replace());
    CHECK((read_file(library.request.source) == bytes));
    CHECK(library.leftovers().empty());
  }
}

TEST_CASE("a copy that does not read back as it was written is refused", "[replace][fault]") {
  for (const std::size_t where : {std::size_t{5}, kPart + 5, 2 * kPart + 5}) {
    Library library;
    give(library, film_of(2 * kPart + 17));
    media_fs::set_hook([&](std::string_view call) {
      if (call != "sync_file_range" && call != "fsync") return 0;
      const fs::path copy = library.own(".tmp");
      if (fs::exists(copy) && fs::file_size(copy) > where) spoil(copy, where);
      return 0;
    });
    INFO(where);
    check_refused(library.replace(), ReasonCode::io_error);
    CHECK(library.is_untouched());
  }
}

TEST_CASE("without sync_file_range the whole copy is synced", "[replace][fault]") {
  for (const int missing : {ENOSYS, EINVAL}) {
    Library library;
    const std::string bytes = film_of(2 * kPart + 17);
    give(library, bytes);
    int syncs = 0;
    media_fs::set_hook([&](std::string_view call) {
      if (call == "fsync") ++syncs;
      return call == "sync_file_range" ? missing : 0;
    });
    REQUIRE(library.replace());
    CHECK(syncs > 2);
    CHECK((read_file(library.request.source) == bytes));
  }
}

TEST_CASE("an error of the disk while a copy is written out leaves the film", "[replace][fault]") {
  Library library;
  give(library, film_of(2 * kPart + 17));
  media_fs::set_hook([](std::string_view call) { return call == "sync_file_range" ? EIO : 0; });
  check_refused(library.replace(), ReasonCode::io_error);
  CHECK(library.is_untouched());
}
