// See scene.h.
#include "campaign/scene.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <stdexcept>
#include <utility>

#include "av1d/scan.h"
#include "av1d/text.h"
#include "daemon/recovery.h"
#include "support/attributes.h"
#include "support/temp_dir.h"

namespace av1d::test {

namespace {

constexpr std::size_t kOriginalBytes = 150'000;
constexpr std::size_t kSmallEncode = 60'000;
constexpr std::size_t kLargeEncode = 1'300'000;  // two pieces of a copy
constexpr uid_t kOwner = 4711;
constexpr gid_t kGroup = 4712;
constexpr timespec kTimes[2] = {{1'100'000'000, 123'456'789}, {1'000'000'000, 987'654'321}};

// No two blocks are alike, so that none can stand for another.
std::string make_bytes(char seed, std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = static_cast<unsigned char>(seed);
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return bytes;
}

const std::string& bytes_of(char seed, std::size_t size) {
  static std::map<std::pair<char, std::size_t>, std::string> made;
  std::string& bytes = made[{seed, size}];
  if (bytes.empty()) bytes = make_bytes(seed, size);
  return bytes;
}

std::string attribute(const fs::path& path, const char* name) {
  std::string value(4096, '\0');
  const ssize_t size = ::lgetxattr(path.c_str(), name, value.data(), value.size());
  return size < 0 ? "none" : value.substr(0, static_cast<std::size_t>(size));
}

// As far as the filesystem and our rights go: what can't be set can't be lost.
void dress_original(const fs::path& path) {
  static_cast<void>(set_attribute(path, "user.note", "seen twice"));
  if (::geteuid() == 0) static_cast<void>(::chown(path.c_str(), kOwner, kGroup));
  if (::chmod(path.c_str(), 0640) != 0) throw std::runtime_error("cannot chmod " + path.string());
  static_cast<void>(set_attribute(path, "system.posix_acl_access", acl_for_one_user()));
  if (::utimensat(AT_FDCWD, path.c_str(), kTimes, 0) != 0) {
    throw std::runtime_error("cannot set the times of " + path.string());
  }
}

dev_t device_of(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_dev : 0;
}

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename());
  }
  return names;
}

Time now() {
  return std::chrono::system_clock::now();
}

}  // namespace

std::vector<Setting> all_settings() {
  std::vector<Setting> all;
  for (const Naming naming : {Naming::in_place, Naming::new_name}) {
    for (const Keep keep : {Keep::no, Keep::orig}) {
      for (const Temp temp : {Temp::same, Temp::other}) {
        for (const Filesystem kind : {Filesystem::full, Filesystem::no_rename_flags}) {
          all.push_back({naming, keep, temp, kind});
        }
      }
    }
  }
  return all;
}

std::string describe(const Setting& setting) {
  return std::string(setting.naming == Naming::in_place ? "in place" : "new name") +
         (setting.keep == Keep::orig ? ", keep_original" : "") +
         (setting.temp == Temp::other ? ", temp elsewhere" : "") +
         (setting.filesystem == Filesystem::full ? "" : ", no rename flags");
}

Scene::Scene(const Setting& setting, fs::path home, fs::path elsewhere)
    : setting_(setting),
      library_(home / "library"),
      original_(bytes_of('o', kOriginalBytes)),
      encoded_(bytes_of('e', setting.temp == Temp::other ? kLargeEncode : kSmallEncode)) {
  config_.job_state_dir = home / "jobs";
  config_.temp_output_dir = (setting.temp == Temp::other ? elsewhere : home) / "temp";
  config_.keep_original = setting.keep == Keep::orig;
  source_ = library_ / (setting.naming == Naming::in_place ? "film.mkv" : "film.avi");
  final_ = library_ / "film.mkv";
  fs::create_directories(config_.job_state_dir);
  fs::create_directories(config_.temp_output_dir);
  write_file(library_ / "neighbour.mkv", "another film");
  write_file(library_ / "film.srt", "its subtitles");
  write_file(source_, original_);
  dress_original(source_);
  looks_ = looks(source_);
  probed_ = stamp_of(source_).value();
  id_ = job_id(source_, probed_);
  output_ = config_.temp_output_dir / (id_ + ".mkv");
}

bool Scene::must_cross() const {
  return setting_.temp == Temp::other && device_of(library_) == device_of(config_.temp_output_dir);
}

// The encoder, which takes no time here.
std::optional<Reason> Scene::encode() const {
  std::error_code error;
  fs::remove(output_, error);
  std::ofstream(output_, std::ios::binary) << encoded_;
  if (read_file(output_) == encoded_) return std::nullopt;
  return Reason{ReasonCode::encoder_failed, "the encoder failed"};
}

Job Scene::new_job() const {
  Job job;
  job.id = id_;
  job.source_path = source_;
  job.output_path = final_;
  job.source = probed_;
  job.original_bytes = probed_.size_bytes;
  job.created_at = job.updated_at = now();
  return job;
}

// The order of daemon/pipeline.cc and daemon/job_record.cc.
Act Scene::replace() const {
  spdlog::set_level(spdlog::level::off);
  std::vector<JobStore::LoadWarning> warnings;
  auto store = JobStore::open(config_.job_state_dir, warnings);
  if (!store) return Act::no_start;
  Job job = (*store)->find(id_).value_or(new_job());
  job.status = JobStatus::running;
  job.stage = JobStage::probing;
  if (!(*store)->save(job, now(), JobStore::Durability::durable)) return Act::refused;
  if (!job.journal) static_cast<void>(remove_staging(source_, id_));
  // A filesystem may have been mounted anew since, with another device number.
  const FileStamp probed = stamp_of(source_).value_or(probed_);
  Candidate candidate;
  candidate.path = source_;
  candidate.root = library_;
  candidate.stamp = probed;
  const ReplaceRequest request = replace_request(candidate, id_, final_, config_);
  auto reason = preflight(request);
  if (!reason) reason = encode();
  if (!reason) {
    auto replaced = replace_original(request, output_, [&](const ReplaceJournal& journal) {
      job.journal = journal;
      job.stage = JobStage::replacing;
      return (*store)->save(job, now(), JobStore::Durability::durable);
    });
    if (!replaced) reason = replaced.error();
    if (replaced) job.result = replaced->result;
  }
  std::error_code error;
  const bool clean =
      !job.journal || (!fs::exists(fs::symlink_status(job.journal->staged, error)) &&
                       !fs::exists(fs::symlink_status(job.journal->old_name, error)));
  if (!reason || clean) job.journal.reset();
  job.stage = JobStage::none;
  job.status = reason ? JobStatus::failed : JobStatus::success;
  job.reason = reason;
  fs::remove(output_, error);
  static_cast<void>((*store)->save(job, now(), JobStore::Durability::durable));
  return reason ? Act::refused : Act::done;
}

Act Scene::start() const {
  spdlog::set_level(spdlog::level::off);
  std::vector<JobStore::LoadWarning> warnings;
  auto store = JobStore::open(config_.job_state_dir, warnings);
  if (!store) return Act::no_start;
  recover_jobs(**store, config_);
  return Act::done;
}

Act Scene::start_and_finish() const {
  if (const Act started = start(); started != Act::done) return started;
  const auto found = job();
  if (found && found->status == JobStatus::success) return Act::done;
  return replace();
}

std::optional<Job> Scene::job() const {
  auto parsed = parse_job(read_file(config_.job_state_dir / (id_ + ".json")));
  if (!parsed) return std::nullopt;
  return *std::move(parsed);
}

Scene::Looks Scene::looks(const fs::path& path) const {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return {"gone", "gone"};
  return {fmt::format("owner {}:{}, mode {:o}, ACL {}", status.st_uid, status.st_gid,
                      status.st_mode, fnv1a_hex(attribute(path, "system.posix_acl_access"))),
          fmt::format("time {}.{:09}, note {}", status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                      attribute(path, "user.note"))};
}

std::string Scene::wrong_at(const fs::path& path) const {
  const std::string bytes = read_file(path);
  const std::string name = path.filename();
  if (bytes != original_ && bytes != encoded_) {
    return name + " is neither original nor encode: " + std::to_string(bytes.size()) + " bytes";
  }
  const auto [access, others] = looks(path);
  if (access != looks_.access) return name + " has " + access + ", it had " + looks_.access;
  if (others == looks_.others || (bytes == encoded_ && others_may_differ_)) return {};
  return name + " has " + others + ", it had " + looks_.others;
}

std::string Scene::wrong_neighbours() const {
  if (read_file(library_ / "neighbour.mkv") != "another film") return "the neighbour has changed";
  return read_file(library_ / "film.srt") == "its subtitles" ? "" : "the subtitles have changed";
}

std::string Scene::broken() const {
  int films = 0;
  for (const fs::path& path : {source_, final_}) {
    if (!fs::exists(path)) continue;
    if (std::string wrong = wrong_at(path); !wrong.empty()) return wrong;
    ++films;
  }
  if (films == 0) return "the film is gone";
  return wrong_neighbours();
}

std::string Scene::unsettled() const {
  if (std::string wrong = broken(); !wrong.empty()) return wrong;
  for (const std::string& name : names_in(library_)) {
    if (name.starts_with(".av1d-")) return name + " is left";
  }
  if (!names_in(config_.temp_output_dir).empty()) return "something is left in temp";
  for (const std::string& name : names_in(config_.job_state_dir)) {
    if (name != ".lock" && name != id_ + ".json") return name + " is left beside the jobs";
  }
  if (source_ != final_ && fs::exists(source_) && fs::exists(final_)) return "the film is doubled";
  const bool replaced = read_file(final_) == encoded_;
  const fs::path orig = source_.native() + ".orig";
  if (fs::exists(orig) && !(replaced && setting_.keep == Keep::orig)) return "a .orig is left";
  if (replaced && setting_.keep == Keep::orig) {
    if (read_file(orig) != original_) return "the kept original is not the original";
    const auto [access, others] = looks(orig);
    if (access != looks_.access || others != looks_.others) return "the kept original is another";
  }
  return {};
}

std::string Scene::unreplaced() const {
  if (std::string wrong = unsettled(); !wrong.empty()) return wrong;
  const auto found = job();
  if (!found) return "the job file cannot be read";
  if (found->status != JobStatus::success || !found->result) {
    return "the job is " + std::string(to_string(found->status)) + ": " +
           found->reason.value_or(Reason{}).text;
  }
  if (read_file(final_) != encoded_) return "the film is not the encode";
  if (found->journal) return "the journal is left";
  const FileStamp stamp = stamp_of(final_).value_or(FileStamp{});
  if (found->result->path != final_ || found->result->size_bytes != stamp.size_bytes ||
      found->result->mtime_ns != stamp.mtime_ns) {
    return "the job does not know its result";
  }
  return {};
}

}  // namespace av1d::test
