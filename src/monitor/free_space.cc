// Free space; see free_space.h.
#include "monitor/free_space.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "av1d/text.h"

namespace av1d {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kInterval{5};
constexpr std::chrono::seconds kPatience{10};

struct Question {
  fs::path path;
  std::string label;
};

std::vector<Question> questions(const std::vector<fs::path>& libraries, const fs::path& temporary) {
  std::vector<Question> all;
  for (const auto& path : libraries) {
    all.push_back({path, printable(path.native())});
  }
  if (!temporary.empty()) all.push_back({temporary, "temp"});
  return all;
}

struct Answer {
  std::uint64_t device = 0;
  FreeSpace space;
};

// Nothing where the directory is missing.
std::optional<Answer> ask(const Question& question) {
  struct statvfs info {};
  struct stat status {};
  if (::stat(question.path.c_str(), &status) != 0) return std::nullopt;
  if (::statvfs(question.path.c_str(), &info) != 0) return std::nullopt;
  Answer answer;
  answer.device = status.st_dev;
  answer.space.label = question.label;
  answer.space.free_bytes = std::uint64_t{info.f_bavail} * info.f_frsize;
  answer.space.total_bytes = std::uint64_t{info.f_blocks} * info.f_frsize;
  return answer;
}

// One entry a filesystem, under the label of the first path on it.
std::vector<FreeSpace> merged(const std::vector<std::optional<Answer>>& answers) {
  std::vector<FreeSpace> all;
  std::vector<std::uint64_t> devices;
  for (const auto& answer : answers) {
    if (!answer) continue;
    const bool known = answer->space.answers &&
                       std::find(devices.begin(), devices.end(), answer->device) != devices.end();
    if (known) continue;
    if (answer->space.answers) devices.push_back(answer->device);
    all.push_back(answer->space);
  }
  return all;
}

}  // namespace

struct FreeSpaceWatch::Shared {
  mutable std::mutex mutex;
  std::condition_variable wake;
  bool ends = false;
  std::uint64_t generation = 0;  // of the questions
  std::vector<Question> asked;
  std::vector<std::optional<Answer>> answers;
  std::optional<std::size_t> waits_for;  // the question that is being asked
  Clock::time_point since{};

  // Asks again and again until the questions change. One thread a generation: one that hangs
  // stays behind with its own questions.
  static void work(const std::shared_ptr<Shared>& shared, std::uint64_t mine) {
    std::unique_lock lock(shared->mutex);
    const auto is_over = [&] { return shared->ends || shared->generation != mine; };
    while (!is_over()) {
      for (std::size_t i = 0; i < shared->asked.size() && !is_over(); ++i) {
        const Question question = shared->asked[i];
        shared->waits_for = i;
        shared->since = Clock::now();
        lock.unlock();
        auto answer = ask(question);
        lock.lock();
        if (is_over()) return;
        shared->answers[i] = std::move(answer);
        shared->waits_for.reset();
      }
      shared->wake.wait_for(lock, kInterval, is_over);
    }
  }
};

FreeSpaceWatch::FreeSpaceWatch() : shared_(std::make_shared<Shared>()) {}

FreeSpaceWatch::~FreeSpaceWatch() {
  const std::scoped_lock lock(shared_->mutex);
  shared_->ends = true;
  shared_->wake.notify_all();
}

void FreeSpaceWatch::watch(const std::vector<fs::path>& libraries, const fs::path& temporary) {
  auto wanted = questions(libraries, temporary);
  const std::scoped_lock lock(shared_->mutex);
  const bool same = std::equal(
      wanted.begin(), wanted.end(), shared_->asked.begin(), shared_->asked.end(),
      [](const Question& a, const Question& b) { return a.path == b.path && a.label == b.label; });
  if (same) return;
  shared_->asked = std::move(wanted);
  shared_->answers.assign(shared_->asked.size(), std::nullopt);
  shared_->waits_for.reset();
  ++shared_->generation;
  shared_->wake.notify_all();
  std::thread(Shared::work, shared_, shared_->generation).detach();
}

std::vector<FreeSpace> FreeSpaceWatch::latest() const {
  const std::scoped_lock lock(shared_->mutex);
  auto answers = shared_->answers;
  if (shared_->waits_for && Clock::now() - shared_->since > kPatience) {
    Answer silent;
    silent.space.label = shared_->asked[*shared_->waits_for].label;
    silent.space.answers = false;
    answers[*shared_->waits_for] = silent;
  }
  return merged(answers);
}

std::vector<FreeSpace> read_free_space(const std::vector<fs::path>& libraries,
                                       const fs::path& temporary) {
  std::vector<std::optional<Answer>> answers;
  for (const auto& question : questions(libraries, temporary)) answers.push_back(ask(question));
  return merged(answers);
}

}  // namespace av1d
