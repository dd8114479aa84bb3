// Job <-> JSON. The shape of a job file stands once, in job_shape.h; the visitors of json_fields.h
// walk through it.
#include "av1d/job_store.h"
#include "job_shape.h"

namespace av1d {

std::string to_json(const Job& job) {
  FieldWriter writer;
  writer.whole("schema", kJobSchema);
  describe_job(writer, job);
  return writer.take().dump(2) + "\n";
}

Result<Job> job_of(const nlohmann::json& document) {
  if (auto known = check_schema(document); !known) return std::unexpected(known.error());
  Job job;
  std::string mistake;
  FieldReader reader(document, "", mistake);
  describe_job(reader, job);
  if (!mistake.empty()) return fail(std::move(mistake));
  if (!is_job_id(job.id)) return fail("/id: must be 32 hexadecimal digits");
  return job;
}

Result<Job> parse_job(std::string_view text) {
  const auto document = parse_document(text);
  if (!document) return std::unexpected(document.error());
  return job_of(*document);
}

}  // namespace av1d
