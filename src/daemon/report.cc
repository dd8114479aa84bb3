// --dry-run and --explain; see report.h.
#include "daemon/report.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>

#include "av1d/gates.h"
#include "av1d/scan.h"
#include "av1d/sidecars.h"
#include "av1d/text.h"
#include "daemon/exit_status.h"
#include "daemon/look.h"
#include "daemon/pipeline.h"

namespace av1d {

namespace {

struct Row {
  std::string decision, reason, encoder, crf, preset, size, file;
};

void print_row(const Row& row) {
  fmt::print("{:<7} {:<18} {:<6} {:>3} {:>6} {:>10}  {}\n", row.decision, row.reason, row.encoder,
             row.crf, row.preset, row.size, row.file);
}

Row row_of(const GatedFile& file) {
  Row row;
  row.decision = "skip";
  row.reason = to_string(file.code);
  row.size = format_bytes(file.bytes);
  row.file = printable(file.path.native());
  return row;
}

Row row_of(const Examination& exam) {
  Row row;
  row.file = printable(exam.candidate.path.native());
  row.size = format_bytes(exam.candidate.stamp.size_bytes);
  if (exam.reason) {
    row.decision = "skip";
    row.reason = to_string(exam.reason->code);
    return row;
  }
  row.decision = "encode";
  row.reason = to_string(exam.classification.source_class);
  row.encoder = to_string(exam.plan->encoder);
  row.crf = std::to_string(exam.plan->crf);
  row.preset = std::to_string(exam.plan->preset);
  return row;
}

void print_total(const Findings& found, const Tally& encode, const Tally& skip) {
  std::map<ReasonCode, Tally> gated;
  for (const auto& file : found.gated_files) gated[file.code].add(file.bytes);
  fmt::print("\n{} files: {} to encode ({}), {} skipped after a look, {} answered before",
             found.report.files, encode.count, format_bytes(encode.bytes), skip.count,
             found.report.answered);
  for (const auto& [code, tally] : gated) {
    fmt::print(", {} {} ({})", tally.count, to_string(code), format_bytes(tally.bytes));
  }
  fmt::print("\n");
}

void print_looking(std::size_t done, std::size_t total) {
  if (::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\rlooking at file {} of {} ", done, total);
}

std::string indent(const std::string& label, const std::string& text) {
  return fmt::format("  {:<11} {}\n", label, text);
}

std::string explain_media(const MediaInfo& media) {
  std::string text = indent("container", media.format_name);
  for (const auto& stream : media.streams) {
    std::string line =
        fmt::format("{} {}", stream.index, stream.codec.empty() ? stream.codec_tag : stream.codec);
    if (stream.type == StreamType::video) {
      line += fmt::format(" {}x{} {} {} {}", stream.width, stream.height, stream.pixel_format,
                          stream.color_transfer, stream.field_order);
    }
    if (stream.type == StreamType::audio) line += fmt::format(" {} channels", stream.channels);
    if (!stream.language().empty()) line += " " + printable(stream.language());
    if (!stream.title().empty()) line += fmt::format(" '{}'", printable(stream.title()));
    text += indent("stream", line);
  }
  return text;
}

}  // namespace

void print_dry_run(const Config& config, const JobStore& store, const Asker& asker) {
  const Findings found = look_around(config, store, asker.tools.version.text, nullptr, asker.stop);
  for (const auto& warning : found.scan.warnings) spdlog::warn("{}", warning_line(warning));
  Backlog work(config.order, std::chrono::seconds(0));
  for (const auto& file : found.work) work.put({file.candidate, {}}, {});
  print_row({"DECISION", "REASON", "ENC", "CRF", "PRESET", "SIZE", "FILE"});
  for (const auto& file : found.gated_files) print_row(row_of(file));
  Tally encode, skip;
  std::size_t done = 0;
  while (const auto candidate = work.take({})) {
    if (asker.stop.stop_requested()) return;
    print_looking(++done, found.work.size());
    const Examination exam = examine(*candidate, config, asker, PreflightMode::read_only);
    if (::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\r\x1b[K");
    print_row(row_of(exam));
    std::fflush(stdout);
    Tally& tally = exam.reason ? skip : encode;
    tally.add(candidate->stamp.size_bytes);
  }
  print_total(found, encode, skip);
}

std::string explain(const Examination& exam, const std::optional<std::string>& passed_over,
                    const std::optional<Job>& answer) {
  std::string text = printable(exam.candidate.path.native()) + "\n";
  if (passed_over) text += indent("not scanned", *passed_over);
  for (const auto& step : exam.passed) text += indent("passed", step);
  if (!exam.media.streams.empty()) text += explain_media(exam.media);
  if (exam.reason) {
    text += indent("verdict",
                   fmt::format("skip ({}): {}", to_string(exam.reason->code), exam.reason->text));
    text += indent("to change", remedy(exam.reason->code));
  } else {
    const Classification& c = exam.classification;
    text += indent("class", fmt::format("{} (web {}, disc {})", to_string(c.source_class),
                                        c.web_score, c.disc_score));
    for (const auto& reason : c.reasons) text += indent("", reason);
    for (const auto& reason : exam.plan->reasons) text += indent("plan", reason);
    text += indent("output", printable(exam.final_path.native()));
    text += indent("verdict", "encode");
    if (!exam.extraction.empty()) text += indent("first", shell_command(exam.extraction));
    text += indent("command", "SVT_LOG=1 " + shell_command(exam.argv));
  }
  if (answer) {
    text += indent("but", fmt::format("job {} answered this version already: {}", answer->id,
                                      to_string(answer->status)));
  }
  return text;
}

int print_explanations(const std::vector<fs::path>& files, const Config& config,
                       const JobStore& store, const Asker& asker) {
  int status = kExitOk;
  for (const auto& file : files) {
    std::error_code error;
    const auto candidate = inspect(fs::absolute(file, error), config);
    if (!candidate) {
      fmt::print(stderr, "av1d: {}\n", candidate.error().message);
      status = kExitNoInput;
      continue;
    }
    const Examination exam = examine(*candidate, config, asker, PreflightMode::read_only);
    fmt::print("{}", explain(exam, why_passed_over(*candidate, config),
                             find_answer(*candidate, store, config, asker.tools.version.text)));
  }
  return status;
}

}  // namespace av1d
