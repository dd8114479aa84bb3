// A snapshot as JSON; see batch.h.
#include <nlohmann/json.hpp>

#include "av1d/text.h"
#include "monitor/batch.h"
#include "monitor/listing.h"

namespace av1d {

namespace {

using Json = nlohmann::ordered_json;

std::string_view to_string(DaemonLife life) {
  switch (life) {
    case DaemonLife::absent:
      return "absent";
    case DaemonLife::stopped:
      return "stopped";
    case DaemonLife::alive:
      return "alive";
    case DaemonLife::working:
      return "working";
    case DaemonLife::silent:
      return "silent";
  }
  return "";
}

Json time_or_null(Time time) {
  return time == Time{} ? Json() : Json(format_time(time));
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json daemon_json(const DaemonFacts& daemon) {
  Json json;
  json["life"] = to_string(daemon.life);
  const auto& beat = daemon.heartbeat;
  json["pid"] = beat ? Json(beat->pid) : Json();
  json["version"] = beat ? Json(beat->version) : Json();
  json["state"] = beat ? Json(to_string(beat->state)) : Json();
  json["pause_reason"] = beat ? or_null(beat->pause_reason) : Json();
  json["started_at"] = beat ? time_or_null(beat->started_at) : Json();
  json["updated_at"] = beat ? time_or_null(beat->updated_at) : Json();
  return json;
}

Json system_json(const HeaderFacts& facts) {
  const SystemFacts& system = facts.system;
  Json json;
  json["cpu"] = or_null(system.cpu);
  json["cores"] = system.cores;
  json["memory_bytes"] = system.memory_bytes;
  json["memory_used_bytes"] = system.memory_used_bytes;
  json["load"] = or_null(system.load);
  if (system.gpu) json["gpu"] = *system.gpu;
  Json& space = json["space"] = Json::array();
  for (const auto& place : facts.space) {
    space.push_back({{"label", place.label},
                     {"free_bytes", place.free_bytes},
                     {"total_bytes", place.total_bytes}});
  }
  return json;
}

Json totals_json(const JobTable& jobs, const DaemonFacts& daemon) {
  const JobTotals& totals = jobs.totals();
  Json json;
  for (const JobStatus status : {JobStatus::pending, JobStatus::running, JobStatus::success,
                                 JobStatus::failed, JobStatus::skipped}) {
    json[std::string(av1d::to_string(status))] = totals.count(status);
  }
  json["saved_bytes"] = totals.saved_bytes;
  json["success_rate"] = or_null(totals.success_rate());
  json["queue_eta_secs"] = or_null(queue_eta_secs(jobs, daemon));
  return json;
}

Json progress_json(const Progress& progress) {
  return {{"frame", progress.frame},
          {"frames_total", progress.frames_total},
          {"percent", progress.percent},
          {"fps", progress.fps},
          {"speed", progress.speed},
          {"output_bytes", progress.output_bytes},
          {"eta_secs", or_null(progress.eta_secs)}};
}

Json job_json(const JobRow& row) {
  const auto size = result_size(row);
  Json json;
  json["id"] = text_of(row.id);
  json["source_path"] = printable(row.path);
  json["status"] = to_string(row.status);
  json["stage"] = row.stage == JobStage::none ? Json() : Json(to_string(row.stage));
  json["reason_code"] = row.reason ? Json(to_string(*row.reason)) : Json();
  json["original_bytes"] = row.original_bytes;
  json["new_bytes"] = row.new_bytes == 0 ? Json() : Json(row.new_bytes);
  json["projected_bytes"] = size && size->is_projected ? Json(size->bytes) : Json();
  json["saved"] = or_null(saved_fraction(row));
  json["video_codec"] = row.codec;
  json["video_width"] = row.width;
  json["video_height"] = row.height;
  json["is_hdr"] = row.is_hdr;
  json["created_at"] = time_or_null(row.created_at);
  json["started_at"] = time_or_null(row.started_at);
  json["finished_at"] = time_or_null(row.finished_at);
  json["progress"] = row.progress ? progress_json(*row.progress) : Json();
  return json;
}

}  // namespace

std::string batch_json(const HeaderFacts& facts, const JobTable& jobs,
                       const std::vector<std::uint32_t>& list, Time now) {
  Json json;
  json["schema"] = 1;
  json["taken_at"] = format_time(now);
  json["job_state_dir"] = printable(facts.directory);
  json["notice"] = facts.notice.empty() ? Json() : Json(facts.notice);
  json["daemon"] = daemon_json(facts.daemon);
  json["system"] = system_json(facts);
  json["totals"] = totals_json(jobs, facts.daemon);
  Json& all = json["jobs"] = Json::array();
  for (const std::uint32_t place : list) all.push_back(job_json(jobs.rows()[place]));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace av1d
