// Commands beside a running daemon: `av1d --retry` and the like leave a request file in
// `job_state_dir/.requests`, the daemon carries it out and answers there. The directory is 0700:
// who may command the daemon is root and the user that it runs as.
//
//   command                                  daemon
//   ask_daemon() writes ID.request           open_request_box() at its start
//                                            take_requests(): read and removed
//   reads and removes ID.answer         <--  answer_request() writes ID.answer
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "av1d/result.h"
#include "av1d/types.h"

namespace av1d {

struct Request {
  std::string verb;                    // "retry", "undo", ...
  std::vector<std::string> arguments;  // any bytes: paths stay exact

  bool operator==(const Request&) const = default;
};

// What happened, for the one who asked.
struct Answer {
  int exit_status = 0;  // the command's
  std::string text;     // lines for a person; to standard output where exit_status is 0

  bool operator==(const Answer&) const = default;
};

struct IncomingRequest {
  std::string id;
  Request request;
};

inline constexpr const char* kRequestBox = ".requests";

// True while a process holds the lock of this job_state_dir. Reads the disk.
bool daemon_is_running(const fs::path& job_state_dir);

// The command's side: leaves the request and waits for its answer. An error when it could not be
// left (EACCES: with what to do), when the daemon ends before it answers (ESRCH) or does not answer
// in time (ETIMEDOUT; the request is then withdrawn if it has not been taken up).
Result<Answer> ask_daemon(const fs::path& job_state_dir, const Request& request,
                          std::chrono::seconds limit);

// The daemon's side. Makes the box and removes what commands that are gone left in it.
Status open_request_box(const fs::path& job_state_dir);
// All requests, oldest first; each is removed before it is returned, so that none is ever carried
// out twice. What is not a request is removed too.
Result<std::vector<IncomingRequest>> take_requests(const fs::path& job_state_dir);
Status answer_request(const fs::path& job_state_dir, const std::string& id, const Answer& answer);

}  // namespace av1d
