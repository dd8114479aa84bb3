// The words and the times of a job file.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "av1d/job_store.h"

namespace av1d {

// All values of an enumeration that a job file holds by name (JobStage without `none`, which is
// written as null).
template <class T>
std::span<const T> every();
template <>
std::span<const JobStatus> every();
template <>
std::span<const JobStage> every();
template <>
std::span<const ReasonCode> every();
template <>
std::span<const SourceClass> every();
template <>
std::span<const Encoder> every();
template <>
std::span<const JournalKind> every();

// The inverse of format_time(); nothing for any other text, and for times that do not fit Time.
std::optional<Time> parse_time(std::string_view text);

// 32 hexadecimal digits in lower case, as job_id() makes them. Pure.
bool is_job_id(std::string_view text);

}  // namespace av1d
