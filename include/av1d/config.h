// The configuration: a typed struct with its defaults, read once from TOML.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "av1d/types.h"

namespace av1d {

enum class QualityTier { high, very_high };
enum class DeinterlaceMode { skip, bwdif, keep };
// What becomes of Dolby Vision that AV1 can hold.
enum class DolbyVisionMode { skip, convert };
enum class LogLevel { trace, debug, info, warn, error };
enum class Order { biggest_first, oldest_first, newest_first, path };

// What an owner may accept to lose (`accept_loss`). The enumerator's name is the word in the file.
enum class Loss {
  dolby_vision,
  hdr10plus,
  captions,
  data_streams,
  chroma,
  alpha,
  chapter_editions,
  subtitles,
  damaged_source,
};

// Defaults and bounds are those of config.toml at the top of the repository, which a test compares.
struct Config {
  std::vector<fs::path> library_roots;
  std::uint64_t min_bytes = 2'147'483'648;  // 2 GiB
  int scan_interval_secs = 60;              // 1 to 86400
  int stability_secs = 10;                  // 0 to 86400
  std::vector<std::string> extensions = {"mkv", "mp4",  "m4v",  "mov", "avi", "ts",  "m2ts",
                                         "mts", "mpg",  "mpeg", "vob", "wmv", "asf", "flv",
                                         "f4v", "divx", "webm", "ogv", "3gp", "mxf"};
  Encoder prefer_encoder = Encoder::svt;
  QualityTier quality_tier = QualityTier::very_high;
  double max_size_ratio = 0.90;  // 0 < r <= 1
  double min_xpsnr = 0;          // dB, 0 (off) to 100
  int xpsnr_windows = 3;         // 0 (nothing is measured) to 100
  int max_concurrent_jobs = 1;   // 1 to 64
  Order order = Order::biggest_first;
  std::string quiet_hours;      // "22:00-08:00", local time; "" for none
  double pause_above_load = 0;  // load average of other work, 0 to 1000; 0: off
  fs::path job_state_dir = "/var/lib/av1d/jobs";
  fs::path temp_output_dir = "/var/lib/av1d/temp";
  bool keep_original = false;
  int keep_original_days = 0;        // 0 to 36500; 0: for ever
  std::uint64_t min_free_bytes = 0;  // 0: off
  bool write_why_sidecars = true;
  bool allow_owner_change = false;
  bool skip_hardlinked = true;
  std::vector<std::string> drop_audio_languages;  // ISO 639 codes, two or three letters
  std::vector<std::string> drop_subtitle_languages;
  std::set<Loss> accept_loss;
  DeinterlaceMode deinterlace = DeinterlaceMode::skip;
  DolbyVisionMode dolby_vision = DolbyVisionMode::skip;
  int film_grain = 0;             // 0 to 50
  int stall_timeout_secs = 1800;  // 10 to 86400
  int max_attempts = 3;           // 1 to 100
  int job_history_days = 0;       // 0 to 36500; 0: for ever
  std::string ffmpeg_path = "ffmpeg";
  std::string ffprobe_path = "ffprobe";
  int nice = 10;  // 0 to 19
  LogLevel log_level = LogLevel::info;
  std::vector<std::string> on_success, on_failure, on_skip;  // words of a command; none: no hook
  int hook_timeout_secs = 60;                                // 1 to 3600
  fs::path metrics_file;                                     // "": none

  bool accepts(Loss loss) const { return accept_loss.contains(loss); }
  bool operator==(const Config&) const = default;
};

// One mistake in a configuration file. line and column count from 1; 0 where there is no place.
struct ConfigMistake {
  std::string file;
  int line = 0;
  int column = 0;
  std::string key;   // "" for a syntax error
  std::string what;  // what is wrong, what is expected

  // `FILE:LINE:COL: key: what`
  std::string to_string() const;
};

using ConfigResult = std::expected<Config, std::vector<ConfigMistake>>;

// Parses and checks a whole file's text; `file` is only for the mistakes. Pure. All mistakes are
// returned at once in the order of the file; an unknown key names the nearest known one.
ConfigResult parse_config(std::string_view toml, const std::string& file);

// Reads `path` and parses it. A file that cannot be read is one mistake without a line.
ConfigResult load_config(const fs::path& path);

// The configuration as TOML with every key; parse_config() of it gives the same Config. Pure.
std::string format_config(const Config& config);

// Every key that parse_config() knows, in the order of config.toml. Pure.
std::vector<std::string> config_keys();

// The value of one key as TOML text (for digests and messages). `key` must be a known one. Pure.
std::string config_value(const Config& config, std::string_view key);

// Names as they stand in the file and in the job JSON. Pure.
std::string_view to_string(Encoder encoder);
std::string_view to_string(QualityTier tier);
std::string_view to_string(DeinterlaceMode mode);
std::string_view to_string(DolbyVisionMode mode);
std::string_view to_string(LogLevel level);
std::string_view to_string(Order order);
std::string_view to_string(Loss loss);

}  // namespace av1d
