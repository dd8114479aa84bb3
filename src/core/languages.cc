// Codes of one language; see languages.h.
#include "av1d/languages.h"

#include <algorithm>
#include <array>

#include "av1d/text.h"

namespace av1d {

namespace {

struct Language {
  std::string_view part1, terminology, bibliographic;  // ISO 639-1, 639-2/T, 639-2/B
};

// ISO 639-2, the languages that have a code of two letters (Library of Congress; Debian iso-codes).
constexpr auto kLanguages = std::to_array<Language>({
    {"aa", "aar", "aar"}, {"ab", "abk", "abk"}, {"ae", "ave", "ave"}, {"af", "afr", "afr"},
    {"ak", "aka", "aka"}, {"am", "amh", "amh"}, {"an", "arg", "arg"}, {"ar", "ara", "ara"},
    {"as", "asm", "asm"}, {"av", "ava", "ava"}, {"ay", "aym", "aym"}, {"az", "aze", "aze"},
    {"ba", "bak", "bak"}, {"be", "bel", "bel"}, {"bg", "bul", "bul"}, {"bh", "bih", "bih"},
    {"bi", "bis", "bis"}, {"bm", "bam", "bam"}, {"bn", "ben", "ben"}, {"bo", "bod", "tib"},
    {"br", "bre", "bre"}, {"bs", "bos", "bos"}, {"ca", "cat", "cat"}, {"ce", "che", "che"},
    {"ch", "cha", "cha"}, {"co", "cos", "cos"}, {"cr", "cre", "cre"}, {"cs", "ces", "cze"},
    {"cu", "chu", "chu"}, {"cv", "chv", "chv"}, {"cy", "cym", "wel"}, {"da", "dan", "dan"},
    {"de", "deu", "ger"}, {"dv", "div", "div"}, {"dz", "dzo", "dzo"}, {"ee", "ewe", "ewe"},
    {"el", "ell", "gre"}, {"en", "eng", "eng"}, {"eo", "epo", "epo"}, {"es", "spa", "spa"},
    {"et", "est", "est"}, {"eu", "eus", "baq"}, {"fa", "fas", "per"}, {"ff", "ful", "ful"},
    {"fi", "fin", "fin"}, {"fj", "fij", "fij"}, {"fo", "fao", "fao"}, {"fr", "fra", "fre"},
    {"fy", "fry", "fry"}, {"ga", "gle", "gle"}, {"gd", "gla", "gla"}, {"gl", "glg", "glg"},
    {"gn", "grn", "grn"}, {"gu", "guj", "guj"}, {"gv", "glv", "glv"}, {"ha", "hau", "hau"},
    {"he", "heb", "heb"}, {"hi", "hin", "hin"}, {"ho", "hmo", "hmo"}, {"hr", "hrv", "hrv"},
    {"ht", "hat", "hat"}, {"hu", "hun", "hun"}, {"hy", "hye", "arm"}, {"hz", "her", "her"},
    {"ia", "ina", "ina"}, {"id", "ind", "ind"}, {"ie", "ile", "ile"}, {"ig", "ibo", "ibo"},
    {"ii", "iii", "iii"}, {"ik", "ipk", "ipk"}, {"io", "ido", "ido"}, {"is", "isl", "ice"},
    {"it", "ita", "ita"}, {"iu", "iku", "iku"}, {"ja", "jpn", "jpn"}, {"jv", "jav", "jav"},
    {"ka", "kat", "geo"}, {"kg", "kon", "kon"}, {"ki", "kik", "kik"}, {"kj", "kua", "kua"},
    {"kk", "kaz", "kaz"}, {"kl", "kal", "kal"}, {"km", "khm", "khm"}, {"kn", "kan", "kan"},
    {"ko", "kor", "kor"}, {"kr", "kau", "kau"}, {"ks", "kas", "kas"}, {"ku", "kur", "kur"},
    {"kv", "kom", "kom"}, {"kw", "cor", "cor"}, {"ky", "kir", "kir"}, {"la", "lat", "lat"},
    {"lb", "ltz", "ltz"}, {"lg", "lug", "lug"}, {"li", "lim", "lim"}, {"ln", "lin", "lin"},
    {"lo", "lao", "lao"}, {"lt", "lit", "lit"}, {"lu", "lub", "lub"}, {"lv", "lav", "lav"},
    {"mg", "mlg", "mlg"}, {"mh", "mah", "mah"}, {"mi", "mri", "mao"}, {"mk", "mkd", "mac"},
    {"ml", "mal", "mal"}, {"mn", "mon", "mon"}, {"mr", "mar", "mar"}, {"ms", "msa", "may"},
    {"mt", "mlt", "mlt"}, {"my", "mya", "bur"}, {"na", "nau", "nau"}, {"nb", "nob", "nob"},
    {"nd", "nde", "nde"}, {"ne", "nep", "nep"}, {"ng", "ndo", "ndo"}, {"nl", "nld", "dut"},
    {"nn", "nno", "nno"}, {"no", "nor", "nor"}, {"nr", "nbl", "nbl"}, {"nv", "nav", "nav"},
    {"ny", "nya", "nya"}, {"oc", "oci", "oci"}, {"oj", "oji", "oji"}, {"om", "orm", "orm"},
    {"or", "ori", "ori"}, {"os", "oss", "oss"}, {"pa", "pan", "pan"}, {"pi", "pli", "pli"},
    {"pl", "pol", "pol"}, {"ps", "pus", "pus"}, {"pt", "por", "por"}, {"qu", "que", "que"},
    {"rm", "roh", "roh"}, {"rn", "run", "run"}, {"ro", "ron", "rum"}, {"ru", "rus", "rus"},
    {"rw", "kin", "kin"}, {"sa", "san", "san"}, {"sc", "srd", "srd"}, {"sd", "snd", "snd"},
    {"se", "sme", "sme"}, {"sg", "sag", "sag"}, {"si", "sin", "sin"}, {"sk", "slk", "slo"},
    {"sl", "slv", "slv"}, {"sm", "smo", "smo"}, {"sn", "sna", "sna"}, {"so", "som", "som"},
    {"sq", "sqi", "alb"}, {"sr", "srp", "srp"}, {"ss", "ssw", "ssw"}, {"st", "sot", "sot"},
    {"su", "sun", "sun"}, {"sv", "swe", "swe"}, {"sw", "swa", "swa"}, {"ta", "tam", "tam"},
    {"te", "tel", "tel"}, {"tg", "tgk", "tgk"}, {"th", "tha", "tha"}, {"ti", "tir", "tir"},
    {"tk", "tuk", "tuk"}, {"tl", "tgl", "tgl"}, {"tn", "tsn", "tsn"}, {"to", "ton", "ton"},
    {"tr", "tur", "tur"}, {"ts", "tso", "tso"}, {"tt", "tat", "tat"}, {"tw", "twi", "twi"},
    {"ty", "tah", "tah"}, {"ug", "uig", "uig"}, {"uk", "ukr", "ukr"}, {"ur", "urd", "urd"},
    {"uz", "uzb", "uzb"}, {"ve", "ven", "ven"}, {"vi", "vie", "vie"}, {"vo", "vol", "vol"},
    {"wa", "wln", "wln"}, {"wo", "wol", "wol"}, {"xh", "xho", "xho"}, {"yi", "yid", "yid"},
    {"yo", "yor", "yor"}, {"za", "zha", "zha"}, {"zh", "zho", "chi"}, {"zu", "zul", "zul"},
});

void set_language(Stream& stream, const std::string& code) {
  const auto known = std::ranges::find_if(
      stream.tags, [](const auto& tag) { return equals_ignore_case(tag.first, "language"); });
  if (known == stream.tags.end()) {
    stream.tags["language"] = code;
  } else {
    known->second = code;
  }
}

}  // namespace

std::string language_key(std::string_view code) {
  std::string primary = to_lower(code.substr(0, code.find('-')));
  const auto found = std::find_if(kLanguages.begin(), kLanguages.end(), [&](const Language& l) {
    return l.part1 == primary || l.terminology == primary || l.bibliographic == primary;
  });
  return found == kLanguages.end() ? primary : std::string(found->terminology);
}

bool is_language_tag(std::string_view text) {
  constexpr std::size_t kMostOfAPart = 8;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_figure = [](char c) { return c >= '0' && c <= '9'; };
  const auto primary = text.substr(0, text.find('-'));
  const bool stands_alone = primary.size() == 2 || primary.size() == 3;
  const bool needs_more = equals_ignore_case(primary, "x") || equals_ignore_case(primary, "i");
  if (!std::ranges::all_of(primary, is_letter)) return false;
  if (!stands_alone && !(needs_more && primary.size() < text.size())) return false;
  while (text.size() > primary.size()) {
    const auto part = text.substr(text.rfind('-') + 1);
    const bool good =
        !part.empty() && part.size() <= kMostOfAPart &&
        std::ranges::all_of(part, [&](char c) { return is_letter(c) || is_figure(c); });
    if (!good) return false;
    text.remove_suffix(part.size() + 1);
  }
  return true;
}

void name_languages(MediaInfo& media) {
  if (media.matroska) return;
  for (std::size_t i = 0; i < media.streams.size(); ++i) {
    Stream& stream = media.streams[i];
    const std::string said = stream.language();
    const bool has_box = media.mp4 && i < media.mp4->tracks.size();
    const std::string tag = has_box ? media.mp4->tracks[i].language : said;
    if (tag == "und" || !is_language_tag(tag)) continue;
    const std::string code = language_key(tag);
    const bool is_code = tag.size() == 3;
    if (code.size() == 3 && (said.empty() || (said == tag && !is_code))) set_language(stream, code);
    const bool says_more = tag.find('-') != std::string::npos;
    if (says_more || code != language_key(stream.language())) stream.language_tag = tag;
  }
}

}  // namespace av1d
