// Jobs on disk: one JSON file each in job_state_dir, the contract that jq and av1top read
// (README "Job files"). One writer; every write is a temporary and a rename.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "av1d/config.h"
#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

enum class JobStatus { pending, running, success, failed, skipped };
enum class JobStage { none, stabilizing, probing, encoding, validating, replacing };

// Which way the files of a journal were about to go: the encode in for the original, or out again.
enum class JournalKind { replace, undo };

// What the replace protocol writes down before it swaps, for recovery after a crash.
struct ReplaceJournal {
  fs::path source;      // S
  fs::path final_path;  // F
  fs::path staged;      // D/.av1d-<id>.tmp
  fs::path old_name;    // D/.av1d-<id>.old
  bool keep_original = false;
  FileStamp original;  // device, inode, size, mtime count
  FileStamp staged_stamp;
  JournalKind kind = JournalKind::replace;

  bool operator==(const ReplaceJournal&) const = default;
};

// What a success left behind: a scan that meets it knows it.
struct ResultStamp {
  fs::path path;
  std::uint64_t size_bytes = 0;
  std::int64_t mtime_ns = 0;

  bool operator==(const ResultStamp&) const = default;
};

using Time = std::chrono::system_clock::time_point;  // stored with whole seconds

struct Job {
  std::string id;
  fs::path source_path;
  fs::path output_path;  // F, empty before it is known
  FileStamp source;
  JobStatus status = JobStatus::pending;
  JobStage stage = JobStage::none;
  std::optional<Reason> reason;
  std::string decision_digest;  // of the keys that decided the reason; see decision_digest()
  int attempts = 0;
  int interruptions = 0;  // deaths of the daemon under this job
  Time created_at{};
  std::optional<Time> started_at, finished_at;
  Time updated_at{};
  std::optional<Time> retry_after;
  std::uint64_t original_bytes = 0;
  std::optional<std::uint64_t> new_bytes;
  std::optional<Encoder> encoder_used;
  std::optional<int> crf_used, preset_used;
  std::string video_codec;
  int video_width = 0;
  int video_height = 0;
  bool is_hdr = false;
  std::string format_name;  // media.format_name
  std::optional<double> duration_secs;
  std::uint64_t video_bits_per_sec = 0;
  std::vector<std::string> streams;  // media.streams: one readable line each
  std::optional<Classification> classification;
  std::vector<std::string> plan_reasons;
  std::vector<std::string> argv;      // plan.argv: the exact command
  std::optional<double> encode_secs;  // that ffmpeg ran for the encodes of the last attempt
  std::optional<Progress> progress;
  std::optional<MeasuredQuality> quality;
  std::vector<std::string> warnings;
  std::vector<std::string> log_tail;  // the last lines of ffmpeg, at most 40
  std::optional<ReplaceJournal> journal;
  std::optional<ResultStamp> result;
  // The original as NAME.orig, as long as av1d knows of it: what may be removed again.
  std::optional<ResultStamp> kept_original;
};

// path + size + mtime -> 32 hex digits. Pure.
std::string job_id(const fs::path& path, const FileStamp& stamp);

// Job <-> JSON text. to_json pretty-prints with a final newline; paths that are not UTF-8 are
// stored readably (\xNN) plus exactly (*_base64). parse_job checks types and ranges and names the
// JSON path in its error; a newer schema, or anything that is not a job, is an error. Pure.
std::string to_json(const Job& job);
Result<Job> parse_job(std::string_view json);
// The same without the nested records (source, media, classification, plan, journal, result) and
// the lists: for readers of many files. It stops reading where it has all that it wants, so that it
// may accept a file that is damaged further down. `progress` is read of running jobs only. Pure.
Result<Job> parse_job_head(std::string_view json);

std::string_view to_string(JobStatus status);
std::string_view to_string(JobStage stage);  // "" for none
std::string_view to_string(ReasonCode code);
std::string_view to_string(SourceClass source_class);
std::string_view to_string(JournalKind kind);

// Digest of the configuration keys that decide `code`, and of the FFmpeg version where an encoder's
// answer decides. A job whose stored digest differs from today's is decided anew. Pure.
std::string decision_digest(ReasonCode code, const Config& config, std::string_view ffmpeg_version);

// Reasons that are looked at again at every scan, whatever the digest says. Pure.
bool is_transient(ReasonCode code);

// Sums over jobs. Whole numbers, so that what was added can be taken away again without a trace.
struct Totals {
  std::array<std::uint64_t, 5> jobs{};                                  // by JobStatus
  std::map<std::pair<JobStatus, ReasonCode>, std::uint64_t> by_reason;  // with one, and at rest
  std::uint64_t bytes_before = 0;                                       // of the successes
  std::uint64_t bytes_after = 0;
  std::uint64_t encode_ms = 0;       // that their encodes took
  std::uint64_t kept_originals = 0;  // NAME.orig that av1d knows of
  std::uint64_t kept_original_bytes = 0;
  std::uint64_t frames_per_1000_secs = 0;  // of all encodes that run now

  void add(const Job& job);
  void take_away(const Job& job);

  std::uint64_t count(JobStatus status) const { return jobs.at(static_cast<std::size_t>(status)); }
  // By the successes together.
  std::uint64_t saved_bytes() const {
    return bytes_before > bytes_after ? bytes_before - bytes_after : 0;
  }
  bool operator==(const Totals&) const = default;
};

// Thread-safe. Holds every job in memory (loaded once) and writes through; looking up never waits
// for the disk. Jobs are kept packed, and of one at rest (success, skipped, failed) argv,
// plan_reasons, streams and log_tail stay on disk alone: 100,000 jobs are to fit a small machine.
// save() takes them over from the file where a job at rest comes without.
class JobStore {
 public:
  struct LoadWarning {
    fs::path file;
    std::string what;
  };

  // Creates `dir` (0755) if needed and takes `.lock` in it; a lock held by another daemon is an
  // error with errno EWOULDBLOCK. Loads all *.json; those that cannot be read are kept on disk,
  // warned about and never overwritten. Reads and writes the disk.
  static Result<std::unique_ptr<JobStore>> open(const fs::path& dir,
                                                std::vector<LoadWarning>& warnings);

  // The same without lock and creation, read only: for --dry-run and --explain. A missing directory
  // is an empty store.
  static std::unique_ptr<JobStore> open_read_only(const fs::path& dir,
                                                  std::vector<LoadWarning>& warnings);

  ~JobStore();
  JobStore(const JobStore&) = delete;
  JobStore& operator=(const JobStore&) = delete;

  std::optional<Job> find(const std::string& id) const;
  // The job whose result this file is: same path, size and mtime.
  std::optional<Job> find_result(const fs::path& path, const FileStamp& stamp) const;
  // Those of one status, ordered by id.
  std::vector<Job> with_status(JobStatus status) const;
  // Jobs of which a dead daemon may have left something beside their films, ordered by id: those
  // with a journal and all but successes and skips. Those have cleared up behind themselves; under
  // the others a power cut may bring back what was removed.
  std::vector<Job> unfinished() const;
  std::size_t size() const;
  // Each job in turn, in no order. `see` must not call the store, nor be slow.
  void visit(const std::function<void(const Job&)>& see) const;
  // Costs nothing to speak of, however many jobs there are.
  Totals totals() const;

  // Writes the job file (0644) atomically, sets updated_at to `now`. After a power cut it is this
  // job or the one before; `durable`: this one (journal, final states, before a library is
  // touched). When it fails, memory and `job` are as before, and so is the file unless only the
  // last sync failed. A file of that name that is not a job we know is an error (EEXIST).
  enum class Durability { relaxed, durable };
  Status save(Job& job, Time now, Durability durability = Durability::relaxed);

  // Removes job file and entry. An id that is not in memory is no error and touches nothing.
  Status erase(const std::string& id);

  // Forgets the jobs whose file the owner has deleted (the way to have a file decided anew) and
  // says how many; running ones stay. To be called once a scan. An error, and nothing forgotten,
  // when the directory cannot be listed or is no longer the one that was locked. Reads the disk.
  Result<std::size_t> forget_deleted();

  const fs::path& directory() const { return dir_; }

 private:
  // The 32 digits of an id as a number.
  struct Key {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return key.high ^ key.low; }
  };
  struct Entry {
    std::string packed;
    JobStatus status = JobStatus::pending;
    bool has_journal = false;
  };
  using Entries = std::unordered_map<Key, Entry, KeyHash>;

  JobStore() = default;
  static std::optional<Key> key_of(std::string_view id);
  static Entry entry_of(const Job& job);
  void load(const std::vector<std::string>& names, std::vector<LoadWarning>& warnings);
  Status take_lock();
  bool is_locked_directory() const;
  void remember(const Job& job);
  void drop(const Key& key);
  std::vector<Job> select(const std::function<bool(const Entry&)>& wanted) const;

  fs::path dir_;
  int lock_fd_ = -1;
  bool read_only_ = false;
  std::mutex write_mutex_;           // one writer at a time; taken before mutex_
  mutable std::shared_mutex mutex_;  // what is below; never held while the disk is written
  Entries jobs_;
  std::unordered_map<Key, Key, KeyHash> by_result_;  // of the version that a success left behind
  Totals totals_;
};

}  // namespace av1d
