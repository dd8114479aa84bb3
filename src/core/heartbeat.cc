// The daemon's word about itself as a small JSON file; see heartbeat.h.
#include "av1d/heartbeat.h"

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "av1d/text.h"
#include "job_words.h"
#include "small_file.h"

namespace av1d {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kName = ".daemon";
constexpr const char* kTemporary = ".daemon.tmp";
constexpr std::size_t kMaxBytes = 65536;
constexpr int kSchema = 1;
constexpr std::array kStates = {DaemonState::running, DaemonState::paused, DaemonState::stopping};

// The value at a JSON pointer if it is of the kind that `is` asks for; else the first mistake.
class Fields {
 public:
  explicit Fields(const Json& json) : json_(json) {}

  std::uint64_t count(const char* where) {
    const Json* value = find(where, &Json::is_number_unsigned, "a count");
    return value == nullptr ? 0 : value->get<std::uint64_t>();
  }
  std::string text(const char* where) {
    const Json* value = find(where, &Json::is_string, "a string");
    return value == nullptr ? std::string() : value->get<std::string>();
  }
  Time time(const char* where) {
    const auto time = parse_time(text(where));
    if (!time) complain(where, "must be a time such as 2026-11-22T11:12:13Z");
    return time.value_or(Time{});
  }
  std::vector<fs::path> paths(const char* where) {
    std::vector<fs::path> all;
    const Json* list = find(where, &Json::is_array, "a list");
    for (const Json& item : list == nullptr ? Json::array() : *list) {
      if (!item.is_string()) complain(where, "must be a list of strings");
      if (item.is_string()) all.emplace_back(item.get<std::string>());
    }
    return all;
  }
  std::optional<std::string> maybe_text(const char* where) {
    const Json::json_pointer at(where);
    if (!json_.contains(at) || json_.at(at).is_null()) return std::nullopt;
    return text(where);
  }
  void complain(const char* where, const std::string& what) {
    if (mistake_.empty()) mistake_ = std::string(where) + ": " + what;
  }
  const std::string& mistake() const { return mistake_; }

 private:
  const Json* find(const char* where, bool (Json::*is)() const noexcept, const char* what) {
    const Json::json_pointer at(where);
    if (json_.contains(at) && (json_.at(at).*is)()) return &json_.at(at);
    complain(where, std::string("must be ") + what);
    return nullptr;
  }

  const Json& json_;
  std::string mistake_;
};

}  // namespace

std::string_view to_string(DaemonState state) {
  static constexpr std::array<std::string_view, kStates.size()> kNames = {"running", "paused",
                                                                          "stopping"};
  return kNames.at(static_cast<std::size_t>(state));
}

std::string to_json(const Heartbeat& beat) {
  Json roots = Json::array();
  for (const auto& root : beat.library_roots) roots.push_back(root.native());
  Json json;
  json["schema"] = kSchema;
  json["pid"] = beat.pid;
  json["version"] = beat.version;
  json["started_at"] = format_time(beat.started_at);
  json["updated_at"] = format_time(beat.updated_at);
  json["state"] = to_string(beat.state);
  json["pause_reason"] = beat.pause_reason ? Json(*beat.pause_reason) : Json(nullptr);
  json["queue"] = {{"waiting", beat.waiting}, {"running", beat.running}, {"bytes", beat.bytes}};
  json["saved_bytes"] = beat.saved_bytes;
  json["library_roots"] = std::move(roots);
  json["temp_output_dir"] = beat.temp_output_dir.native();
  json["scan_interval_secs"] = beat.scan_interval_secs;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Heartbeat> parse_heartbeat(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return fail("not a JSON object");
  Fields fields(json);
  if (fields.count("/schema") != kSchema) fields.complain("/schema", "is not 1");
  Heartbeat beat;
  beat.pid = static_cast<int>(fields.count("/pid"));
  beat.version = fields.text("/version");
  beat.started_at = fields.time("/started_at");
  beat.updated_at = fields.time("/updated_at");
  const std::string state = fields.text("/state");
  bool known = false;
  for (const DaemonState candidate : kStates) {
    if (to_string(candidate) != state) continue;
    beat.state = candidate;
    known = true;
  }
  if (!known) fields.complain("/state", "must be running, paused or stopping");
  beat.pause_reason = fields.maybe_text("/pause_reason");
  beat.waiting = fields.count("/queue/waiting");
  beat.running = fields.count("/queue/running");
  beat.bytes = fields.count("/queue/bytes");
  beat.saved_bytes = fields.count("/saved_bytes");
  beat.library_roots = fields.paths("/library_roots");
  beat.temp_output_dir = fields.text("/temp_output_dir");
  beat.scan_interval_secs = static_cast<int>(fields.count("/scan_interval_secs"));
  if (!fields.mistake().empty()) return fail(fields.mistake());
  return beat;
}

Status write_heartbeat(const fs::path& job_state_dir, const Heartbeat& beat) {
  const auto directory = open_directory(job_state_dir);
  if (!directory) return std::unexpected(directory.error());
  // What a crash left of an earlier one.
  if (const Status removed = remove_small_file(*directory, kTemporary); !removed) return removed;
  return write_small_file(*directory, kTemporary, kName, to_json(beat), Sync::no);
}

Result<Heartbeat> read_heartbeat(const fs::path& job_state_dir) {
  const auto directory = open_directory(job_state_dir);
  if (!directory) return std::unexpected(directory.error());
  const auto text = read_small_file(*directory, kName, kMaxBytes);
  if (!text) return std::unexpected(text.error());
  return parse_heartbeat(*text);
}

Status remove_heartbeat(const fs::path& job_state_dir) {
  const auto directory = open_directory(job_state_dir);
  if (!directory) return std::unexpected(directory.error());
  return remove_small_file(*directory, kName);
}

}  // namespace av1d
