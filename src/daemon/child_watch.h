// A child between the loop, which owns it, and the job thread, which waits for it. The loop spawns,
// reads the pipes, signals and reaps; the job thread takes the output from a bounded queue.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

// GCC sees null pointers in Asio's inlined internals when it optimizes.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnull-dereference"
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#pragma GCC diagnostic pop

#include "av1d/runner.h"
#include "daemon/child.h"

namespace av1d {

enum class Stream { kOut, kErr };
enum class EndReason { kTimeout, kStop, kTick, kException };

class ChildWatch;

// What all children of a runner share. Loop thread only but for the count.
struct ChildRegistry {
  std::set<ChildWatch*> children;
  std::chrono::milliseconds max_grace = std::chrono::hours(24);
  bool paused = false;
  std::atomic<std::size_t> running = 0;
};

class ChildWatch : public std::enable_shared_from_this<ChildWatch> {
 public:
  using Clock = std::chrono::steady_clock;

  struct Limits {
    std::chrono::seconds timeout{0};
    std::chrono::milliseconds kill_grace{0};
    WhilePaused while_paused = WhilePaused::stop;
  };
  struct Chunk {
    Stream stream = Stream::kOut;
    std::string bytes;
  };
  // Neither a chunk nor the end: the time was up.
  struct Mail {
    std::optional<Chunk> chunk;
    bool finished = false;  // the child is reaped and all its output was taken
  };

  ChildWatch(boost::asio::io_context& loop, std::shared_ptr<ChildRegistry> registry,
             Command command, Limits limits);

  // Job thread: start(), then next() until it says finished, then take_result().
  void start();
  Mail next(Clock::time_point until);
  std::optional<ChildStatus> status();  // nothing before its start and after its end
  Result<RunExit> take_result();        // without stderr_tail

  // Any thread. TERM to the group, and KILL when the grace is over.
  void request_end(EndReason reason);

  // Loop thread.
  void signal(int signo);
  void shorten_grace();  // the registry's max_grace has changed
  void pause();          // unless it may run on, or is ending
  void resume();
  bool pausable() const { return limits_.while_paused == WhilePaused::stop; }
  pid_t pid() const { return child_; }

 private:
  enum class ReadResult { kData, kEmpty, kClosed };

  void start_on_loop();
  Status adopt(StartedChild started);
  void arm_timeout(Clock::duration left);
  void stop_clock();
  void start_clock();
  void end_on_loop(EndReason reason);
  void arm_kill();
  void watch_exit();
  Reaped reap();
  void on_exit();
  void wait_readable(Stream stream);
  void on_readable(Stream stream);
  ReadResult read_once(Stream stream);
  void drain(Stream stream);
  void push(Stream stream, std::string_view bytes);
  void finish();
  boost::asio::posix::stream_descriptor& pipe(Stream stream) {
    return stream == Stream::kOut ? out_ : err_;
  }

  // Loop thread only.
  boost::asio::io_context& loop_;
  std::shared_ptr<ChildRegistry> registry_;
  Command command_;
  Limits limits_;
  boost::asio::posix::stream_descriptor pidfd_;
  boost::asio::posix::stream_descriptor out_;
  boost::asio::posix::stream_descriptor err_;
  boost::asio::steady_timer timeout_timer_;
  boost::asio::steady_timer kill_timer_;
  boost::asio::steady_timer eof_timer_;
  pid_t child_ = 0;  // while it is not reaped: this number may be signalled
  std::optional<Clock::time_point> ending_since_;
  Clock::duration timeout_left_{0};  // while it is paused
  std::array<char, std::size_t{64} * 1024> buffer_{};

  // What next() reports when finished_ is set, the loop's until then.
  Result<RunExit> result_;
  Clock::time_point started_at_;

  // Both threads, under the mutex.
  struct Backlog {
    std::size_t bytes = 0;    // memory that the stream takes in the queue
    bool wants_more = false;  // reading has stopped because that was too much
  };
  Backlog& backlog(Stream stream) { return backlogs_[static_cast<std::size_t>(stream)]; }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Chunk> queue_;
  std::array<Backlog, 2> backlogs_;
  pid_t pid_ = 0;  // 0 before its start and after its end: this number may be asked about
  std::optional<Clock::time_point> paused_since_;  // written by the loop only
  Clock::duration paused_for_{0};                  // pauses that are over
  bool finished_ = false;
};

}  // namespace av1d
