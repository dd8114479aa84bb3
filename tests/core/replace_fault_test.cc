// Every changing system call of the replace fails once, or for good: the film must be whole at each
// moment, and nothing of ours may stay.
#include "replace_faults.h"

using namespace av1d;
using namespace av1d::test;

namespace {

std::string text_of(const std::expected<Replaced, Reason>& replaced) {
  if (!replaced) return replaced.error().text;
  std::string text;
  for (const auto& warning : replaced->warnings) text += warning + "\n";
  return text;
}

// Staging falls back to a copy, user attributes and the last sync only warn.
void check_after_fault(const Library& library, const std::expected<Replaced, Reason>& replaced,
                       int error) {
  INFO(text_of(replaced));
  CHECK(library.is_whole());
  CHECK(library.leftovers().empty());
  if (replaced) {
    CHECK(library.is_replaced());
    return;
  }
  CHECK(library.is_untouched());
  CHECK_THAT(replaced.error().text, ContainsSubstring(std::strerror(error)));
  if (error == ENOSPC) CHECK(replaced.error().code == ReasonCode::no_space);
  if (error == EIO) CHECK(replaced.error().code == ReasonCode::io_error);
}

}  // namespace

TEST_CASE("replace_original holds the whole film at every step", "[replace][fault]") {
  for (const Variant& variant : all_variants()) {
    INFO(describe(variant));
    Library library(variant.naming, variant.keep);
    prepare(library, variant);
    media_fs::set_hook([&](std::string_view call) {
      CHECK(library.is_whole());
      return without_rename_flags(variant, call);
    });
    CHECK(library.replace());
    CHECK(library.is_replaced());
  }
}

TEST_CASE("replace_original leaves the original and nothing else when a call fails once",
          "[replace][fault]") {
  for (const Variant& variant : all_variants()) {
    const auto calls = calls_of_replace(variant);
    for (int position = 0; position < static_cast<int>(calls.size()); ++position) {
      for (const int error : {ENOSPC, EIO, EXDEV, EPERM, EROFS}) {
        INFO(describe(variant) << ": call " << position << " (" << calls[std::size_t(position)]
                               << ") fails with " << std::strerror(error));
        Library library(variant.naming, variant.keep);
        prepare(library, variant);
        hook_at(variant, position, [error](std::string_view) { return error; });
        check_after_fault(library, library.replace(), error);
      }
    }
  }
}

TEST_CASE("replace_original keeps the film whole when every call fails from some point on",
          "[replace][fault]") {
  for (const Variant& variant : all_variants()) {
    const auto calls = calls_of_replace(variant);
    for (int position = 0; position < static_cast<int>(calls.size()); ++position) {
      INFO(describe(variant) << ": dead disk from call " << position);
      Library library(variant.naming, variant.keep);
      prepare(library, variant);
      media_fs::set_hook([&, count = 0](std::string_view call) mutable {
        return count++ >= position ? EIO : without_rename_flags(variant, call);
      });
      const auto replaced = library.replace();
      CHECK(library.is_whole());
      media_fs::set_hook({});
      if (!replaced && library.journal) check_end(library, recover(*library.journal));
    }
  }
}

TEST_CASE("preflight leaves nothing behind when a call fails once", "[replace][fault]") {
  for (const Variant& variant : all_variants()) {
    Library counted(variant.naming, variant.keep);
    const auto calls =
        calls_of(variant, [&] { CHECK(preflight(counted.request) == std::nullopt); });
    for (int position = 0; position < static_cast<int>(calls.size()); ++position) {
      for (const int error : {ENOSPC, EIO, EPERM, EROFS}) {
        INFO(describe(variant) << ": call " << position << " (" << calls[std::size_t(position)]
                               << ") fails with " << std::strerror(error));
        Library library(variant.naming, variant.keep);
        hook_at(variant, position, [error](std::string_view) { return error; });
        static_cast<void>(preflight(library.request));
        CHECK(library.is_untouched());
      }
    }
  }
}

TEST_CASE("replace_original gives a film that was written in between back to its owner",
          "[replace][fault]") {
  const std::string newer = "a newer version";
  for (const Variant& variant : all_variants()) {
    INFO(describe(variant));
    const bool in_place = variant.naming == Naming::in_place;
    const bool full = variant.filesystem == Filesystem::full;
    const std::string_view flagged = in_place ? "rename_exchange" : "rename_noreplace";
    const std::string_view plain = in_place ? "link" : "rename";
    Library library(variant.naming, variant.keep);
    prepare(library, variant);
    // The call that takes S's name away; to a new name it is the second such after the journal.
    media_fs::set_hook([&, left = !in_place && full ? 2 : 1](std::string_view call) mutable {
      const bool swaps = library.journal && call == (full ? flagged : plain);
      if (swaps && --left == 0) {
        write_file(library.request.root / "upload", newer);
        fs::rename(library.request.root / "upload", library.request.source);
      }
      return without_rename_flags(variant, call);
    });
    const auto replaced = library.replace();
    REQUIRE_FALSE(replaced);
    INFO(replaced.error().text);
    CHECK(replaced.error().code == ReasonCode::source_changed);
    CHECK(read_file(library.request.source) == newer);
    CHECK(library.leftovers().empty());
    CHECK((in_place || !fs::exists(library.request.final_path)));
  }
}

TEST_CASE("replace_original without EXCHANGE gives way to a film that comes after the link",
          "[replace][fault]") {
  const std::string newer = "a newer version";
  for (const Keep keep : {Keep::no, Keep::orig}) {
    const Variant variant{Naming::in_place, keep, Staging::rename, Filesystem::no_rename_flags};
    Library library(variant.naming, variant.keep);
    media_fs::set_hook([&](std::string_view call) {
      if (call != "link" || !library.journal) return without_rename_flags(variant, call);
      fs::create_hard_link(library.request.source, library.own(".old"));
      write_file(library.request.root / "upload", newer);
      fs::rename(library.request.root / "upload", library.request.source);
      return media_fs::kPretend;
    });
    const auto replaced = library.replace();
    REQUIRE_FALSE(replaced);
    CHECK(replaced.error().code == ReasonCode::source_changed);
    CHECK(read_file(library.request.source) == newer);
    CHECK(library.leftovers().empty());
  }
}

TEST_CASE("replace_original keeps the old file when somebody still writes to it",
          "[replace][fault]") {
  for (const Keep keep : {Keep::no, Keep::orig}) {
    Library library(Naming::in_place, keep);
    bool swapped = false;
    media_fs::set_hook([&](std::string_view call) {
      if (call == "rename_exchange") swapped = true;
      if (call == "fsync" && swapped && fs::exists(library.own(".old"))) {
        std::ofstream(library.own(".old"), std::ios::app) << "more";
        swapped = false;
      }
      return 0;
    });
    const auto replaced = library.replace();
    REQUIRE(replaced);
    REQUIRE(replaced->warnings.size() == 1);
    CHECK_THAT(replaced->warnings.front(), ContainsSubstring("still wrote to the original"));
    CHECK(read_file(library.request.final_path) == kEncodedBytes);
    CHECK(read_file(keep == Keep::orig ? library.orig() : library.own(".old")) ==
          kOriginalBytes + "more");
  }
}

TEST_CASE("replace_original refuses a filesystem with neither EXCHANGE nor links",
          "[replace][fault]") {
  Library library;
  media_fs::set_hook([](std::string_view call) {
    if (call == "link") return EPERM;
    return call.starts_with("rename_") ? EINVAL : 0;
  });
  const auto before = preflight(library.request);
  REQUIRE(before);
  CHECK(before->code == ReasonCode::fs_unsupported);
  const auto replaced = library.replace();
  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().code == ReasonCode::fs_unsupported);
  CHECK(library.is_untouched());
}

// sshfs does that. What it cannot tell again would be left as a stranger's file after every crash.
TEST_CASE("preflight refuses a filesystem that numbers each name of a file anew",
          "[replace][fault]") {
  Library library;
  media_fs::set_hook([&](std::string_view call) {
    if (call != "link") return 0;
    write_file(library.own(".tmp"), "");
    return media_fs::kPretend;
  });
  check_refused(preflight(library.request), ReasonCode::fs_unsupported);
  CHECK(library.is_untouched());
}

TEST_CASE("preflight accepts a filesystem that can exchange but not link", "[replace][fault]") {
  for (const Naming naming : {Naming::in_place, Naming::new_name}) {
    Library library(naming);
    media_fs::set_hook([](std::string_view call) { return call == "link" ? EPERM : 0; });
    CHECK(preflight(library.request) == std::nullopt);
    CHECK(library.is_untouched());
  }
}

TEST_CASE("replace_original believes the disk when a removal that worked reports an error",
          "[replace][fault]") {
  for (const Naming naming : {Naming::in_place, Naming::new_name}) {
    Library library(naming);
    media_fs::set_hook([&](std::string_view call) {
      if (call != "unlink") return 0;
      fs::remove(library.own(".old"));  // as a file server does whose answer is lost
      return EIO;
    });
    const auto replaced = library.replace();
    REQUIRE(replaced);
    CHECK(library.is_replaced());
    CHECK_THAT(text_of(replaced), ContainsSubstring(std::strerror(EIO)));
  }
}

TEST_CASE("replace_original leaves the new file when it is the only copy of the film left",
          "[replace][fault]") {
  Library library(Naming::new_name);
  media_fs::set_hook([&, count = 0](std::string_view call) mutable {
    if (call == "rename_noreplace" && ++count == 3) fs::remove(library.request.source);
    return 0;
  });
  const auto replaced = library.replace();
  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().code == ReasonCode::source_changed);
  CHECK_THAT(replaced.error().text, ContainsSubstring("is gone"));
  CHECK(read_file(library.request.final_path) == kEncodedBytes);
}
