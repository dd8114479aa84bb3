// The jobs in memory: the half of JobStore that never touches the disk.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "av1d/job_store.h"
#include "job_details.h"
#include "job_words.h"
#include "packed_job.h"

namespace av1d {

namespace {

std::string result_id(const ResultStamp& result) {
  FileStamp stamp;
  stamp.size_bytes = result.size_bytes;
  stamp.mtime_ns = result.mtime_ns;
  return job_id(result.path, stamp);
}

enum class Sign { add, take_away };

void tally(Totals& totals, const Job& job, Sign sign) {
  const auto change = [sign](std::uint64_t& figure, std::uint64_t by) {
    figure = sign == Sign::add ? figure + by : figure - by;
  };
  const auto in_thousandths = [](double value) {
    const bool counts = std::isfinite(value) && value > 0 && value < 1e15;
    return counts ? static_cast<std::uint64_t>(std::llround(value * 1e3)) : 0;
  };
  change(totals.jobs.at(static_cast<std::size_t>(job.status)), 1);
  if (job.reason && job.status != JobStatus::running) {
    const auto at = totals.by_reason.try_emplace({job.status, job.reason->code}).first;
    change(at->second, 1);
    if (at->second == 0) totals.by_reason.erase(at);
  }
  if (job.status == JobStatus::running && job.stage == JobStage::encoding && job.progress) {
    change(totals.frames_per_1000_secs, in_thousandths(job.progress->fps));
  }
  if (job.kept_original) {
    change(totals.kept_originals, 1);
    change(totals.kept_original_bytes, job.kept_original->size_bytes);
  }
  if (job.status != JobStatus::success) return;
  change(totals.bytes_before, job.original_bytes);
  change(totals.bytes_after, job.new_bytes.value_or(0));
  change(totals.encode_ms, in_thousandths(job.encode_secs.value_or(0)));
}

}  // namespace

void Totals::add(const Job& job) {
  tally(*this, job, Sign::add);
}

void Totals::take_away(const Job& job) {
  tally(*this, job, Sign::take_away);
}

// ---- Entries ----------------------------------------------------------------------------------

std::optional<JobStore::Key> JobStore::key_of(std::string_view id) {
  if (!is_job_id(id)) return std::nullopt;
  const auto number = [](std::string_view digits) {
    std::uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
  };
  return Key{number(id.substr(0, 16)), number(id.substr(16))};
}

JobStore::Entry JobStore::entry_of(const Job& job) {
  Entry entry{{}, job.status, job.journal.has_value()};
  if (is_at_rest(job)) {
    Job outline = job;
    move_details(outline, Job{});
    entry.packed = pack_job(outline);
  } else {
    entry.packed = pack_job(job);
  }
  entry.packed.shrink_to_fit();
  return entry;
}

void JobStore::remember(const Job& job) {
  const auto key = key_of(job.id);
  if (!key) return;
  Entry entry = entry_of(job);
  const auto version = job.result ? key_of(result_id(*job.result)) : std::nullopt;
  const std::scoped_lock lock(mutex_);
  drop(*key);
  totals_.add(job);
  jobs_.emplace(*key, std::move(entry));
  if (version) by_result_[*version] = *key;
}

void JobStore::drop(const Key& key) {
  const auto entry = jobs_.find(key);
  if (entry == jobs_.end()) return;
  const Job job = unpack_job(entry->second.packed);
  totals_.take_away(job);
  if (job.result) {
    const auto version = key_of(result_id(*job.result));
    const auto at = version ? by_result_.find(*version) : by_result_.end();
    if (at != by_result_.end() && at->second == key) by_result_.erase(at);
  }
  jobs_.erase(entry);
}

// ---- Looking up -------------------------------------------------------------------------------

std::optional<Job> JobStore::find(const std::string& id) const {
  const auto key = key_of(id);
  if (!key) return std::nullopt;
  const std::shared_lock lock(mutex_);
  const auto at = jobs_.find(*key);
  return at == jobs_.end() ? std::nullopt : std::optional(unpack_job(at->second.packed));
}

std::optional<Job> JobStore::find_result(const fs::path& path, const FileStamp& stamp) const {
  const auto version = key_of(result_id({path, stamp.size_bytes, stamp.mtime_ns}));
  if (!version) return std::nullopt;
  const std::shared_lock lock(mutex_);
  const auto at = by_result_.find(*version);
  return at == by_result_.end() ? std::nullopt
                                : std::optional(unpack_job(jobs_.at(at->second).packed));
}

std::vector<Job> JobStore::select(const std::function<bool(const Entry&)>& wanted) const {
  std::vector<Job> jobs;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [key, entry] : jobs_) {
      if (wanted(entry)) jobs.push_back(unpack_job(entry.packed));
    }
  }
  std::sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) { return a.id < b.id; });
  return jobs;
}

std::vector<Job> JobStore::with_status(JobStatus status) const {
  return select([status](const Entry& entry) { return entry.status == status; });
}

std::vector<Job> JobStore::unfinished() const {
  return select([](const Entry& entry) {
    return entry.has_journal ||
           (entry.status != JobStatus::success && entry.status != JobStatus::skipped);
  });
}

std::size_t JobStore::size() const {
  const std::shared_lock lock(mutex_);
  return jobs_.size();
}

void JobStore::visit(const std::function<void(const Job&)>& see) const {
  const std::shared_lock lock(mutex_);
  for (const auto& [key, entry] : jobs_) see(unpack_job(entry.packed));
}

Totals JobStore::totals() const {
  const std::shared_lock lock(mutex_);
  return totals_;
}

}  // namespace av1d
