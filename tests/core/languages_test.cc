#include "av1d/languages.h"

#include "support/catch.h"

namespace av1d {

TEST_CASE("language_key knows the two, three letter and bibliographic codes of a language",
          "[languages]") {
  for (const char* german : {"de", "deu", "ger", "GER", "de-AT"}) {
    CHECK(language_key(german) == "deu");
  }
  CHECK(language_key("fre") == language_key("fr"));
  CHECK(language_key("chi") == language_key("zh-Hans"));
  CHECK(language_key("cze") == language_key("ces"));
  CHECK(language_key("ger") != language_key("gre"));
  CHECK(language_key("grc") != language_key("gre"));  // ancient Greek has a code of its own
}

TEST_CASE("language_key takes a code that it does not know at its word", "[languages]") {
  CHECK(language_key("qaa") == "qaa");
  CHECK(language_key("XYZ") == "xyz");
  CHECK(language_key("") == "");
}

}  // namespace av1d
