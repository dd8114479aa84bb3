// The helpers that stand between hostile file names and a person's terminal, and the id of a job.
#include "av1d/text.h"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "av1d/result.h"
#include "support/catch.h"

namespace av1d {

namespace {

// What bash makes of a command line's words, each ended by a NUL.
std::string words_by_bash(const std::string& words) {
  const std::string script = "printf '%s\\0' " + words;
  const std::string command = "bash -c " + shell_quote(script);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"),
                                                             ::pclose);
  std::string out;
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) {
    out += static_cast<char>(c);
  }
  return out;
}

}  // namespace

TEST_CASE("format_bytes shows binary units with one decimal", "[text]") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(1023) == "1023 B");
  CHECK(format_bytes(1024) == "1.0 KiB");
  CHECK(format_bytes(1536) == "1.5 KiB");
  CHECK(format_bytes(1048575) == "1.0 MiB");  // never "1024.0 KiB"
  CHECK(format_bytes(2147483648) == "2.0 GiB");
  CHECK(format_bytes(~0ULL) == "16.0 EiB");
}

TEST_CASE("printable lets text of all languages pass", "[text]") {
  const auto text = GENERATE(as<std::string>{}, "", "Amélie (2001).mkv", "千と千尋の神隠し",
                             "🎬 film", "it's \"quoted\" $(x) %s");
  CHECK(printable(text) == text);
}

TEST_CASE("printable escapes what could fool a terminal or is not UTF-8", "[text]") {
  CHECK(printable("a\nb") == "a\\x0ab");
  CHECK(printable("\x1b[2J") == "\\x1b[2J");
  CHECK(printable("a\\b") == "a\\\\b");
  CHECK(printable("\x7f") == "\\x7f");
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("\xc3") == "\\xc3");                             // cut off
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                    // overlong
  CHECK(printable("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");           // overlong
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  CHECK(printable("\xc2\x9b"
                  "2J") == "\\xc2\\x9b2J");  // C1: CSI in one character
  CHECK(printable("\xe2\x80\xae"
                  "vkm") == "\\xe2\\x80\\xaevkm");  // right-to-left override
  CHECK(printable(std::string("a\0b", 3)) == "a\\x00b");
}

TEST_CASE("printable never lets a control byte through and keeps names apart", "[text]") {
  CHECK_PROPERTY([](const std::string& a, const std::string& b) {
    for (const char c : printable(a))
      RC_ASSERT((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    RC_ASSERT((printable(a) == printable(b)) == (a == b));
  });
}

TEST_CASE("shell_quote leaves plain words alone and quotes the rest", "[text]") {
  CHECK(shell_quote("/usr/bin/ffmpeg") == "/usr/bin/ffmpeg");
  CHECK(shell_quote("-c:0") == "-c:0");
  CHECK(shell_quote("") == "''");
  CHECK(shell_quote("a b") == "'a b'");
  CHECK(shell_quote("it's") == "'it'\\''s'");
  CHECK(shell_quote("$(reboot)") == "'$(reboot)'");
  CHECK(shell_quote("~/x") == "'~/x'");
  CHECK(shell_quote("C:\\x") == "'C:\\x'");
  CHECK(shell_quote("Amélie") == "'Amélie'");
  CHECK(shell_quote("a\nb") == "$'a\\012b'");
  CHECK(shell_quote("a\xff"
                    "1") == "$'a\\3771'");
  CHECK(shell_command({"ffmpeg", "-i", "file:/a b.mkv"}) == "ffmpeg -i 'file:/a b.mkv'");
}

// A backslash in a name once kept the check for hostile bytes from being made.
TEST_CASE("shell_quote escapes hostile bytes beside a backslash", "[text]") {
  CHECK(shell_quote("a\\\xc2\x9b") == "$'a\\\\\\302\\233'");
  CHECK(shell_quote("a\\\xff") == "$'a\\\\\\377'");
}

TEST_CASE("shell_quote gives bash back every word as it was", "[text]") {
  const auto words =
      GENERATE(as<std::vector<std::string>>{},
               std::vector<std::string>{"", "a b", "it's", "$(x)", "`x`", "a\\b", "!x"},
               std::vector<std::string>{"\x01\x02'\\\"!",
                                        "\xff\xfe"
                                        "12",
                                        "\xc2\x9b\\'", "\n"},
               std::vector<std::string>{"é*?[a]{b,c}", "#x", "~", "a;b|c&d<e>f", "-n", "=x"});
  if (words_by_bash("x") != std::string("x\0", 2)) AV1D_SKIP("bash is not installed");
  std::string expected;
  for (const auto& word : words) expected += word + '\0';
  CHECK(words_by_bash(shell_command(words)) == expected);
}

TEST_CASE("to_lower and equals_ignore_case know ASCII alone", "[text]") {
  CHECK(to_lower("WEB-DL É") == "web-dl É");
  CHECK(equals_ignore_case("MKV", "mkv"));
  CHECK_FALSE(equals_ignore_case("mkv", "mkvx"));
  CHECK_FALSE(equals_ignore_case("É", "é"));
}

TEST_CASE("file_extension is what a library means by it", "[text]") {
  CHECK(file_extension("a.mkv") == "mkv");
  CHECK(file_extension(".mkv") == "mkv");
  CHECK(file_extension("a.b.MKV") == "MKV");
  CHECK(file_extension("a.") == "");
  CHECK(file_extension("a") == "");
  CHECK(file_extension("") == "");
  CHECK(file_extension("/films.d/a") == "");
}

TEST_CASE("replace_extension replaces or adds", "[text]") {
  CHECK(replace_extension("a.mov", "mp4") == "a.mp4");
  CHECK(replace_extension("a.b.avi", "mkv") == "a.b.mkv");
  CHECK(replace_extension("a", "mkv") == "a.mkv");
  CHECK(replace_extension("a.", "mkv") == "a.mkv");
  CHECK(replace_extension(".avi", "mkv") == ".mkv");
  CHECK(replace_extension("/films.d/a", "mkv") == "/films.d/a.mkv");
}

TEST_CASE("format_time is RFC 3339 in UTC, before and after 1970", "[text]") {
  using std::chrono::milliseconds;
  const std::chrono::system_clock::time_point epoch{};
  CHECK(format_time(epoch) == "1970-01-01T00:00:00Z");
  CHECK(format_time(epoch + milliseconds(1'795'345'933'999)) == "2026-11-22T11:12:13Z");
  CHECK(format_time(epoch - milliseconds(1)) == "1969-12-31T23:59:59Z");
  CHECK(format_time(std::chrono::system_clock::time_point::min()) == "1677-09-21T00:12:43Z");
  CHECK(format_time(std::chrono::system_clock::time_point::max()) == "2262-04-11T23:47:16Z");
}

TEST_CASE("fnv1a_hex agrees with the published vectors", "[text]") {
  CHECK(fnv1a_hex("") == "6c62272e07bb014262b821756295c58d");
  CHECK(fnv1a_hex("a") == "d228cb696f1a8caf78912b704e4a8964");
  CHECK(fnv1a_hex("foobar") == "343e1662793c64bf6f0d3597ba446f18");
}

TEST_CASE("fail_errno says verb, object and reason", "[text]") {
  const Status status = fail_errno("rename", "/a\n.mkv", ENOSPC);
  REQUIRE_FALSE(status);
  CHECK(status.error().message == "cannot rename '/a\\x0a.mkv': No space left on device");
  CHECK(status.error().errno_value == ENOSPC);
}

}  // namespace av1d
