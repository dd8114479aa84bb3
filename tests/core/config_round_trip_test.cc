// The laws of the configuration: what is written reads back the same, and no input does harm.
#include <limits>
#include <string>
#include <vector>

#include "av1d/config.h"
#include "support/catch.h"

using namespace av1d;

namespace {

void append_utf8(std::string& out, char32_t code) {
  const auto byte = [&](char32_t bits) {
    out += static_cast<char>(static_cast<unsigned char>(bits));
  };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xc0 | (code >> 6));
  } else if (code < 0x10000) {
    byte(0xe0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3f));
  } else {
    byte(0xf0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3f));
    byte(0x80 | ((code >> 6) & 0x3f));
  }
  byte(0x80 | (code & 0x3f));
}

// Any text that TOML can hold and a path can be: no NUL, UTF-8 without surrogates.
std::string generate_text() {
  using namespace rc;
  const auto codes = *gen::container<std::vector<char32_t>>(
      gen::oneOf(gen::cast<char32_t>(gen::inRange(1, 0x80)),
                 gen::element(U'"', U'\'', U'\\', U'#', U'\n', U'.'),
                 gen::cast<char32_t>(gen::inRange(0x80, 0xd800)),
                 gen::cast<char32_t>(gen::inRange(0xe000, 0x110000))));
  std::string out;
  for (const char32_t code : codes) append_utf8(out, code);
  return out;
}

// Absolute, below `top`, and without a component that leads up again.
fs::path generate_path(const std::string& top) {
  std::string path = "/" + top;
  for (const char c : generate_text()) path += c == '/' ? std::string("/_") : std::string(1, c);
  return path;
}

template <class T, class Make>
std::vector<T> generate_list(Make make) {
  std::vector<T> out;
  for (int n = *rc::gen::inRange(0, 4); n > 0; --n) out.push_back(make());
  return out;
}

std::string generate_extension() {
  std::string out = "x";
  for (const char c : generate_text()) {
    if (c != '.' && c != '/') out += c;
  }
  return out;
}

std::string generate_language() {
  const auto letter = rc::gen::oneOf(rc::gen::inRange('a', '{'), rc::gen::inRange('A', '['));
  return *rc::gen::oneOf(rc::gen::container<std::string>(2, letter),
                         rc::gen::container<std::string>(3, letter));
}

std::uint64_t generate_size() {
  return *rc::gen::inRange<std::uint64_t>(0, std::numeric_limits<std::int64_t>::max()) +
         *rc::gen::inRange<std::uint64_t>(0, 2);
}

Config generate_config() {
  using namespace rc;
  Config c;
  c.library_roots = generate_list<fs::path>([] { return generate_path("library"); });
  c.min_bytes = generate_size();
  c.scan_interval_secs = *gen::inRange(1, 86401);
  c.order =
      *gen::element(Order::biggest_first, Order::oldest_first, Order::newest_first, Order::path);
  c.quiet_hours = *gen::element<std::string>("", "22:00-08:00", "00:00-23:59");
  c.pause_above_load = *gen::inRange(0, 100001) / 100.0;
  c.job_history_days = *gen::inRange(0, 36501);
  c.stability_secs = *gen::inRange(0, 86401);
  c.extensions = generate_list<std::string>(generate_extension);
  c.prefer_encoder = *gen::element(Encoder::svt, Encoder::aom, Encoder::rav1e);
  c.quality_tier = *gen::element(QualityTier::high, QualityTier::very_high);
  c.max_size_ratio =
      1.0 / (1.0 + *gen::inRange(0, 1'000'000'000) / *gen::inRange(1, 10'000) * 1e-3);
  c.min_xpsnr = *gen::inRange(0, 10'001) / 100.0;
  c.xpsnr_windows = *gen::inRange(c.min_xpsnr > 0 ? 1 : 0, 101);
  c.max_concurrent_jobs = *gen::inRange(1, 65);
  c.job_state_dir = generate_path("jobs");
  c.temp_output_dir = generate_path("temp");
  c.keep_original = *gen::arbitrary<bool>();
  c.keep_original_days = *gen::inRange(0, 36501);
  c.min_free_bytes = generate_size();
  c.write_why_sidecars = *gen::arbitrary<bool>();
  c.allow_owner_change = *gen::arbitrary<bool>();
  c.skip_hardlinked = *gen::arbitrary<bool>();
  c.drop_audio_languages = generate_list<std::string>(generate_language);
  c.drop_subtitle_languages = generate_list<std::string>(generate_language);
  const auto loss = [] {
    return static_cast<Loss>(*gen::inRange(0, static_cast<int>(Loss::damaged_source) + 1));
  };
  for (const Loss each : generate_list<Loss>(loss)) c.accept_loss.insert(each);
  c.dolby_vision = *gen::element(DolbyVisionMode::skip, DolbyVisionMode::convert);
  c.deinterlace =
      *gen::element(DeinterlaceMode::skip, DeinterlaceMode::bwdif, DeinterlaceMode::keep);
  c.film_grain = *gen::inRange(0, 51);
  c.stall_timeout_secs = *gen::inRange(10, 86401);
  c.max_attempts = *gen::inRange(1, 101);
  c.ffmpeg_path = "f" + generate_text();
  c.ffprobe_path = generate_text() + "p";
  c.nice = *gen::inRange(0, 20);
  c.log_level = *gen::element(LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warn,
                              LogLevel::error);
  const auto word = [] { return "w" + generate_text(); };
  c.on_success = generate_list<std::string>(word);
  c.on_failure = generate_list<std::string>(word);
  c.on_skip = generate_list<std::string>(word);
  c.hook_timeout_secs = *gen::inRange(1, 3601);
  if (*gen::arbitrary<bool>()) c.metrics_file = generate_path("metrics") += "x";
  return c;
}

}  // namespace

TEST_CASE("format_config writes every key in order, one a line", "[config]") {
  Config config;
  config.library_roots = {"/m/\"a\" \\ \n\xc3\xa9"};
  config.max_size_ratio = 1;
  config.accept_loss = {Loss::alpha, Loss::captions};
  const std::string text = format_config(config);
  CHECK_THAT(text, ContainsSubstring("library_roots = [\"/m/\\\"a\\\" \\\\ \\u000A\xc3\xa9\"]\n"));
  CHECK_THAT(text, ContainsSubstring("max_size_ratio = 1.0\n"));
  CHECK_THAT(text, ContainsSubstring("accept_loss = [\"captions\", \"alpha\"]\n"));
  std::string expected;
  for (const auto& key : config_keys()) expected += key + " = " + config_value(config, key) + "\n";
  CHECK(text == expected);
}

TEST_CASE("config_value is the value as TOML", "[config]") {
  CHECK(config_value({}, "min_bytes") == "2147483648");
  CHECK(config_value({}, "max_size_ratio") == "0.9");
  CHECK(config_value({}, "prefer_encoder") == "\"svt\"");
  CHECK(config_value({}, "keep_original") == "false");
  CHECK(config_value({}, "library_roots") == "[]");
}

TEST_CASE("what format_config writes parse_config reads back the same", "[config]") {
  CHECK(parse_config(format_config({}), "f.toml") == Config{});
  CHECK_PROPERTY([] {
    const Config config = generate_config();
    const auto result = parse_config(format_config(config), "f.toml");
    RC_LOG(result ? std::string() : result.error().front().to_string());
    RC_ASSERT(result);
    RC_ASSERT(*result == config);
  });
}

TEST_CASE("parse_config takes any bytes without harm", "[config]") {
  CHECK_PROPERTY([](const std::string& bytes) {
    for (const std::string& text : {bytes, "accept_loss = [" + bytes, "nice = 1\n" + bytes}) {
      const auto result = parse_config(text, "f.toml");
      RC_ASSERT((result || !result.error().empty()));
    }
  });
}
