// The loop's half of a child, and the queue to the other half; see child_watch.h.
#include "daemon/child_watch.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace av1d {

namespace {

using ErrorCode = boost::system::error_code;

constexpr std::size_t kMaxBacklogBytes = std::size_t{4} * 1024 * 1024;
constexpr std::size_t kChunkBytes = std::size_t{64} * 1024;
constexpr std::chrono::seconds kEofGrace{2};

}  // namespace

ChildWatch::ChildWatch(boost::asio::io_context& loop, std::shared_ptr<ChildRegistry> registry,
                       Command command, Limits limits)
    : loop_(loop),
      registry_(std::move(registry)),
      command_(std::move(command)),
      limits_(limits),
      pidfd_(loop),
      out_(loop),
      err_(loop),
      timeout_timer_(loop),
      kill_timer_(loop),
      eof_timer_(loop) {}

// ---- The job thread's side ----------------------------------------------------------------------

void ChildWatch::start() {
  boost::asio::post(loop_, [self = shared_from_this()] { self->start_on_loop(); });
}

void ChildWatch::request_end(EndReason reason) {
  boost::asio::post(loop_, [self = shared_from_this(), reason] { self->end_on_loop(reason); });
}

ChildWatch::Mail ChildWatch::next(Clock::time_point until) {
  Mail mail;
  bool resume = false;
  {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [this] { return !queue_.empty() || finished_; });
    mail.finished = queue_.empty() && finished_;
    if (queue_.empty()) return mail;
    mail.chunk = std::move(queue_.front());
    queue_.pop_front();
    Backlog& log = backlog(mail.chunk->stream);
    log.bytes -= mail.chunk->bytes.size() + sizeof(Chunk);
    resume = log.wants_more && log.bytes <= kMaxBacklogBytes / 2;
    if (resume) log.wants_more = false;
  }
  if (resume) {
    boost::asio::post(loop_, [self = shared_from_this(), stream = mail.chunk->stream] {
      self->on_readable(stream);
    });
  }
  return mail;
}

std::optional<ChildStatus> ChildWatch::status() {
  const std::lock_guard lock(mutex_);
  if (pid_ == 0) return std::nullopt;
  // Under the lock, since reap() takes it before the number becomes free.
  const Clock::time_point now = paused_since_.value_or(Clock::now());
  return ChildStatus{pid_, now - started_at_ - paused_for_, cpu_time(pid_)};
}

Result<RunExit> ChildWatch::take_result() {
  const std::lock_guard lock(mutex_);
  return std::move(result_);
}

// ---- Start and end, on the loop -----------------------------------------------------------------

void ChildWatch::start_on_loop() {
  auto started = start_child(command_);
  if (!started) {
    result_ = std::unexpected(started.error());
    return finish();
  }
  child_ = started->pid;
  registry_->children.insert(this);
  ++registry_->running;
  {
    const std::lock_guard lock(mutex_);
    pid_ = child_;
    started_at_ = Clock::now();
  }
  if (auto adopted = adopt(std::move(*started)); !adopted) {
    reap();
    result_ = std::unexpected(adopted.error());
    return finish();
  }
  arm_timeout(limits_.timeout);
  if (registry_->paused) pause();
  wait_readable(Stream::kOut);
  wait_readable(Stream::kErr);
  watch_exit();
}

Status ChildWatch::adopt(StartedChild started) {
  for (const auto& [to, from] : {std::pair{&pidfd_, &started.pidfd}, std::pair{&out_, &started.out},
                                 std::pair{&err_, &started.err}}) {
    ErrorCode error;
    to->assign(from->get(), error);
    if (error) return fail_errno("watch", command_.argv.front(), error.value());
    from->release();
  }
  return {};
}

void ChildWatch::arm_timeout(Clock::duration left) {
  if (limits_.timeout <= std::chrono::seconds(0)) return;
  timeout_timer_.expires_after(left);
  timeout_timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
    if (!error && !self->paused_since_) self->end_on_loop(EndReason::kTimeout);
  });
}

void ChildWatch::end_on_loop(EndReason reason) {
  if (child_ == 0) return;
  result_->timed_out |= reason == EndReason::kTimeout;
  result_->stopped |= reason == EndReason::kStop;
  result_->ended_by_tick |= reason == EndReason::kTick;
  if (ending_since_) return;
  ending_since_ = Clock::now();
  start_clock();
  signal_group(child_, SIGTERM);
  signal_group(child_, SIGCONT);  // a paused child takes no other signal
  arm_kill();
}

void ChildWatch::shorten_grace() {
  if (child_ != 0 && ending_since_) arm_kill();
}

void ChildWatch::arm_kill() {
  kill_timer_.expires_at(*ending_since_ + std::min(limits_.kill_grace, registry_->max_grace));
  kill_timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
    if (!error && self->child_ != 0) signal_group(self->child_, SIGKILL);
  });
}

void ChildWatch::signal(int signo) {
  if (child_ != 0) signal_group(child_, signo);
}

void ChildWatch::pause() {
  if (child_ == 0 || ending_since_ || paused_since_ || !pausable()) return;
  signal_group(child_, SIGSTOP);
  stop_clock();
}

void ChildWatch::resume() {
  if (child_ == 0 || !paused_since_) return;
  start_clock();
  arm_timeout(timeout_left_);
  signal_group(child_, SIGCONT);
}

void ChildWatch::stop_clock() {
  const std::lock_guard lock(mutex_);
  paused_since_ = Clock::now();
  timeout_left_ = timeout_timer_.expiry() - *paused_since_;
  timeout_timer_.cancel();
}

void ChildWatch::start_clock() {
  const std::lock_guard lock(mutex_);
  if (!paused_since_) return;
  paused_for_ += Clock::now() - *paused_since_;
  paused_since_.reset();
}

// Asio wakes a wait on a pidfd now and then although the process runs, so the kernel is asked.
void ChildWatch::watch_exit() {
  if (child_ == 0) return;
  if (has_exited(child_)) return on_exit();
  pidfd_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [self = shared_from_this()](const ErrorCode&) { self->watch_exit(); });
}

// KILL reaches whom the child left behind, while the number of the group is still ours.
Reaped ChildWatch::reap() {
  signal_group(child_, SIGKILL);
  {
    const std::lock_guard lock(mutex_);
    pid_ = 0;
  }
  const Reaped reaped = reap_child(child_);
  child_ = 0;
  registry_->children.erase(this);
  --registry_->running;
  return reaped;
}

void ChildWatch::on_exit() {
  const Reaped reaped = reap();
  result_->status = reaped.status;
  result_->signal = reaped.signal;
  result_->cpu = reaped.cpu;
  result_->max_rss_bytes = reaped.max_rss_bytes;
  result_->wall = Clock::now() - started_at_;
  timeout_timer_.cancel();
  kill_timer_.cancel();
  drain(Stream::kOut);
  drain(Stream::kErr);
  if (!out_.is_open() && !err_.is_open()) return finish();
  eof_timer_.expires_after(kEofGrace);
  eof_timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
    if (!error) self->finish();
  });
}

// A second time has no effect: the pipes' end and eof_timer_ may meet.
void ChildWatch::finish() {
  eof_timer_.cancel();
  ErrorCode ignored;  // nobody can act on a failed close
  pidfd_.close(ignored);
  out_.close(ignored);
  err_.close(ignored);
  const std::lock_guard lock(mutex_);
  finished_ = true;
  changed_.notify_one();
}

// ---- The pipes, on the loop ---------------------------------------------------------------------

// Waits for data unless the job thread has too much of it already; then next() starts it again.
void ChildWatch::wait_readable(Stream stream) {
  {
    const std::lock_guard lock(mutex_);
    Backlog& log = backlog(stream);
    log.wants_more = log.bytes > kMaxBacklogBytes;
    if (log.wants_more) return;
  }
  pipe(stream).async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      [self = shared_from_this(), stream](const ErrorCode&) { self->on_readable(stream); });
}

void ChildWatch::on_readable(Stream stream) {
  if (!pipe(stream).is_open()) return;
  if (read_once(stream) != ReadResult::kClosed) return wait_readable(stream);
  if (child_ == 0 && !out_.is_open() && !err_.is_open()) finish();
}

ChildWatch::ReadResult ChildWatch::read_once(Stream stream) {
  const ssize_t count = ::read(pipe(stream).native_handle(), buffer_.data(), buffer_.size());
  if (count > 0) {
    push(stream, std::string_view(buffer_.data(), static_cast<std::size_t>(count)));
    return ReadResult::kData;
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return ReadResult::kEmpty;
  ErrorCode ignored;
  pipe(stream).close(ignored);
  return ReadResult::kClosed;
}

// After the child's end: all it wrote is in the pipe, at most the pipe's size. Taken whatever the
// backlog, so that only a stranger's output can be lost when the pipe is closed.
void ChildWatch::drain(Stream stream) {
  if (!pipe(stream).is_open()) return;
  int left = 0;
  if (::ioctl(pipe(stream).native_handle(), FIONREAD, &left) != 0) left = 0;
  auto budget = static_cast<long long>(left);
  while (read_once(stream) == ReadResult::kData && budget > 0) {
    budget -= static_cast<long long>(buffer_.size());
  }
}

// Small pieces are joined: a child that writes single bytes must not fill the memory with strings.
void ChildWatch::push(Stream stream, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  const bool joins = !queue_.empty() && queue_.back().stream == stream &&
                     queue_.back().bytes.size() + bytes.size() <= kChunkBytes;
  if (joins) {
    queue_.back().bytes += bytes;
  } else {
    queue_.push_back(Chunk{stream, std::string(bytes)});
    backlog(stream).bytes += sizeof(Chunk);
  }
  backlog(stream).bytes += bytes.size();
  changed_.notify_one();
}

}  // namespace av1d
