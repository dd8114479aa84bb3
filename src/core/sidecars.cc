// The note beside a file that was turned down. What stands there under the note's name and was not
// written by av1d is the owner's and is never touched. Notes are not synced: ten thousand of them
// in one scan must not cost ten thousand syncs, and one that a power cut loses is written again.
#include "av1d/sidecars.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "av1d/text.h"
#include "reasons.h"
#include "scan_paths.h"
#include "small_file.h"

namespace av1d {

namespace {

constexpr std::string_view kSignature = "av1d: ";
constexpr std::size_t kMaxSidecarBytes = 65536;

enum class SidecarState { absent, ours, foreign };

struct ExistingSidecar {
  SidecarState state = SidecarState::absent;
  std::string text;
};

std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return text;
}

// What stands under the note's name. Links, FIFOs and large files are somebody else's.
Result<ExistingSidecar> look_at_sidecar(const OpenDirectory& directory, const std::string& name) {
  auto text = read_small_file(directory, name, kMaxSidecarBytes);
  if (text) {
    const bool ours = text->starts_with(kSignature);
    return ExistingSidecar{ours ? SidecarState::ours : SidecarState::foreign, std::move(*text)};
  }
  const int error = text.error().errno_value;
  if (error == ENOENT) return ExistingSidecar{};
  // ENXIO is a socket.
  if (error == ELOOP || error == EFBIG || error == ENXIO) {
    return ExistingSidecar{SidecarState::foreign, {}};
  }
  return std::unexpected(text.error());
}

// A crash may have left the temporary of this very note: whole, cut short or empty.
void remove_own_leftover(const OpenDirectory& directory, const std::string& temporary) {
  const auto text = read_small_file(directory, temporary, kMaxSidecarBytes);
  if (!text) return;
  if (text->starts_with(kSignature) || kSignature.starts_with(*text)) {
    ::unlinkat(directory.fd.get(), temporary.c_str(), 0);
  }
}

}  // namespace

fs::path why_path(const fs::path& source) {
  return source.native() + std::string(kSidecarSuffix);
}

std::string why_text(const Reason& reason, const fs::path& source) {
  const std::string_view key = deciding_key(reason.code);
  std::string text = std::string(kSignature) + on_one_line(reason.text) + "\n\n";
  text += "File: " + printable(source.filename().native()) + "\n";
  text += "What to do: " + remedy(reason.code) + "\n";
  if (!key.empty()) {
    text +=
        "The setting is " + std::string(key) + " in av1d's config.toml; reload or restart av1d.\n";
  }
  if (reason.code != ReasonCode::marker) {
    text += "To have the file left alone for good, make an empty file '" +
            printable(source.filename().native()) + std::string(kMarkerSuffix) + "' beside it.\n";
  }
  return text + "av1d removes this note when the reason is gone.\n";
}

Status write_why(const fs::path& source, const Reason& reason) {
  const fs::path path = why_path(source);
  const std::string name = path.filename().native();
  const std::string text = why_text(reason, source);
  const auto directory = open_directory(path.parent_path());
  if (!directory) return std::unexpected(directory.error());
  const auto existing = look_at_sidecar(*directory, name);
  if (!existing) return std::unexpected(existing.error());
  if (existing->state == SidecarState::foreign) {
    return fail("cannot write '" + printable(path.native()) +
                    "': a file of that name exists and is not av1d's",
                EEXIST);
  }
  if (existing->text == text) return {};
  // Named after the note, so that a crash leaves a name that the next attempt knows.
  const std::string temporary = ".av1d-" + fnv1a_hex("sidecar " + path.native()) + ".tmp";
  remove_own_leftover(*directory, temporary);
  const Status written = write_small_file(*directory, temporary, name, text, Sync::no);
  if (written) return written;
  return fail(
      "cannot write the note '" + printable(path.native()) + "': " + written.error().message,
      written.error().errno_value);
}

Status remove_why(const fs::path& source) {
  const fs::path path = why_path(source);
  const std::string name = path.filename().native();
  const auto directory = open_directory(path.parent_path());
  if (!directory && directory.error().errno_value == ENOENT) return {};
  if (!directory) return std::unexpected(directory.error());
  const auto existing = look_at_sidecar(*directory, name);
  if (!existing && existing.error().errno_value == ENAMETOOLONG) return {};
  if (!existing) return std::unexpected(existing.error());
  if (existing->state != SidecarState::ours) return {};
  if (::unlinkat(directory->fd.get(), name.c_str(), 0) != 0 && errno != ENOENT) {
    return fail_errno("remove", path.native(), errno);
  }
  return {};
}

}  // namespace av1d
