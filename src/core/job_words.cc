// Names of statuses, stages and classes, and times, as they stand in a job file.
#include "job_words.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "av1d/text.h"
#include "reasons.h"

namespace av1d {

namespace {

constexpr std::array kJobStatuses = {JobStatus::pending, JobStatus::running, JobStatus::success,
                                     JobStatus::failed, JobStatus::skipped};
constexpr std::array kJobStages = {JobStage::stabilizing, JobStage::probing, JobStage::encoding,
                                   JobStage::validating, JobStage::replacing};
constexpr std::array kSourceClasses = {SourceClass::unknown, SourceClass::web_like,
                                       SourceClass::disc_like};
constexpr std::array kJobEncoders = {Encoder::svt, Encoder::aom, Encoder::rav1e};
constexpr std::array kJournalKinds = {JournalKind::replace, JournalKind::undo};

// The number that stands at [from, from + digits); the caller has checked that only digits do.
int number_at(std::string_view text, std::size_t from, std::size_t digits) {
  int number = 0;
  for (const char c : text.substr(from, digits)) number = number * 10 + (c - '0');
  return number;
}

bool has_time_form(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), [](char c, char form) {
    return form == '0' ? c >= '0' && c <= '9' : c == form;
  });
}

}  // namespace

template <>
std::span<const JobStatus> every() {
  return kJobStatuses;
}

template <>
std::span<const JobStage> every() {
  return kJobStages;
}

template <>
std::span<const ReasonCode> every() {
  static const std::vector<ReasonCode> codes = [] {
    std::vector<ReasonCode> out;
    for (const auto& facts : all_reasons()) out.push_back(facts.code);
    return out;
  }();
  return codes;
}

template <>
std::span<const SourceClass> every() {
  return kSourceClasses;
}

template <>
std::span<const Encoder> every() {
  return kJobEncoders;
}

template <>
std::span<const JournalKind> every() {
  return kJournalKinds;
}

std::string_view to_string(JobStatus status) {
  switch (status) {
    case JobStatus::pending:
      return "pending";
    case JobStatus::running:
      return "running";
    case JobStatus::success:
      return "success";
    case JobStatus::failed:
      return "failed";
    case JobStatus::skipped:
      return "skipped";
  }
  return "";
}

std::string_view to_string(JobStage stage) {
  switch (stage) {
    case JobStage::none:
      return "";
    case JobStage::stabilizing:
      return "stabilizing";
    case JobStage::probing:
      return "probing";
    case JobStage::encoding:
      return "encoding";
    case JobStage::validating:
      return "validating";
    case JobStage::replacing:
      return "replacing";
  }
  return "";
}

std::string_view to_string(SourceClass source_class) {
  switch (source_class) {
    case SourceClass::unknown:
      return "unknown";
    case SourceClass::web_like:
      return "web_like";
    case SourceClass::disc_like:
      return "disc_like";
  }
  return "";
}

std::string_view to_string(JournalKind kind) {
  switch (kind) {
    case JournalKind::replace:
      return "replace";
    case JournalKind::undo:
      return "undo";
  }
  return "";
}

std::optional<Time> parse_time(std::string_view text) {
  using namespace std::chrono;
  if (!has_time_form(text)) return std::nullopt;
  const auto part = [&](std::size_t from) {
    return static_cast<unsigned>(number_at(text, from, 2));
  };
  const year_month_day date{year(number_at(text, 0, 4)), month(part(5)), day(part(8))};
  if (!date.ok() || part(11) > 23 || part(14) > 59 || part(17) > 59) return std::nullopt;
  const sys_seconds time = sys_days(date) + hours(part(11)) + minutes(part(14)) + seconds(part(17));
  if (time < ceil<seconds>(Time::min()) || time > floor<seconds>(Time::max())) return std::nullopt;
  return time;
}

bool is_job_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string job_id(const fs::path& path, const FileStamp& stamp) {
  // A path holds no NUL: the three parts cannot run into one another.
  std::string text = path.native();
  text += '\0';
  text += std::to_string(stamp.size_bytes);
  text += '\0';
  text += std::to_string(stamp.mtime_ns);
  return fnv1a_hex(text);
}

}  // namespace av1d
