// What ffmpeg and ffprobe may touch: the one file they were given, and the one that they write.
// Every file of this library has a film's extension and names another file or an address.
#include "e2e/library.h"
#include "e2e/trace.h"

namespace av1d::test {

using namespace std::string_literals;

namespace {

constexpr std::string_view kSecret = "secret";  // in the name of everything that nobody may open

std::string big_endian(std::uint32_t value) {
  std::string out;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out += static_cast<char>((value >> shift) & 255U);
  return out;
}

std::uint32_t size_at(const std::string& bytes, std::size_t at) {
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    size = (size << 8U) | static_cast<unsigned char>(bytes[at + i]);
  }
  return size;
}

// A mov whose first track keeps its samples in another file: the entry of the data reference box
// becomes a Macintosh alias (the only form that ffmpeg follows), and the boxes around it grow. The
// index stands behind the samples, so that no offset changes.
std::string with_external_samples(std::string mov, const std::string& path) {
  const auto two = [](std::size_t n) {
    return big_endian(static_cast<std::uint32_t>(n)).substr(2);
  };
  // Alias record: header, 150 bytes with volume and file name, then typed fields; 18 is the POSIX
  // path (Inside Macintosh: Files, and ffmpeg's mov_read_dref).
  const std::string name = fs::path(path).filename();
  std::string alias(150, '\0');
  alias[10] = 6;
  alias.replace(11, 6, "volume");
  alias[50] = static_cast<char>(name.size());
  alias.replace(51, name.size(), name);
  alias +=
      std::string("\0\x12", 2) + two(path.size()) + path + (path.size() % 2 == 1 ? "\0"s : ""s);
  alias += std::string("\xff\xff\0\0", 4);
  const std::string entry =
      big_endian(static_cast<std::uint32_t>(12 + alias.size())) + "alis" + big_endian(0) + alias;
  const std::size_t old_entry = mov.find("url \0\0\0\1"s) - 4;
  const std::uint32_t growth = static_cast<std::uint32_t>(entry.size()) - size_at(mov, old_entry);
  mov.replace(old_entry, size_at(mov, old_entry), entry);
  for (const char* box : {"dref", "dinf", "minf", "mdia", "trak", "moov"}) {
    const std::size_t at = mov.rfind(box, old_entry) - 4;
    mov.replace(at, 4, big_endian(size_at(mov, at) + growth));
  }
  return mov;
}

std::string hls(const std::string& lines) {
  return "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n" + lines + "#EXT-X-ENDLIST\n";
}

// Name and content of each trap. `secrets` is a directory beside the library.
std::map<std::string, std::string> traps(const fs::path& secrets) {
  const std::string film = secrets / "secret.ts";
  const std::string mov = read_file(clip("mov", {"-i", plain_clip(), "-c", "copy"}));
  return {
      {"hls-path.mkv", hls("#EXTINF:1,\n" + film + "\n")},
      {"hls-url.mp4", hls("#EXTINF:1,\nfile://" + film + "\n")},
      {"hls-relative.ts", hls("#EXTINF:1,\nsecret.ts\n")},
      {"hls-key.mkv",
       hls("#EXT-X-KEY:METHOD=AES-128,URI=\"file://" + film + "\"\n#EXTINF:1,\n" + film + "\n")},
      {"hls-net.mkv", hls("#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n")},
      {"hls-data.mkv", hls("#EXTINF:1,\ndata:video/mp2t;base64,R0dHRw==\n")},
      {"hls-subfile.mkv", hls("#EXTINF:1,\nsubfile,,start,0,end,0,,:" + film + "\n")},
      {"concat.mkv", "ffconcat version 1.0\nfile 'secret.ts'\n"},
      {"concat-path.avi", "ffconcat version 1.0\nfile '" + film + "'\n"},
      {"concat-net.mp4", "ffconcat version 1.0\nfile 'tcp://127.0.0.1:9/secret'\n"},
      {"dash.mp4",
       "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
       "mediaPresentationDuration=\"PT1S\"><Period><AdaptationSet mimeType=\"video/mp4\">"
       "<Representation id=\"1\" bandwidth=\"1\"><BaseURL>file://" +
           film + "</BaseURL></Representation></AdaptationSet></Period></MPD>\n"},
      {"sdp.mkv",
       "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=secret\nc=IN IP4 127.0.0.1\nt=0 0\n"
       "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"},
      {"rtsp.asf", "[Reference]\r\nRef1=http://127.0.0.1:9/secret.asf\r\n"},
      {"asx.wmv", "<asx version=\"3.0\"><entry><ref href=\"" + film + "\"/></entry></asx>\n"},
      // The subtitles of a disc: an index that names its data by its own name, secret-subs.sub.
      {"secret-subs.vob",
       "# VobSub index file, v7 (do not modify this line!)\nsize: 720x576\n"
       "id: en, index: 0\ntimestamp: 00:00:00:000, filepos: 000000000\n"},
      {"avisynth.avi", "AviSource(\"" + film + "\")\n"},
      {"imf.mxf",
       "<?xml version=\"1.0\"?>\n<CompositionPlaylist xmlns=\"http://www.smpte-ra.org/"
       "schemas/2067-3/2016\"><Id>secret</Id></CompositionPlaylist>\n"},
      {"alias.mov", with_external_samples(mov, film)},
  };
}

// The directories of the machine itself: libraries, their configuration, devices.
bool is_system(const std::string& path) {
  return path.starts_with("/usr/") || path.starts_with("/lib") || path.starts_with("/etc/") ||
         path.starts_with("/proc/") || path.starts_with("/sys/") || path.starts_with("/dev/");
}

// True where the command's own words name the file.
bool was_given(const Opened& opened) {
  return opened.command.find("\"file:" + opened.path + "\"") != std::string::npos;
}

bool is_tool(const Opened& opened) {
  return opened.command.find("\"-hide_banner\"") != std::string::npos ||
         opened.command.find("ffprobe") != std::string::npos ||
         opened.command.find("/ffmpeg") != std::string::npos;
}

}  // namespace

TEST_CASE("whatever a file says, ffmpeg opens that file and its output and nothing else", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  if (!strace_works()) AV1D_SKIP("no strace, or no permission to trace");
  const Library library;
  fs::copy_file(clip("ts", {"-i", plain_clip(), "-c", "copy"}), library / "secret.ts.data");
  const fs::path secrets = library.home() / "secrets";
  fs::create_directories(secrets);
  fs::copy_file(library / "secret.ts.data", secrets / "secret.ts");
  write_file(library / "secret-subs.sub", "x");
  const auto files = traps(secrets);
  for (const auto& [name, text] : files) write_file(library / name, text);
  // Films that are encoded, under names that are protocols to ffmpeg.
  const Words films = {"plain.mkv",
                       "concat:a.mkv|secret.mkv",
                       "data:video,x.mkv",
                       "pipe:0.mkv",
                       "subfile,,start,0,end,9,,:secret.mkv",
                       "secret%03d.mkv"};
  for (const auto& name : films) library.add(name, short_clip());

  const Trace trace = traced(library.command({"--once"}), library.surroundings());
  INFO(trace.finished.err);
  CHECK(trace.finished.status == 0);
  CHECK(trace.connections == Words{});
  std::size_t reads = 0;
  std::size_t writes = 0;
  for (const auto& opened : trace.opened) {
    if (!is_tool(opened) || is_system(opened.path)) continue;
    INFO(opened.path << " by " << opened.command.substr(0, 3000));
    CHECK(was_given(opened));
    const fs::path home = fs::path(opened.path).parent_path();
    const bool is_output = home == library.config.temp_output_dir;
    CHECK((is_output || (opened.access == Access::read && home == library.root())));
    ++(opened.access == Access::read ? reads : writes);
  }
  CHECK(reads >= files.size());
  CHECK(writes >= films.size());
  for (const auto& name : films) CHECK(library.verdict(library / name) == "success");
  for (const auto& [name, text] : files) {
    if (name == "alias.mov") continue;  // ffmpeg reads the samples that lie in the file itself
    INFO(name);
    CHECK(library.verdict(library / name).starts_with("skipped"));
    CHECK(read_file(library / name) == text);
  }
}

// The traps are real: an ffprobe without our options walks into them. (FFmpeg 9 itself asks a
// playlist for its extension; 8.0 does not.)
TEST_CASE("without the whitelists ffprobe opens what a playlist names", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  if (!strace_works()) AV1D_SKIP("no strace, or no permission to trace");
  const TempDir home;
  fs::create_directories(home / "secrets");
  for (const char* name : {"secrets/secret.ts", "secret.ts"}) {
    fs::copy_file(clip("ts", {"-i", plain_clip(), "-c", "copy"}), home / name);
  }
  const auto files = traps(home / "secrets");
  for (const char* name : {"concat.mkv", "secret-subs.vob"}) {
    const fs::path trap = write_file(home / name, files.at(name));
    const Trace trace = traced({tools().ffprobe, "-v", "error", url(trap)});
    INFO(name << ": " << trace.finished.err);
    CHECK(std::any_of(trace.opened.begin(), trace.opened.end(), [&](const Opened& opened) {
      return opened.path.find(kSecret) != std::string::npos && !was_given(opened);
    }));
  }
}

}  // namespace av1d::test
