// Text in columns: whatever a file is called, the screen stays aligned and harmless.
#include "monitor/display_text.h"

#include "support/catch.h"

using namespace av1d;

namespace {

std::string any_bytes() {
  return *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
}

}  // namespace

TEST_CASE("the width of text is that of a terminal, whatever the locale", "[display_text]") {
  CHECK(display_width("") == 0);
  CHECK(display_width("film.mkv") == 8);
  CHECK(display_width("Amélie") == 6);
  CHECK(display_width("Ame\u0301lie") == 6);
  CHECK(display_width("東京の夜") == 8);
  CHECK(display_width("🎬.mkv") == 6);
}

TEST_CASE("displayable text cannot reach the terminal's controls", "[display_text]") {
  CHECK(displayable("a\x1b[2Jb\nc\xff", Charset::utf8) == "a\\x1b[2Jb\\x0ac\\xff");
  CHECK(displayable("a\u009b2J", Charset::utf8) == "a\\xc2\\x9b2J");               // C1 control
  CHECK(displayable("mkv.\u202egnp", Charset::utf8) == "mkv.\\xe2\\x80\\xaegnp");  // override
  CHECK(displayable("a\u200bb\ufe0fc\u2028d", Charset::utf8) == "abcd");
  CHECK(displayable("\u0301a", Charset::utf8) == "a");  // a mark needs a letter of its own
  CHECK(displayable("é東🎬a", Charset::ascii) == "???a");
  CHECK_PROPERTY([] {
    const auto charset = *rc::gen::element(Charset::utf8, Charset::plain, Charset::ascii);
    const std::string shown = displayable(any_bytes(), charset);
    for (const char c : shown) RC_ASSERT((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    if (charset != Charset::ascii) return;
    for (const char c : shown) RC_ASSERT(static_cast<unsigned char>(c) < 0x80);
  });
}

TEST_CASE("long names are cut in the middle by their width", "[display_text]") {
  CHECK(cut_middle("film.mkv", 8, Charset::utf8) == "film.mkv");
  CHECK(cut_middle("The Long Winter.mkv", 11, Charset::utf8) == "The L…r.mkv");
  CHECK(cut_middle("The Long Winter.mkv", 11, Charset::ascii) == "The L~r.mkv");
  CHECK(cut_end("abcdef", 4, Charset::utf8) == "abc…");
  CHECK(cut_start("abcdef", 4, Charset::utf8) == "…def");
  CHECK_PROPERTY([] {
    const std::string text = displayable(any_bytes(), Charset::utf8);
    const int columns = *rc::gen::inRange(0, 40);
    for (const auto& cut :
         {cut_middle(text, columns, Charset::utf8), cut_end(text, columns, Charset::utf8),
          cut_start(text, columns, Charset::utf8)}) {
      RC_ASSERT(display_width(cut) <= columns);
      RC_ASSERT(display_width(padded(cut, columns)) == columns);
    }
  });
}

TEST_CASE("wrapped text loses nothing but the spaces at its breaks", "[display_text]") {
  CHECK(wrapped("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("", 7) == std::vector<std::string>{""});
  CHECK(wrapped("abcdefghij", 4) == std::vector<std::string>{"abcd", "efgh", "ij"});
  CHECK(wrapped("東京", 1).size() == 2);
  CHECK(wrapped("ab", -1) == std::vector<std::string>{"a", "b"});
  CHECK_PROPERTY([] {
    const std::string text = *rc::gen::container<std::string>(rc::gen::element('a', 'b', ' '));
    std::string joined, wanted;
    for (const auto& line : wrapped(text, *rc::gen::inRange(1, 20))) joined += line;
    for (const char c : joined) RC_ASSERT(c != '\n');
    std::erase(joined, ' ');
    wanted = text;
    std::erase(wanted, ' ');
    RC_ASSERT(joined == wanted);
  });
}

TEST_CASE("a bar is as wide as it is told, full only at the end", "[display_text]") {
  CHECK(bar(0.5, 10, Charset::ascii).full == "#####");
  CHECK(bar(0.5, 10, Charset::ascii).empty == "-----");
  CHECK(bar(0.25, 10, Charset::utf8).full == "━━╸");
  CHECK(bar(0.999, 10, Charset::ascii).empty == "-");
  CHECK(bar(1.0, 10, Charset::utf8).empty.empty());
  CHECK_PROPERTY([](double fraction) {
    for (const auto charset : {Charset::utf8, Charset::plain, Charset::ascii}) {
      const Bar parts = bar(fraction, 12, charset);
      RC_ASSERT(display_width(parts.full) + display_width(parts.empty) == 12);
    }
  });
  CHECK(sparks({0, 0.5, 1}, Charset::utf8) == "▁▅█");
  CHECK(sparks({0, 1}, Charset::ascii) == "_#");
}

TEST_CASE("sizes and spans fit their columns", "[display_text]") {
  CHECK(short_bytes(0) == "0");
  CHECK(short_bytes(1536) == "1.5K");
  CHECK(short_bytes(4'000'000'000) == "3.7G");
  CHECK(short_bytes(120'000'000'000) == "112G");
  CHECK(short_span(-5) == "0s");
  CHECK(short_span(45) == "45s");
  CHECK(short_span(725) == "12m05s");
  CHECK(short_span(12'000) == "3h20m");
  CHECK(short_span(352'800) == "4d02h");
  CHECK(short_span(1e300) == "99999d");
  CHECK(short_span(NAN).empty());
  CHECK_PROPERTY([](std::uint64_t bytes, double seconds) {
    RC_ASSERT(short_bytes(bytes).size() <= 5U);
    RC_ASSERT(short_span(seconds).size() <= 6U);
  });
}
