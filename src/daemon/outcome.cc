// The log's lines on a job; see outcome.h.
#include "daemon/outcome.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cmath>

#include "av1d/config.h"
#include "av1d/text.h"

namespace av1d {

namespace {

std::string when_again(const Job& job) {
  return job.retry_after ? fmt::format(" (again after {})", format_time(*job.retry_after)) : "";
}

}  // namespace

std::string savings(std::uint64_t before, std::uint64_t after) {
  const double kept = before == 0 ? 1 : static_cast<double>(after) / static_cast<double>(before);
  return fmt::format("{} -> {}, {:.0f} % saved", format_bytes(before), format_bytes(after),
                     std::floor(100 - 100 * kept));
}

void log_encoding(const Job& job) {
  spdlog::info("'{}': encoding {}x{} {}{} with {}, CRF {}, preset {}",
               printable(job.source_path.native()), job.video_width, job.video_height,
               job.is_hdr ? "HDR " : "", job.video_codec,
               job.encoder_used ? to_string(*job.encoder_used) : "no encoder",
               job.crf_used.value_or(0), job.preset_used.value_or(0));
}

void log_waiting(const Job& job, const std::string& shortage) {
  spdlog::info("'{}': waits for space: {}", printable(job.source_path.native()), shortage);
}

void log_outcome(const Job& job, News news) {
  const std::string name = printable(job.source_path.native());
  const std::string reason = (job.reason ? job.reason->text : std::string()) + when_again(job);
  const auto level = [news](spdlog::level::level_enum fresh) {
    return news == News::fresh ? fresh : spdlog::level::debug;
  };
  switch (job.status) {
    case JobStatus::success:
      spdlog::info("'{}': {}", name, savings(job.original_bytes, job.new_bytes.value_or(0)));
      break;
    case JobStatus::failed:
      spdlog::error("'{}' failed: {}", name, reason);
      break;
    case JobStatus::pending:
      if (job.reason && job.reason->code == ReasonCode::interrupted) {
        spdlog::info("'{}' was stopped and will be done again", name);
        break;
      }
      spdlog::log(level(spdlog::level::warn), "'{}' waits: {}", name, reason);
      break;
    default:
      spdlog::log(level(spdlog::level::info), "'{}' is left as it is: {}", name, reason);
      break;
  }
  for (const auto& warning : job.warnings) {
    spdlog::log(level(spdlog::level::warn), "'{}': {}", name, warning);
  }
}

}  // namespace av1d
