// The jobs in memory, their sums, and which of them a list shows in which order.
#include "monitor/job_table.h"

#include <algorithm>

#include "jobs.h"
#include "monitor/listing.h"
#include "support/catch.h"

using namespace av1d;
using namespace av1d::test;

namespace {

using Names = std::vector<std::string>;

Names names_of(const JobTable& table, const ListOrder& order) {
  Names names;
  for (const auto place : list_jobs(table.rows(), order)) {
    names.emplace_back(file_name(table.rows()[place]));
  }
  return names;
}

JobTable small_library() {
  return table_of({success_job("/f/small.mkv", 3'000'000'000, 3600),
                   success_job("/f/Great.mkv", 1'000'000'000, 7200),
                   turned_down_job("/f/av1.mkv", JobStatus::skipped, ReasonCode::already_av1),
                   turned_down_job("/f/broken.mkv", JobStatus::failed, ReasonCode::validation),
                   encoding_job("/f/now.mkv"), job_of("/g/later.mkv", JobStatus::pending)});
}

ListOrder order_of(Filter filter, SortKey sort = SortKey::date, const std::string& search = "") {
  return {filter, sort, false, search};
}

}  // namespace

TEST_CASE("the sums follow every change of a job", "[job_table]") {
  JobTable table = small_library();
  const JobTotals& totals = table.totals();
  CHECK(totals.all() == 6);
  CHECK(totals.count(JobStatus::success) == 2);
  CHECK(totals.saved_bytes == 4'000'000'000);
  CHECK(totals.pending_bytes == 4'000'000'000);
  CHECK(totals.success_rate() == Approx(2.0 / 3));
  table.put(row_of(success_job("/g/later.mkv", 2'000'000'000)));
  CHECK(totals.count(JobStatus::pending) == 0);
  CHECK(totals.pending_bytes == 0);
  CHECK(totals.saved_bytes == 6'000'000'000);
  for (const auto& job : {success_job("/f/small.mkv", 1), encoding_job("/f/now.mkv")}) {
    table.erase(job_id_of(job.id));
  }
  CHECK(totals.all() == 4);
  CHECK(totals.saved_bytes == 5'000'000'000);
  CHECK(table.find(job_id_of(encoding_job("/f/now.mkv").id)) == nullptr);
  CHECK(table.find(job_id_of(job_of("/g/later.mkv", JobStatus::pending).id))->path ==
        "/g/later.mkv");
}

TEST_CASE("the sums after any changes are those of the jobs that are left", "[job_table]") {
  CHECK_PROPERTY([] {
    JobTable table;
    std::map<std::string, Job> jobs;
    const int changes = *rc::gen::inRange(0, 30);
    for (int i = 0; i < changes; ++i) {
      const std::string path = "/f/" + std::to_string(*rc::gen::inRange(0, 6));
      const Job job = *rc::gen::arbitrary<bool>()
                          ? success_job(path, *rc::gen::inRange<std::uint64_t>(1, 5'000'000'000))
                          : job_of(path, JobStatus::pending);
      if (*rc::gen::inRange(0, 3) == 0) {
        table.erase(job_id_of(job.id));
        jobs.erase(job.id);
      } else {
        table.put(row_of(job));
        jobs[job.id] = job;
      }
    }
    JobTable fresh;
    for (const auto& [id, job] : jobs) fresh.put(row_of(job));
    RC_ASSERT(table.totals().by_status == fresh.totals().by_status);
    RC_ASSERT(table.totals().saved_bytes == fresh.totals().saved_bytes);
    RC_ASSERT(table.totals().pending_bytes == fresh.totals().pending_bytes);
    for (const auto& [id, job] : jobs) RC_ASSERT(table.find(job_id_of(id)) != nullptr);
  });
}

TEST_CASE("a job that only moves on does not change the order", "[job_table]") {
  JobTable table = small_library();
  const auto before = table.order_generation();
  table.put(row_of(encoding_job("/f/now.mkv", 43.0)));
  CHECK(table.order_generation() == before);
  table.put(row_of(success_job("/f/now.mkv", 1)));
  CHECK(table.order_generation() != before);
}

TEST_CASE("a list is filtered by status", "[listing]") {
  const JobTable table = small_library();
  CHECK(names_of(table, order_of(Filter::all)).size() == 6);
  CHECK(names_of(table, order_of(Filter::pending)) == Names{"later.mkv"});
  CHECK(names_of(table, order_of(Filter::running)) == Names{"now.mkv"});
  CHECK(names_of(table, order_of(Filter::success)) == Names{"Great.mkv", "small.mkv"});
  CHECK(names_of(table, order_of(Filter::failed)) == Names{"broken.mkv"});
  CHECK(names_of(table, order_of(Filter::skipped)) == Names{"av1.mkv"});
}

TEST_CASE("a list is sorted by date, size, status or savings, and back", "[listing]") {
  JobTable table = small_library();
  CHECK(names_of(table, order_of(Filter::all)) ==
        Names{"now.mkv", "Great.mkv", "small.mkv", "av1.mkv", "broken.mkv", "later.mkv"});
  CHECK(names_of(table, order_of(Filter::all, SortKey::savings)).front() == "Great.mkv");
  CHECK(names_of(table, order_of(Filter::all, SortKey::status)) ==
        Names{"now.mkv", "later.mkv", "broken.mkv", "Great.mkv", "small.mkv", "av1.mkv"});
  table.put(row_of(job_of("/g/huge.mkv", JobStatus::pending, 90'000'000'000)));
  CHECK(names_of(table, order_of(Filter::all, SortKey::size)).front() == "huge.mkv");
  for (const auto sort : kSortKeys) {
    ListOrder order = order_of(Filter::all, sort);
    Names forward = names_of(table, order);
    order.reversed = true;
    std::reverse(forward.begin(), forward.end());
    CHECK(names_of(table, order) == forward);
  }
}

TEST_CASE("a search looks for its text in the path, upper or lower case alike", "[listing]") {
  const JobTable table = small_library();
  CHECK(names_of(table, order_of(Filter::all, SortKey::date, "GREAT")) == Names{"Great.mkv"});
  CHECK(names_of(table, order_of(Filter::all, SortKey::date, "/g/")) == Names{"later.mkv"});
  CHECK(names_of(table, order_of(Filter::success, SortKey::date, "now")).empty());
}

TEST_CASE("the projected size of an encode needs a percent of it", "[job_table]") {
  const JobRow row = row_of(encoding_job("/f/now.mkv", 50));
  REQUIRE(result_size(row).has_value());
  CHECK(result_size(row)->is_projected);
  CHECK(result_size(row)->bytes == 1'700'000'000);
  CHECK_FALSE(result_size(row_of(encoding_job("/f/now.mkv", 0.5))).has_value());
  CHECK(result_size(row_of(success_job("/f/a.mkv", 7)))->bytes == 7);
}
