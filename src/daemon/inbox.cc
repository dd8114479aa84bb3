// inotify on job_state_dir and its request box; see inbox.h.
#include "daemon/inbox.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "av1d/owned_fd.h"
#include "av1d/requests.h"
#include "daemon/pause.h"

namespace av1d {

Status Inbox::watch(const fs::path& job_state_dir, std::function<void()> on_pause,
                    std::function<void()> on_request) {
  on_pause_ = std::move(on_pause);
  on_request_ = std::move(on_request);
  OwnedFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd.valid()) return fail_errno("watch", job_state_dir.native(), errno);
  const fs::path box = job_state_dir / kRequestBox;
  box_watch_ = ::inotify_add_watch(fd.get(), box.c_str(), IN_MOVED_TO);
  if (box_watch_ < 0) return fail_errno("watch", box.native(), errno);
  if (::inotify_add_watch(fd.get(), job_state_dir.c_str(),
                          IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO) < 0) {
    return fail_errno("watch", job_state_dir.native(), errno);
  }
  boost::system::error_code error;
  events_.assign(fd.get(), error);
  if (error) return fail_errno("watch", job_state_dir.native(), error.value());
  fd.release();
  wait();
  return {};
}

void Inbox::close() {
  boost::system::error_code ignored;
  events_.close(ignored);
}

void Inbox::wait() {
  events_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code& error) {
                       if (error) return;
                       read_events();
                       wait();
                     });
}

void Inbox::read_events() {
  bool pause = false;
  bool request = false;
  alignas(inotify_event) std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(events_.native_handle(), buffer.data(), buffer.size());
    if (got <= 0) break;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      at += sizeof event + event.len;
      const bool lost = (event.mask & IN_Q_OVERFLOW) != 0;
      request = request || lost || event.wd == box_watch_;
      pause = pause || lost || (event.len > 0 && std::string_view(name) == kPauseFile);
    }
  }
  if (pause) on_pause_();
  if (request) on_request_();
}

}  // namespace av1d
