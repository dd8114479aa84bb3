// Fills a directory with the job files of an imagined library: for measuring av1top, and for
// looking at it. The same number gives the same library.
//
//   make_jobs DIR COUNT            writes COUNT jobs, four of them running
//   make_jobs DIR COUNT SECONDS    and lets the four move on, four times a second, for so long
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "av1d/job_store.h"

namespace {

using namespace av1d;
using Clock = std::chrono::system_clock;

constexpr int kRunning = 4;

std::string name_of(int number, std::mt19937& random) {
  static constexpr std::array<const char*, 8> kTitles = {
      "The Long Winter", "Harbour Lights", "Amélie's Garden", "Nordlicht",
      "東京の夜",        "Salt and Iron",  "Second Orbit",    "Le Fleuve"};
  static constexpr std::array<const char*, 5> kSources = {
      "BluRay.1080p.x264", "WEB-DL.2160p.HDR", "DVDRip", "UHD.BluRay.Remux", "WEBRip.720p"};
  return std::string(kTitles.at(random() % kTitles.size())) + " (" +
         std::to_string(1960 + static_cast<int>(random() % 65)) + ") - " + std::to_string(number) +
         "." + kSources.at(random() % kSources.size()) + ".mkv";
}

void settle_outcome(Job& job, std::mt19937& random) {
  const auto dice = random() % 100;
  job.finished_at = *job.started_at + std::chrono::minutes(20 + random() % 300);
  if (dice < 70) {
    job.status = JobStatus::success;
    job.new_bytes = job.original_bytes * (25 + random() % 50) / 100;
  } else if (dice < 96) {
    job.status = JobStatus::skipped;
    job.reason = Reason{dice < 85 ? ReasonCode::already_av1 : ReasonCode::size_gate, "as it is"};
  } else {
    job.status = JobStatus::failed;
    job.reason = Reason{ReasonCode::validation, "stream 1 (audio, aac): 2 packets are missing"};
  }
}

Job make_job(int number, Clock::time_point now) {
  std::mt19937 random(static_cast<unsigned>(number) + 1);
  Job job;
  job.source_path = "/srv/films/" + std::to_string(number % 300) + "/" + name_of(number, random);
  job.original_bytes = 2'000'000'000 + random() % 40'000'000'000;
  job.source.size_bytes = job.original_bytes;
  job.id = job_id(job.source_path, job.source);
  job.created_at = now - std::chrono::minutes(600 + number * 3);
  job.started_at = job.created_at + std::chrono::minutes(1);
  const bool large = random() % 3 == 0;
  job.video_codec = large ? "hevc" : "h264";
  job.video_width = large ? 3840 : 1920;
  job.video_height = large ? 1600 : 1080;
  job.is_hdr = large;
  job.format_name = "matroska,webm";
  job.streams = {"0 video h264 1920x1080 yuv420p default", "1 audio aac 6 ch eng default",
                 "2 subtitle subrip eng"};
  job.encoder_used = Encoder::svt;
  job.crf_used = 23;
  job.preset_used = 3;
  for (int i = 0; i < 60; ++i) job.argv.push_back("-option" + std::to_string(i));
  for (int i = 0; i < 20; ++i) job.log_tail.push_back("[libsvtav1] line " + std::to_string(i));
  if (number < kRunning) {
    job.status = JobStatus::running;
    job.stage = JobStage::encoding;
    job.started_at = now - std::chrono::minutes(30 * (number + 1));
  } else if (number < kRunning + 20) {
    job.started_at.reset();
  } else {
    settle_outcome(job, random);
  }
  return job;
}

void move_on(Job& job, double percent) {
  Progress progress;
  progress.frames_total = 170'000;
  progress.percent = percent;
  progress.frame = static_cast<std::uint64_t>(1700 * percent);
  progress.fps = 14.2 + percent / 10;
  progress.speed = progress.fps / 24;
  progress.output_bytes =
      static_cast<std::uint64_t>(static_cast<double>(job.original_bytes) * 0.35 * percent / 100);
  progress.eta_secs = (100 - percent) * 120;
  job.progress = progress;
}

int fail_with(const Error& error) {
  std::fprintf(stderr, "make_jobs: %s\n", error.message.c_str());
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: make_jobs DIR COUNT [SECONDS]\n");
    return 64;
  }
  const std::filesystem::path directory = argv[1];
  const int count = std::atoi(argv[2]);
  std::filesystem::create_directories(directory);
  std::vector<Job> running;
  for (int number = 0; number < count; ++number) {
    Job job = make_job(number, Clock::now());
    job.updated_at = Clock::now();
    if (job.status == JobStatus::running) move_on(job, 20.0 * number + 11.3);
    // Not by the store, which syncs each one.
    std::ofstream(directory / (job.id + ".json")) << to_json(job);
    if (job.status == JobStatus::running) running.push_back(std::move(job));
  }
  std::vector<JobStore::LoadWarning> warnings;
  auto store = JobStore::open(directory, warnings);
  if (!store) return fail_with(store.error());
  const int ticks = argc > 3 ? std::atoi(argv[3]) * 4 : 0;
  for (int tick = 0; tick < ticks; ++tick) {
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    for (auto& job : running) {
      move_on(job, std::min(job.progress->percent + 0.01, 99.9));
      if (auto saved = (*store)->save(job, Clock::now()); !saved) return fail_with(saved.error());
    }
  }
  return EXIT_SUCCESS;
}
