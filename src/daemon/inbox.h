// What people put into job_state_dir beside a running daemon: `.pause`, and requests. inotify tells
// at once; where it can't, the owner of the inbox has to look now and then.
#pragma once

#include <array>
#include <functional>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnull-dereference"
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#pragma GCC diagnostic pop

#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

// The loop's thread. No wake-ups while nothing happens.
class Inbox {
 public:
  explicit Inbox(boost::asio::io_context& loop) : events_(loop) {}

  // `on_pause`: .pause came or went. `on_request`: something was put into the request box. An error
  // where the kernel gives no watch; then neither is ever called.
  Status watch(const fs::path& job_state_dir, std::function<void()> on_pause,
               std::function<void()> on_request);
  void close();

 private:
  void wait();
  void read_events();

  boost::asio::posix::stream_descriptor events_;
  int box_watch_ = -1;
  std::function<void()> on_pause_, on_request_;
};

}  // namespace av1d
