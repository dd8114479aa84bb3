// Jobs in memory, and their sums; see job_table.h.
#include "monitor/job_table.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace av1d {

namespace {

bool keeps_order(const JobRow& before, const JobRow& after) {
  return before.status == after.status && before.created_at == after.created_at &&
         before.started_at == after.started_at && before.finished_at == after.finished_at &&
         before.original_bytes == after.original_bytes && before.new_bytes == after.new_bytes &&
         before.path == after.path;
}

}  // namespace

JobId job_id_of(std::string_view digits) {
  JobId id{};
  std::copy_n(digits.begin(), std::min(digits.size(), id.size()), id.begin());
  return id;
}

JobRow row_of(const Job& job, const JobFileStamp& stamp) {
  JobRow row;
  row.id = job_id_of(job.id);
  row.path = job.source_path.native();
  row.codec = job.video_codec;
  row.status = job.status;
  row.stage = job.stage;
  if (job.reason) row.reason = job.reason->code;
  row.is_hdr = job.is_hdr;
  row.width = job.video_width;
  row.height = job.video_height;
  row.created_at = job.created_at;
  row.started_at = job.started_at.value_or(Time{});
  row.finished_at = job.finished_at.value_or(Time{});
  row.original_bytes = job.original_bytes;
  row.new_bytes = job.new_bytes.value_or(0);
  if (job.progress && job.status == JobStatus::running) {
    row.progress = std::make_unique<Progress>(*job.progress);
  }
  row.stamp = stamp;
  return row;
}

std::string_view file_name(const JobRow& row) {
  const std::string_view path = row.path;
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::optional<double> saved_fraction(const JobRow& row) {
  if (row.status != JobStatus::success || row.original_bytes == 0 || row.new_bytes == 0) {
    return std::nullopt;
  }
  return 1.0 - static_cast<double>(row.new_bytes) / static_cast<double>(row.original_bytes);
}

std::optional<ResultSize> result_size(const JobRow& row) {
  if (row.new_bytes > 0) return ResultSize{row.new_bytes, false};
  if (!row.progress || row.stage != JobStage::encoding) return std::nullopt;
  const Progress& progress = *row.progress;
  // The first packets say little about the film, and encoders hold back a few hundred frames.
  constexpr std::uint64_t kTellingFrames = 1000;
  const bool tells = progress.percent >= 1.0 && progress.frame >= kTellingFrames;
  if (!tells || progress.output_bytes == 0) return std::nullopt;
  const double bytes = static_cast<double>(progress.output_bytes) * 100.0 / progress.percent;
  return ResultSize{static_cast<std::uint64_t>(std::min(bytes, 1e18)), true};
}

// ---- Sums -------------------------------------------------------------------------------------

std::size_t JobTotals::all() const {
  return std::accumulate(by_status.begin(), by_status.end(), std::size_t{0});
}

std::optional<double> JobTotals::success_rate() const {
  const std::size_t good = count(JobStatus::success);
  const std::size_t tried = good + count(JobStatus::failed);
  if (tried == 0) return std::nullopt;
  return static_cast<double>(good) / static_cast<double>(tried);
}

void JobTable::count(const JobRow& row, Count how) {
  const bool add = how == Count::add;
  const auto change = [add](auto& sum, auto value) { add ? sum += value : sum -= value; };
  change(totals_.by_status.at(static_cast<std::size_t>(row.status)), std::size_t{1});
  if (row.status == JobStatus::pending) change(totals_.pending_bytes, row.original_bytes);
  if (row.status != JobStatus::success || row.new_bytes == 0) return;
  change(totals_.saved_bytes, static_cast<std::int64_t>(row.original_bytes - row.new_bytes));
  const std::chrono::duration<double> took = row.finished_at - row.started_at;
  if (row.started_at == Time{} || took.count() <= 0) return;
  change(totals_.encoded_bytes, row.original_bytes);
  change(totals_.encoded_secs, took.count());
}

// ---- Jobs -------------------------------------------------------------------------------------

// The digits are those of a good hash already.
std::size_t JobTable::Hash::operator()(const JobId& id) const {
  std::size_t hash = 0;
  std::memcpy(&hash, id.data() + id.size() - sizeof hash, sizeof hash);
  return hash ^ (hash >> 29U);
}

void JobTable::reserve(std::size_t count) {
  rows_.reserve(count);
  index_.reserve(count);
}

const JobRow* JobTable::find(const JobId& id) const {
  const auto at = index_.find(id);
  return at == index_.end() ? nullptr : &rows_[at->second];
}

void JobTable::put(JobRow row) {
  count(row, Count::add);
  const auto [at, is_new] = index_.try_emplace(row.id, static_cast<std::uint32_t>(rows_.size()));
  if (is_new) {
    rows_.push_back(std::move(row));
    ++order_generation_;
    return;
  }
  JobRow& known = rows_[at->second];
  count(known, Count::remove);
  if (!keeps_order(known, row)) ++order_generation_;
  known = std::move(row);
}

void JobTable::erase(const JobId& id) {
  const auto at = index_.find(id);
  if (at == index_.end()) return;
  const std::uint32_t place = at->second;
  index_.erase(at);
  count(rows_[place], Count::remove);
  if (place + 1 != rows_.size()) {
    rows_[place] = std::move(rows_.back());
    index_[rows_[place].id] = place;
  }
  rows_.pop_back();
  ++order_generation_;
}

void JobTable::mark(const JobId& id, std::uint32_t sweep) {
  const auto at = index_.find(id);
  if (at != index_.end()) rows_[at->second].sweep = sweep;
}

void JobTable::erase_unmarked(std::uint32_t sweep) {
  std::vector<JobId> gone;
  for (const auto& row : rows_) {
    if (row.sweep != sweep) gone.push_back(row.id);
  }
  for (const auto& id : gone) erase(id);
}

}  // namespace av1d
