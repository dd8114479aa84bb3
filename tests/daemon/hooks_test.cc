// Hooks: which command a job's end calls for, what the command is told, and that whatever it does
// is no trouble of the daemon's.
#include "daemon/hooks.h"

#include "daemon/subprocess_fixture.h"
#include "support/fake_runner.h"

using namespace av1d;

namespace {

Job ended(JobStatus status) {
  Job job;
  job.source_path = "/films/a \xff\n'b'.avi";
  job.id = job_id(job.source_path, job.source);
  job.status = status;
  job.original_bytes = 2000;
  if (status != JobStatus::success) {
    job.reason = Reason{ReasonCode::size_gate, "not small\nenough"};
    return job;
  }
  job.new_bytes = 900;
  job.result = ResultStamp{"/films/a \xff\n'b'.mkv", 900, 1};
  return job;
}

bool tells(const HookRun& hook, const std::string& entry) {
  return std::ranges::find(hook.environment, entry) != hook.environment.end();
}

HookRun shell(const std::string& script, std::vector<std::string> words = {}) {
  HookRun hook;
  hook.event = "success";
  hook.argv = {"sh", "-c", script, "sh"};
  hook.argv.insert(hook.argv.end(), words.begin(), words.end());
  hook.timeout = std::chrono::seconds(60);
  return hook;
}

}  // namespace

TEST_CASE("hook_for picks the command by the job's end", "[hooks]") {
  Config config;
  CHECK_FALSE(hook_for(ended(JobStatus::success), config));
  config.on_success = {"good"};
  config.on_failure = {"bad", "really"};
  config.on_skip = {"none"};
  config.hook_timeout_secs = 7;
  const auto good = hook_for(ended(JobStatus::success), config);
  REQUIRE(good);
  CHECK(good->argv == config.on_success);
  CHECK(good->event == "success");
  CHECK(good->timeout == std::chrono::seconds(7));
  CHECK(hook_for(ended(JobStatus::failed), config)->argv == config.on_failure);
  CHECK(hook_for(ended(JobStatus::failed), config)->event == "failure");
  CHECK(hook_for(ended(JobStatus::skipped), config)->argv == config.on_skip);
  CHECK_FALSE(hook_for(ended(JobStatus::pending), config));
  CHECK_FALSE(hook_for(ended(JobStatus::running), config));
}

TEST_CASE("hook_for tells paths byte for byte and words without control characters", "[hooks]") {
  Config config;
  config.on_success = config.on_skip = {"tell"};
  config.job_state_dir = "/state";
  const Job success = ended(JobStatus::success);
  const auto good = hook_for(success, config);
  REQUIRE(good);
  CHECK(good->input == to_json(success));
  CHECK(tells(*good, "AV1D_EVENT=success"));
  CHECK(tells(*good, "AV1D_STATUS=success"));
  CHECK(tells(*good, "AV1D_SOURCE=/films/a \xff\n'b'.avi"));
  CHECK(tells(*good, "AV1D_OUTPUT=/films/a \xff\n'b'.mkv"));
  CHECK(tells(*good, "AV1D_DIRECTORY=/films"));
  CHECK(tells(*good, "AV1D_JOB_ID=" + success.id));
  CHECK(tells(*good, "AV1D_JOB_FILE=/state/" + success.id + ".json"));
  CHECK(tells(*good, "AV1D_ORIGINAL_BYTES=2000"));
  CHECK(tells(*good, "AV1D_NEW_BYTES=900"));
  CHECK(tells(*good, "AV1D_REASON="));
  const auto skip = hook_for(ended(JobStatus::skipped), config);
  CHECK(tells(*skip, "AV1D_REASON=not small\\x0aenough"));
  CHECK(tells(*skip, "AV1D_REASON_CODE=size_gate"));
  CHECK(tells(*skip, "AV1D_OUTPUT="));
  CHECK(tells(*skip, "AV1D_NEW_BYTES="));
}

TEST_CASE("a hook reads its job on standard input and in its environment", "[hooks]") {
  const test::TempDir dir;
  test::LoopRunner loop;
  Hooks hooks(loop.runner);
  Config config;
  config.on_success = {"sh", "-c", "cat > \"$1\"; printf %s \"$AV1D_SOURCE\" > \"$1.env\"", "sh",
                       dir / "said"};
  const Job job = ended(JobStatus::success);
  hooks.start(*hook_for(job, config));
  hooks.drain({});
  CHECK(test::read_file(dir / "said") == to_json(job));
  CHECK(test::read_file(dir / "said.env") == job.source_path.native());
  CHECK(hooks.failures() == 0);
}

TEST_CASE("a hook that reads nothing is no trouble, however much there is to read", "[hooks]") {
  test::LoopRunner loop;
  Hooks hooks(loop.runner);
  HookRun hook = shell("exit 0");
  hook.input = std::string(3'000'000, 'x');
  hooks.start(hook);
  hooks.drain({});
  CHECK(hooks.failures() == 0);
}

TEST_CASE("hooks that fail, hang or do not exist are counted and nothing else", "[hooks]") {
  const test::TempDir dir;
  test::LoopRunner loop;
  Hooks hooks(loop.runner);
  hooks.start(shell("echo no >&2; exit 3"));
  HookRun hanging = shell("sleep 1000");
  hanging.timeout = std::chrono::seconds(1);
  hooks.start(hanging);
  HookRun missing = shell("");
  missing.argv = {dir / "nothing"};
  hooks.start(missing);
  hooks.start(shell("touch \"$1\"", {dir / "last"}));
  hooks.drain({});
  CHECK(hooks.failures() == 3);
  CHECK(fs::exists(dir / "last"));
}

TEST_CASE("starting hooks waits for none of them, and only two run at a time", "[hooks]") {
  const test::TempDir dir;
  const fs::path gate = dir / "gate";
  test::LoopRunner loop;
  Hooks hooks(loop.runner);
  // Each leaves its mark, then waits for the gate.
  for (int i = 0; i < 6; ++i) {
    hooks.start(shell("touch \"$1/run.$2\"; while [ ! -e \"$1/gate\" ]; do sleep 0.05; done",
                      {dir.path(), std::to_string(i)}));
  }
  const auto marks = [&] {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(dir.path())) {
      count += entry.path().filename().native().starts_with("run.") ? 1 : 0;
    }
    return count;
  };
  CHECK(test::eventually([&] { return marks() == 2; }));
  CHECK(loop.runner.running() == 2);
  CHECK(marks() == 2);
  test::write_file(gate, "");
  hooks.drain({});
  CHECK(marks() == 6);
}

TEST_CASE("the end of the daemon ends its hooks and starts no other", "[hooks]") {
  const test::TempDir dir;
  test::LoopRunner loop;
  {
    Hooks hooks(loop.runner);
    for (int i = 0; i < 5; ++i) {
      hooks.start(shell("touch \"$1/$2\"; sleep 1000", {dir.path(), std::to_string(i)}));
    }
    CHECK(test::eventually([&] { return fs::exists(dir / "0") && fs::exists(dir / "1"); }));
  }
  CHECK(loop.runner.running() == 0);
  CHECK_FALSE(fs::exists(dir / "2"));
}

TEST_CASE("too many waiting hooks are left out instead of remembered", "[hooks]") {
  test::LoopRunner loop;
  Hooks hooks(loop.runner);
  for (int i = 0; i < 1100; ++i) hooks.start(shell("sleep 1000"));
  CHECK(hooks.failures() >= 98);  // 1000 wait, 2 run
}
