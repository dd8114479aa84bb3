#include "av1d/languages.h"

#include "support/catch.h"
#include "support/media.h"

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

TEST_CASE("is_language_tag knows the form of a tag of BCP 47", "[languages]") {
  for (const char* tag : {"en", "deu", "pt-BR", "zh-Hans-CN", "es-419", "x-klingon", "i-default",
                          "de-DE-1996", "EN-us"}) {
    CHECK(is_language_tag(tag));
  }
  for (const char* text : {"", "e", "x", "English", "Language", "en_US", "en-", "-en", "en--US",
                           "en-waytoolong", "d\xc3\xa9-FR", "en US", "e1-US"}) {
    CHECK_FALSE(is_language_tag(text));
  }
}

namespace {

// Audio with those languages, in a film with `elng` boxes.
MediaInfo named(const std::vector<std::string>& languages, const std::vector<std::string>& boxes) {
  MediaInfo media = test::media_of(Container::mp4, {test::h264_video()});
  media.mp4 = {{{}}, {}};
  for (std::size_t i = 0; i < languages.size(); ++i) {
    media.streams.push_back(test::audio("aac", languages[i]));
    media.mp4->tracks.push_back({boxes[i]});
  }
  name_languages(media);
  return media;
}

struct Named {
  std::string language, tag;
  bool operator==(const Named&) const = default;
};

Named in_mp4(const std::string& language, const std::string& elng) {
  const MediaInfo media = named({language}, {elng});
  return {media.streams[1].language(), media.streams[1].language_tag};
}

Named in_ogg(const std::string& language) {
  MediaInfo media = test::media_of(Container::ogg, {test::audio("vorbis", language)});
  name_languages(media);
  return {media.streams[0].language(), media.streams[0].language_tag};
}

}  // namespace

TEST_CASE("a language that only elng names is said in three letters, with its tag beside them",
          "[languages]") {
  CHECK(in_mp4("", "und") == Named{"", ""});
  CHECK(in_mp4("", "en") == Named{"eng", ""});
  CHECK(in_mp4("", "en-GB") == Named{"eng", "en-GB"});
  CHECK(in_mp4("eng", "en") == Named{"eng", ""});
  CHECK(in_mp4("por", "pt-BR") == Named{"por", "pt-BR"});
  CHECK(in_mp4("fra", "de") == Named{"fra", "de"});
  CHECK(in_mp4("", "x-klingon") == Named{"", "x-klingon"});
  CHECK(in_mp4("eng", "en_US") == Named{"eng", ""});  // a gate's matter
}

TEST_CASE("a film that says its language as a tag has it in three letters too", "[languages]") {
  CHECK(in_ogg("en-US") == Named{"eng", "en-US"});
  CHECK(in_ogg("fr") == Named{"fra", ""});
  CHECK(in_ogg("ger") == Named{"ger", ""});
  CHECK(in_ogg("qaa-x-test") == Named{"qaa", "qaa-x-test"});
  CHECK(in_ogg("Language") == Named{"Language", ""});
  CHECK(in_ogg("") == Named{"", ""});
}

TEST_CASE("Matroska's languages are left as they are", "[languages]") {
  MediaInfo media = test::media_of(Container::matroska, {test::audio("aac", "en-US")});
  media.matroska.emplace();
  name_languages(media);
  CHECK(media.streams[0].language() == "en-US");
  CHECK(media.streams[0].language_tag.empty());
}

}  // namespace av1d
