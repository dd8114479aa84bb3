// Reading what changes; see job_feed.h.
#include "monitor/job_feed.h"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "av1d/text.h"

namespace av1d {

namespace {

constexpr std::size_t kMostProblems = 100;
constexpr std::chrono::seconds kLookInterval{2};   // at the directory: is it still the same?
constexpr std::chrono::seconds kSweepInterval{1};  // of polling; longer where a sweep takes long
constexpr int kSweepShare = 20;                    // a sweep takes 1/20 of the time at most
// A directory that changed so shortly before it was read may change again without its time moving.
constexpr std::int64_t kTickNs = 2'000'000'000;

// f_type of filesystems where others than this kernel write: statfs(2), linux/magic.h.
bool is_written_elsewhere(const fs::path& path) {
  struct statfs info {};
  if (::statfs(path.c_str(), &info) != 0) return true;
  static constexpr std::array<std::uint32_t, 9> kTypes = {
      0x6969,      // NFS
      0xff534d42,  // CIFS
      0xfe534d42,  // SMB2
      0x517b,      // SMB
      0x65735546,  // FUSE
      0x01021997,  // 9p
      0x00c36400,  // Ceph
      0x0bd00bd0,  // Lustre
      0x5346414f,  // AFS
  };
  const auto type = static_cast<std::uint32_t>(info.f_type);
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

std::string_view id_in(std::string_view name) {
  return name.substr(0, name.size() - std::string_view(".json").size());
}

}  // namespace

Result<JobFeed> JobFeed::open(const fs::path& path, FeedMethod method) {
  auto directory = JobDirectory::open(path);
  if (!directory) return std::unexpected(directory.error());
  JobFeed feed(*std::move(directory), method);
  feed.watch();
  return feed;
}

// The watch stands before the first list: nothing falls between the two.
void JobFeed::watch() {
  watch_.reset();
  if (method_ == FeedMethod::polling || is_written_elsewhere(directory_.path())) return;
  OwnedFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd.valid()) return;  // too many watches of this user: polling does as well
  constexpr std::uint32_t kEvents =
      IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR;
  if (::inotify_add_watch(fd.get(), directory_.path().c_str(), kEvents) < 0) return;
  watch_ = std::move(fd);
}

bool JobFeed::update(Clock::time_point deadline) {
  changed_ = false;
  if (watch_.valid()) take_events();
  const auto now = Clock::now();
  look_for_another_directory(now);
  if (is_time_to_sweep(now)) sweep();
  while (next_ < to_read_.size() && Clock::now() < deadline) read_one(to_read_[next_++]);
  if (next_ == to_read_.size()) {
    to_read_.clear();
    next_ = 0;
  }
  return changed_;
}

void JobFeed::take_events() {
  alignas(inotify_event) std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::read(watch_.get(), buffer.data(), buffer.size());
    if (got <= 0) return;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      at += sizeof(inotify_event) + event->len;
      if ((event->mask & (IN_Q_OVERFLOW | IN_IGNORED)) != 0) must_sweep_ = true;
      const std::string name = event->len > 0 ? event->name : "";
      if (JobDirectory::is_job_name(name)) want(name);
    }
  }
}

// A directory that was removed and made again, or mounted over, is watched anew.
void JobFeed::look_for_another_directory(Clock::time_point now) {
  if (now < next_look_) return;
  next_look_ = now + kLookInterval;
  const auto same = directory_.changed_at();
  std::string problem = same ? "" : same.error().message;
  if (!same) {
    if (auto again = JobDirectory::open(directory_.path())) {
      directory_ = *std::move(again);
      watch();
      must_sweep_ = true;
      problem.clear();
    }
  }
  if (problem == directory_problem_) return;
  directory_problem_ = std::move(problem);
  changed_ = true;
}

bool JobFeed::is_time_to_sweep(Clock::time_point now) {
  if (must_sweep_) return true;
  if (watch_.valid() || now < next_sweep_) return false;
  next_sweep_ = now + kSweepInterval;
  const auto changed = directory_.changed_at();
  return changed && *changed != swept_change_;
}

// Compares all files with what is known of them.
void JobFeed::sweep() {
  const auto start = Clock::now();
  const auto changed = directory_.changed_at();
  auto names = directory_.list();
  if (!names || !changed) {  // said by look_for_another_directory()
    must_sweep_ = watch_.valid();
    return;
  }
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  const bool settled = std::chrono::nanoseconds(wall).count() - *changed > kTickNs;
  swept_change_ = settled ? *changed : -1;
  must_sweep_ = false;
  ++sweep_number_;
  table_.reserve(names->size());
  queued_.clear();
  to_read_.clear();
  next_ = 0;
  for (auto& name : *names) {
    if (!is_as_known(name)) to_read_.push_back(std::move(name));
  }
  const std::size_t before = table_.rows().size();
  table_.erase_unmarked(sweep_number_);
  changed_ = changed_ || table_.rows().size() != before;
  next_sweep_ = Clock::now() +
                std::max<Clock::duration>(kSweepInterval, (Clock::now() - start) * kSweepShare);
}

// Marks the job as one whose file is there.
bool JobFeed::is_as_known(const std::string& name) {
  const JobId id = job_id_of(id_in(name));
  if (id_in(name).size() != id.size()) return false;
  const JobRow* known = table_.find(id);
  if (known == nullptr) return false;
  table_.mark(id, sweep_number_);
  const auto stamp = directory_.stamp(name);
  return stamp && *stamp == known->stamp;
}

void JobFeed::want(const std::string& name) {
  if (queued_.insert(name).second) to_read_.push_back(name);
}

void JobFeed::read_one(const std::string& name) {
  queued_.erase(name);
  changed_ = true;
  auto head = directory_.read_head(name);
  if (!head && head.error().errno_value == ENOENT) return forget(name);
  if (head) {
    JobRow row = row_of(head->job, head->stamp);
    row.sweep = sweep_number_;
    unreadable_.erase(name);
    return table_.put(std::move(row));
  }
  // What was last read of it stays on the screen.
  if (unreadable_.size() < kMostProblems || unreadable_.contains(name)) {
    unreadable_[name] = head.error().message;
  }
}

void JobFeed::forget(const std::string& name) {
  unreadable_.erase(name);
  table_.erase(job_id_of(id_in(name)));
}

std::string JobFeed::problem() const {
  if (!directory_problem_.empty()) return directory_problem_;
  if (unreadable_.empty()) return "";
  const auto& [name, why] = *unreadable_.begin();
  std::string text = why.find(name) == std::string::npos ? printable(name) + ": " + why : why;
  if (unreadable_.size() == 1) return text;
  const bool more = unreadable_.size() >= kMostProblems;
  return fmt::format("{}{} job files cannot be read: {}", more ? "at least " : "",
                     unreadable_.size(), text);
}

}  // namespace av1d
