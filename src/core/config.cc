// Reads and writes config.toml. One table (kKeys) describes every key with its type, bounds and
// checks; parsing, formatting and the list of keys follow it.
#include "av1d/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "av1d/text.h"
#include "config_kinds.h"

namespace av1d {

namespace {

using namespace config_kinds;

// ---- The keys, in the order of config.toml ------------------------------------------------------

constexpr auto kKeys = std::to_array<Key>({
    list_key<&Config::library_roots, check_root>("library_roots"),
    integer_key<&Config::min_bytes, 0, kUnbounded>("min_bytes"),
    integer_key<&Config::scan_interval_secs, 1, 86400>("scan_interval_secs"),
    integer_key<&Config::stability_secs, 0, 86400>("stability_secs"),
    list_key<&Config::extensions, check_extension>("extensions"),
    word_key<&Config::prefer_encoder>("prefer_encoder"),
    word_key<&Config::quality_tier>("quality_tier"),
    real_key<&Config::max_size_ratio, check_share>("max_size_ratio"),
    real_key<&Config::min_xpsnr, check_decibels>("min_xpsnr"),
    integer_key<&Config::xpsnr_windows, 0, 100>("xpsnr_windows"),
    integer_key<&Config::max_concurrent_jobs, 1, 64>("max_concurrent_jobs"),
    word_key<&Config::order>("order"),
    text_key<&Config::quiet_hours, check_quiet_hours>("quiet_hours"),
    real_key<&Config::pause_above_load, check_load>("pause_above_load"),
    text_key<&Config::job_state_dir, check_absolute>("job_state_dir"),
    text_key<&Config::temp_output_dir, check_absolute>("temp_output_dir"),
    bool_key<&Config::keep_original>("keep_original"),
    integer_key<&Config::keep_original_days, 0, 36500>("keep_original_days"),
    integer_key<&Config::min_free_bytes, 0, kUnbounded>("min_free_bytes"),
    bool_key<&Config::write_why_sidecars>("write_why_sidecars"),
    bool_key<&Config::allow_owner_change>("allow_owner_change"),
    bool_key<&Config::skip_hardlinked>("skip_hardlinked"),
    list_key<&Config::drop_audio_languages, check_language>("drop_audio_languages"),
    list_key<&Config::drop_subtitle_languages, check_language>("drop_subtitle_languages"),
    word_set_key<&Config::accept_loss>("accept_loss"),
    word_key<&Config::deinterlace>("deinterlace"),
    word_key<&Config::dolby_vision>("dolby_vision"),
    integer_key<&Config::film_grain, 0, 50>("film_grain"),
    integer_key<&Config::stall_timeout_secs, 10, 86400>("stall_timeout_secs"),
    integer_key<&Config::max_attempts, 1, 100>("max_attempts"),
    integer_key<&Config::job_history_days, 0, 36500>("job_history_days"),
    text_key<&Config::ffmpeg_path, check_not_empty>("ffmpeg_path"),
    text_key<&Config::ffprobe_path, check_not_empty>("ffprobe_path"),
    integer_key<&Config::nice, 0, 19>("nice"),
    word_key<&Config::log_level>("log_level"),
    list_key<&Config::on_success, check_not_empty>("on_success"),
    list_key<&Config::on_failure, check_not_empty>("on_failure"),
    list_key<&Config::on_skip, check_not_empty>("on_skip"),
    integer_key<&Config::hook_timeout_secs, 1, 3600>("hook_timeout_secs"),
    text_key<&Config::metrics_file, check_file_or_none>("metrics_file"),
});

// ---- Keys together ------------------------------------------------------------------------------

bool lies_in(const fs::path& path, const fs::path& directory) {
  const fs::path inner = path.lexically_normal() / "";  // with a slash at its end, like the other
  const fs::path outer = directory.lexically_normal() / "";
  return inner.native().starts_with(outer.native());
}

// Values that are each good and together are not. Keys with a mistake of their own are left alone.
void check_together(const toml::table& table, const Config& config, Mistakes& mistakes) {
  const bool bad_jobs = mistakes.names("job_state_dir");
  const bool bad_temp = mistakes.names("temp_output_dir");
  const bool equal = lies_in(config.job_state_dir, config.temp_output_dir) &&
                     lies_in(config.temp_output_dir, config.job_state_dir);
  if (!bad_jobs && !bad_temp && equal) {
    const std::string_view key =
        table.contains("temp_output_dir") ? "temp_output_dir" : "job_state_dir";
    Entry{*table.get(key), key, mistakes}.complain(
        "job_state_dir and temp_output_dir must be two different directories");
  }
  const bool wants_figure = config.min_xpsnr > 0 && !mistakes.names("min_xpsnr");
  if (wants_figure && config.xpsnr_windows == 0 && !mistakes.names("xpsnr_windows")) {
    Entry{*table.get("xpsnr_windows"), "xpsnr_windows", mistakes}.complain(
        "must be 1 or more where min_xpsnr asks for a figure, is 0");
  }
  const toml::array* roots = table["library_roots"].as_array();
  if (roots == nullptr) return;
  for (const toml::node& root : *roots) {
    const auto text = root.value_exact<std::string>();
    if (!text || check_absolute(*text)) continue;
    const auto refuse_inside = [&](const fs::path& own, std::string_view own_key) {
      if (!lies_in(*text, own)) return;
      Entry{root, "library_roots", mistakes}.complain(
          fmt::format("'{}' lies in {}, which is never scanned", printable(*text), own_key));
    };
    if (!bad_jobs) refuse_inside(config.job_state_dir, "job_state_dir");
    if (!bad_temp && !equal) refuse_inside(config.temp_output_dir, "temp_output_dir");
  }
}

// ---- The whole file -----------------------------------------------------------------------------

const Key* find_key(std::string_view name) {
  const auto found = std::ranges::find(kKeys, name, &Key::name);
  return found == kKeys.end() ? nullptr : &*found;
}

std::string unknown_key(std::string_view name, const toml::node& node) {
  if (node.is_table() || node.is_array_of_tables()) {
    return "unknown section (all keys stand at the top level, without sections)";
  }
  return fmt::format("unknown key (did you mean '{}'?)", nearest(name, config_keys()));
}

Config read_table(const toml::table& table, Mistakes& mistakes) {
  Config config;
  for (const auto& [name, node] : table) {
    if (const Key* key = find_key(name.str())) {
      key->parse({node, key->name, mistakes}, config);
    } else {
      mistakes.add(name.source().begin, name.str(), unknown_key(name.str(), node));
    }
  }
  check_together(table, config, mistakes);
  return config;
}

}  // namespace

ConfigResult parse_config(std::string_view toml, const std::string& file) {
  if (auto junk = find_junk(toml, file)) return std::unexpected(std::vector{std::move(*junk)});
  Mistakes mistakes{file};
  Config config;
  try {
    config = read_table(toml::parse(toml), mistakes);
  } catch (const toml::parse_error& error) {
    mistakes.add(error.source().begin, "",
                 fmt::format(R"({} (text stands in "quotes", a list in [brackets]))",
                             one_line(error.description())));
  } catch (const std::exception& error) {
    mistakes.add({}, "", fmt::format("cannot be parsed: {}", one_line(error.what())));
  }
  if (mistakes.list.empty()) return config;
  std::ranges::stable_sort(mistakes.list, {}, [](const ConfigMistake& mistake) {
    return std::tuple(mistake.line, mistake.column);
  });
  return std::unexpected(std::move(mistakes.list));
}

std::string format_config(const Config& config) {
  std::string out;
  for (const Key& key : kKeys) out += fmt::format("{} = {}\n", key.name, key.format(config));
  return out;
}

std::vector<std::string> config_keys() {
  std::vector<std::string> names;
  for (const Key& key : kKeys) names.emplace_back(key.name);
  return names;
}

std::string config_value(const Config& config, std::string_view key) {
  const Key* known = find_key(key);
  return known == nullptr ? std::string() : known->format(config);
}

}  // namespace av1d
