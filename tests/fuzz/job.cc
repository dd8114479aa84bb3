// Job files: any bytes are a job or an error, a job is written and read back the same, and the
// quick reader of heads says what the whole reader says.
#include "fuzz/fuzz.h"

#include "av1d/heartbeat.h"
#include "av1d/job_store.h"

using namespace av1d;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json = fuzz::text_of(data, size);
  const auto head = parse_job_head(json);
  const auto job = parse_job(json);
  static_cast<void>(parse_heartbeat(json));
  if (!job) return 0;
  const std::string text = to_json(*job);
  const auto again = parse_job(text);
  fuzz::law(again.has_value(), "what to_json() writes is a job");
  fuzz::law(to_json(*again) == text, "what to_json() writes is read back the same");
  fuzz::law(head.has_value(), "a job has a head");
  fuzz::law(head->id == job->id && head->status == job->status &&
                head->source_path == job->source_path && head->reason == job->reason,
            "the head is that of the job");
  return 0;
}
