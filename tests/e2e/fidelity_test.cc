// What ffmpeg would lose and av1d keeps, each with the real programs.
#include "e2e/library.h"
#include "support/mp4_builder.h"

namespace av1d::test {

namespace {

fs::path encoded(const Library& library, const fs::path& film) {
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  INFO(library.why(film));
  REQUIRE(library.verdict(film) == "success");
  CHECK(library.leftovers() == Words{});
  const fs::path result = library.job(film).result->path;
  CHECK(is_av1(result));
  CHECK(decode_errors(result) == "");
  return result;
}

bool has_mkvtoolnix() {
  return can_run({"mkvmerge", "--version"}) && can_run({"mkvextract", "--version"});
}

constexpr std::string_view kEditions = R"(<?xml version="1.0"?>
<Chapters><EditionEntry><EditionFlagOrdered>1</EditionFlagOrdered><EditionUID>111</EditionUID>
<ChapterAtom><ChapterUID>1</ChapterUID><ChapterTimeStart>00:00:00.000</ChapterTimeStart>
<ChapterTimeEnd>00:00:00.500</ChapterTimeEnd>
<ChapterDisplay><ChapterString>One</ChapterString><ChapLanguageIETF>en</ChapLanguageIETF></ChapterDisplay>
<ChapterDisplay><ChapterString>Um</ChapterString><ChapLanguageIETF>pt-BR</ChapLanguageIETF></ChapterDisplay>
<ChapterAtom><ChapterUID>5</ChapterUID><ChapterTimeStart>00:00:00.200</ChapterTimeStart>
<ChapterTimeEnd>00:00:00.300</ChapterTimeEnd><ChapterFlagHidden>1</ChapterFlagHidden></ChapterAtom>
</ChapterAtom></EditionEntry><EditionEntry><EditionUID>222</EditionUID><ChapterAtom>
<ChapterUID>3</ChapterUID><ChapterTimeStart>00:00:00.000</ChapterTimeStart></ChapterAtom>
</EditionEntry></Chapters>)";

constexpr std::string_view kTags = R"(<?xml version="1.0"?>
<Tags><Tag><Targets><TargetTypeValue>70</TargetTypeValue></Targets>
<Simple><Name>COLLECTION</Name><String>Box</String><Simple><Name>DISC</Name><String>2</String></Simple></Simple>
</Tag><Tag><Targets><TargetTypeValue>50</TargetTypeValue></Targets>
<Simple><Name>ACTOR</Name><String>First</String></Simple>
<Simple><Name>ACTOR</Name><String>Second</String></Simple></Tag></Tags>
)";

std::string chapters_xml(const fs::path& path) {
  return run({"mkvextract", path, "chapters", "-"}).out;
}

// Values of one key of mkvmerge's description, in order: words that ffmpeg does not know.
Words identified(const fs::path& path, const std::string& key) {
  Words values;
  for (const auto& line : lines_of(run({"mkvmerge", "-J", path}).out)) {
    const auto at = line.find('"' + key + "\":");
    if (at != std::string::npos) values.push_back(line.substr(at));
  }
  return values;
}

// The film with more at the end of a box that is named by its place; moov follows the media.
std::string with_more(std::string film, std::initializer_list<const char*> place,
                      const std::string& more) {
  std::size_t end = 0;
  for (const char* type : place) {
    const std::size_t at = film.find(type, film.find("moov")) - 4;
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      size = (size << 8U) | static_cast<unsigned char>(film[at + i]);
    }
    end = at + size;
    film.replace(at, 4, big_endian(size + more.size(), 4));
  }
  return film.insert(end, more);
}

// A key as iTunes writes its own, at the end of the list.
std::string with_itunes_key(std::string film) {
  const std::string zeros(4, '\0');
  const std::string key =
      box("----", box("mean", zeros + "com.apple.iTunes") + box("name", zeros + "iTunEXTC") +
                      box("data", big_endian(1, 4) + zeros + "mpaa PG 200"));
  return with_more(std::move(film), {"moov", "udta", "meta", "ilst"}, key);
}

}  // namespace

TEST_CASE("a Matroska film keeps its languages, editions, nested tags and UUID", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  if (!has_mkvtoolnix()) AV1D_SKIP("mkvtoolnix is not installed");
  const Library library;
  const fs::path film = library / "film.mkv";
  const std::string words = material("srt", "1\n00:00:00,100 --> 00:00:00,600\nWords\n");
  REQUIRE(run({"mkvmerge", "-q", "-o", film, "--chapters", material("xml", kEditions),
               "--global-tags", material("xml", kTags), "--language", "1:pt-BR", plain_clip(),
               "--language", "0:zh-Hans", words})
              .ok());
  const std::string chapters = chapters_xml(film);
  const Words languages = identified(film, "language_ietf");
  const Words uuid = identified(film, "segment_uid");
  const Words uids = identified(film, "uid");
  REQUIRE(languages.size() == 3);
  REQUIRE(encoded(library, film) == film);

  CHECK(chapters_xml(film) == chapters);
  CHECK(identified(film, "language_ietf") == languages);
  CHECK(identified(film, "segment_uid") == uuid);
  CHECK(identified(film, "uid") == uids);
  const std::string tags = run({"mkvextract", film, "tags", "-"}).out;
  for (const char* value : {"<String>First", "<String>Second", "<Name>COLLECTION", "<Name>DISC",
                            "<TargetTypeValue>70"}) {
    INFO(value);
    CHECK_THAT(tags, ContainsSubstring(value));
  }
  CHECK_THAT(tags, !ContainsSubstring("AV1D"));
  CHECK(run({"mkvmerge", "-q", "-o", library.home() / "again.mkv", film}).ok());
}

// `elng` in the media of the first track, Brazil's Portuguese.
std::string with_country(const fs::path& film) {
  const std::string elng = box("elng", std::string(4, '\0') + "pt-BR" + std::string(1, '\0'));
  return with_more(read_file(film), {"moov", "trak", "mdia"}, elng);
}

TEST_CASE("a language of a country is kept in mp4, and on the way to Matroska", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Words portuguese = {"-metadata:s:v", "language=por"};
  const Library library;
  const fs::path mp4 = library.add(
      "film.mp4", clip("mp4", Words{"-i", plain_clip("mp4"), "-c", "copy"} + portuguese));
  write_file(mp4, with_country(mp4));
  const fs::path mov = library.add("film.mov", clip("mov", Words{"-i", plain_clip("mp4"), "-c:v",
                                                                 "copy", "-c:a", "adpcm_ima_qt"} +
                                                               portuguese));
  write_file(mov, with_country(mov));
  const fs::path ogv =
      library.add("other.ogv", clip("ogv", picture() + Words{"-c:v", "libtheora", "-qscale:v", "9",
                                                             "-metadata:s:v", "language=pt-BR"}));
  const Finished pass = library.once();
  INFO(pass.err);
  CHECK(pass.status == 0);
  CHECK_THAT(read_file(library.job(mp4).result->path), ContainsSubstring("pt-BR"));
  for (const fs::path& film : {mp4, mov, ogv}) {
    INFO(film << ": " << library.why(film));
    REQUIRE(library.verdict(film) == "success");
    const fs::path result = library.job(film).result->path;
    CHECK(ask(result, "stream_tags=language", {"-select_streams", "v"}) ==
          Words{"tag:language=por"});
    CHECK(decode_errors(result) == "");
    if (film == mp4) continue;
    CHECK(result.extension() == ".mkv");
    if (!has_mkvtoolnix()) continue;
    CHECK_THAT(identified(result, "language_ietf").at(0), ContainsSubstring("\"pt-BR\""));
  }
}

TEST_CASE("tags that repeat a name are kept without mkvtoolnix too", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path film = library.add(
      "film.mkv", clip("mkv", {"-i", plain_clip(), "-c", "copy", "-metadata", "MOOD=dark"}));
  REQUIRE(encoded(library, film) == film);
  CHECK(ask(film, "format_tags=MOOD") == Words{"tag:MOOD=dark"});
}

TEST_CASE("an mp4 with a cover and keys that only iTunes writes keeps its list of tags as it is",
          "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path plain =
      clip("mp4", {"-i", plain_clip("mp4"), "-i", cover_picture(), "-map", "0", "-map", "1", "-c",
                   "copy", "-disposition:v:1", "attached_pic", "-metadata", "title=A film"});
  const fs::path film = library.add("film.mp4", plain);
  const std::string bytes = with_itunes_key(read_file(plain));
  write_file(film, bytes);
  REQUIRE(ask(film, "format_tags=iTunEXTC") == Words{"tag:iTunEXTC=mpaa PG 200"});
  REQUIRE(encoded(library, film) == film);
  CHECK(ask(film, "format_tags=iTunEXTC,title") ==
        Words{"tag:title=A film|tag:iTunEXTC=mpaa PG 200"});
  CHECK(cover_of(film, 2) == read_file(cover_picture()));
  const std::size_t list = bytes.find("ilst");
  CHECK_THAT(read_file(film), ContainsSubstring(bytes.substr(list, bytes.size() - list)));
}

TEST_CASE("an mp4 keeps what cameras and taggers wrote into it", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  // Tags as iTunes lists them, and as QuickTime does.
  const auto flags = GENERATE(as<std::string>{}, "+faststart", "use_metadata_tags");
  INFO(flags);
  const Library library;
  const fs::path plain =
      clip("mp4", {"-i", plain_clip("mp4"), "-c", "copy", "-movflags", flags, "-metadata",
                   "title=A film", "-metadata", "creation_time=2020-01-02T03:04:05Z"});
  const fs::path tail =  // moov behind the samples, where more can be written into it
      clip("mp4", {"-i", plain, "-c", "copy", "-map_metadata", "0", "-movflags",
                   flags == "+faststart" ? "0" : flags});
  const std::string phone = box("smta", box("saut", "made by a phone"));
  const std::string tagger = box("Xtra", std::string(3000, 'x'));
  const std::string placed =
      box("\xa9xyz", std::string("\0\x16\x15\xc7", 4) + "+51.416892-000.080612/");
  const std::string sound = box("ludt", "how loud it is");
  const std::string lens = box("meta", big_endian(0, 4) + box("xml ", "<lens/>"));
  std::string bytes = with_more(read_file(tail), {"moov", "udta"}, phone + tagger + placed);
  const std::string in_sync = box("tref", box("sync", big_endian(2, 4)));
  bytes = with_more(std::move(bytes), {"moov", "trak"}, lens + box("udta", sound) + in_sync);
  const fs::path film = library.add("film.mp4", tail);
  write_file(film, bytes);
  const Words location = ask(film, "format_tags=location");
  const Words title = ask(film, "format_tags=title");
  REQUIRE(location == Words{"tag:location=+51.416892-000.080612/"});
  REQUIRE(encoded(library, film) == film);

  const std::string now = read_file(film);
  for (const auto& part : {phone, tagger, placed, sound, lens, in_sync}) {
    INFO(part.substr(4, 20));
    CHECK_THAT(now, ContainsSubstring(part));
  }
  CHECK(now.find("moov") < now.find("mdat"));  // as players on a network like it
  CHECK(ask(film, "format_tags=title") == title);
  CHECK(ask(film, "format_tags=synopsis,lyrics").empty());
  CHECK(decode_errors(film) == "");
}

TEST_CASE("the tags of a mov are in its mp4 as they were, and once", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  Words recipe = {"-i", plain_clip("mp4"), "-c", "copy"};
  for (const auto* tag :
       {"title=A film", "artist=Somebody", "album=Films", "comment=None", "date=2020", "genre=Test",
        "copyright=Free", "make=A maker", "location=+51.4168-000.0806/"}) {
    recipe = recipe + Words{"-metadata", tag};
  }
  const fs::path film = library.add("film.mov", clip("mov", recipe));
  const std::string tags =
      "format_tags=title,artist,album,comment,date,genre,copyright,make,location";
  const Words before = ask(film, tags);
  REQUIRE_THAT(before.at(0), ContainsSubstring("tag:title=A film|"));
  REQUIRE(encoded(library, film) == library / "film.mp4");
  CHECK(ask(library / "film.mp4", tags) == before);
}

TEST_CASE("tracks of an mp4 that are all off stay off", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const std::string text = "1\n00:00:00,100 --> 00:00:00,900\nA text\n";
  const fs::path plain =
      clip("mp4", {"-i", plain_clip("mp4"), "-i", material("srt", text), "-map", "0", "-map", "1",
                   "-map", "1", "-c", "copy", "-c:s", "mov_text", "-metadata", "title=A film"});
  std::string bytes = read_file(plain);
  // ffmpeg switches the first track of each kind on: sound and subtitles are switched off.
  std::size_t tkhd = bytes.find("tkhd");
  for (int track = 1; track < 4; ++track) {
    tkhd = bytes.find("tkhd", tkhd + 1);
    REQUIRE(tkhd != std::string::npos);
    bytes[tkhd + 7] = static_cast<char>(bytes[tkhd + 7] & ~1);
  }
  const bool with_boxes = GENERATE(false, true);
  if (with_boxes) bytes = with_more(std::move(bytes), {"moov", "udta"}, box("smta", "a phone"));
  const fs::path film = library.add("film.mp4", plain);
  write_file(film, bytes);
  const Words off = {"disposition:default=1", "disposition:default=0", "disposition:default=0",
                     "disposition:default=0"};
  REQUIRE(ask(film, "stream_disposition=default") == off);
  REQUIRE(encoded(library, film) == film);
  CHECK(ask(film, "stream_disposition=default") == off);
}

TEST_CASE("an mp4 keeps more than has a place in front of the film", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const fs::path tail = clip("mp4", {"-i", plain_clip("mp4"), "-c", "copy", "-metadata",
                                     "title=A film", "-movflags", "0"});
  const std::string tagger = box("Xtra", std::string(200'000, 'x'));
  const fs::path film = library.add("film.mp4", tail);
  write_file(film, with_more(read_file(tail), {"moov", "udta"}, tagger));
  REQUIRE(encoded(library, film) == film);
  CHECK_THAT(read_file(film), ContainsSubstring(tagger));
  CHECK(ask(film, "format_tags=title") == Words{"tag:title=A film"});
  CHECK(std::ranges::any_of(library.job(film).plan_reasons, [](const std::string& reason) {
    return reason.find("behind the film") != std::string::npos;
  }));
}

TEST_CASE("an mp4 keeps a track of data that ffmpeg can't copy", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const Library library;
  const std::string chapters =
      ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=One\n";
  const fs::path plain =
      clip("mp4", {"-i", plain_clip("mp4"), "-i",
                   material("srt",
                            "1\n00:00:00,100 --> 00:00:00,400\nWhere the lens looked\n\n"
                            "2\n00:00:00,400 --> 00:00:00,900\nand when\n"),
                   "-i", material("ffmeta", chapters), "-map", "0", "-map", "1", "-map_metadata",
                   "2", "-c", "copy", "-c:s", "mov_text"});
  // ffmpeg writes no timed metadata: subtitles are called so.
  std::string bytes = read_file(plain);
  const auto rename = [&](const std::string& from, const std::string& to) {
    const auto at = bytes.find(from);
    REQUIRE(at != std::string::npos);
    bytes.replace(at, from.size(), to);
  };
  rename("sbtl", "meta");
  rename("tx3g", "mett");
  const fs::path film = library.add("film.mp4", plain);
  write_file(film, bytes);
  const Words data = {"-select_streams", "2", "-show_data_hash", "md5"};
  const std::string entries = "packet=pts_time,duration_time,data_hash:stream=codec_type";
  const Words packets = ask(film, entries, data);
  REQUIRE(packets.size() >= 3);
  REQUIRE(packets.back() == "codec_type=data");
  const Words had_chapters = ask(film, "chapter=start_time,end_time:chapter_tags=title");
  REQUIRE(encoded(library, film) == film);

  CHECK(ask(film, entries, data) == packets);
  CHECK(ask(film, "chapter=start_time,end_time:chapter_tags=title") == had_chapters);
  CHECK(ask(film, "stream=codec_tag_string", {"-select_streams", "2"}) ==
        Words{"codec_tag_string=mett"});
  CHECK(ask(film, "format_tags=synopsis").empty());
  CHECK(decode_errors(film) == "");
}

TEST_CASE("HDR10 is in the bitstream and the container with each encoder", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  const auto encoder = GENERATE(Encoder::aom, Encoder::rav1e);
  const std::string extension = encoder == Encoder::aom ? "mp4" : "mkv";
  INFO(to_string(encoder));
  Library library;
  library.config.prefer_encoder = encoder;
  const fs::path mkv =
      clip("mkv", picture("0.5") +
                      Words{"-vf",
                            "format=yuv420p10le,setparams=color_primaries=bt2020:"
                            "color_trc=smpte2084:colorspace=bt2020nc:range=tv",
                            "-c:v", "libx265", "-preset", "ultrafast", "-qp:v", "8", "-x265-params",
                            "log-level=error:colorprim=bt2020:transfer=smpte2084:"
                            "colormatrix=bt2020nc:range=limited:hdr-opt=1:repeat-headers=1:"
                            "master-display=G(13250,34500)B(7500,3000)R(34000,16000)"
                            "WP(15635,16450)L(10000000,1):max-cll=1000,400"});
  const fs::path original =
      extension == "mkv" ? mkv : clip("mp4", {"-i", mkv, "-c", "copy", "-tag:v", "hvc1"});
  const fs::path film = library.add("film." + extension, original);
  REQUIRE(encoded(library, film) == film);
  const std::string sides = "stream_side_data=max_content,max_luminance";
  CHECK_THAT(ask(film, sides, {"-select_streams", "v:0"}).front(),
             ContainsSubstring("max_content=1000"));
  // The bitstream alone.
  const fs::path bare = library.home() / "bare.ivf";
  REQUIRE(run({tools().ffmpeg, "-v", "error", "-i", url(film), "-map", "0:v:0", "-c", "copy", bare})
              .ok());
  CHECK(video(bare, "color_transfer") == "smpte2084");
  CHECK(video(bare, "color_primaries") == "bt2020");
  CHECK(video(bare, "color_space") == "bt2020nc");
}

TEST_CASE("a film that is interlaced and called progressive is left alone", "[e2e]") {
  AV1D_NEEDS_FFMPEG();
  Library library;
  const fs::path original = clip("mkv", Words{"-f", "lavfi", "-i", "testsrc2=s=720x576:r=50:d=3",
                                              "-vf", "interlace=scan=tff,setfield=prog"} +
                                            kH264);
  const fs::path film = library.add("film.mkv", original);
  REQUIRE(video(original, "field_order") == "progressive");
  CHECK(library.once().status == 0);
  CHECK(library.verdict(film) == "skipped interlaced");
  CHECK_THAT(library.why(film), ContainsSubstring("combing"));
}

}  // namespace av1d::test
