// Requests and answers as small JSON files in a directory of their own; see requests.h.
#include "av1d/requests.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "av1d/text.h"
#include "base64.h"
#include "job_words.h"
#include "small_file.h"

namespace av1d {

namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kRequestSuffix = ".request";
constexpr std::string_view kAnswerSuffix = ".answer";
constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;
// How often a command looks for its answer.
constexpr std::chrono::milliseconds kLookInterval{20};

Result<OpenDirectory> open_box(const fs::path& job_state_dir) {
  return open_directory(job_state_dir / kRequestBox);
}

Result<std::string> new_id() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return fail_errno("read", "random bytes", errno);
  }
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id;
  for (const unsigned char byte : bytes) {
    id += kDigits[byte >> 4U];
    id += kDigits[byte & 15U];
  }
  return id;
}

std::string temporary_name(const std::string& id) {
  return "." + id + ".tmp";
}

// ---- JSON -------------------------------------------------------------------------------------

std::string to_json(const Request& request) {
  Json json;
  json["verb"] = request.verb;
  json["arguments"] = Json::array();
  json["arguments_base64"] = Json::array();
  for (const auto& argument : request.arguments) {
    json["arguments"].push_back(printable(argument));  // for people who look
    json["arguments_base64"].push_back(base64_encode(argument));
  }
  return json.dump(2) + "\n";
}

std::string to_json(const Answer& answer) {
  Json json;
  json["exit_status"] = answer.exit_status;
  json["text_base64"] = base64_encode(answer.text);
  return json.dump(2) + "\n";
}

std::optional<std::string> text_at(const Json& json, const char* key) {
  const auto at = json.find(key);
  if (at == json.end() || !at->is_string()) return std::nullopt;
  return at->get<std::string>();
}

std::optional<Request> parse_request(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto verb = text_at(json, "verb");
  const auto arguments = json.find("arguments_base64");
  if (!verb || arguments == json.end() || !arguments->is_array()) return std::nullopt;
  Request request{*verb, {}};
  for (const Json& item : *arguments) {
    auto bytes = item.is_string() ? base64_decode(item.get<std::string>()) : std::nullopt;
    if (!bytes) return std::nullopt;
    request.arguments.push_back(*std::move(bytes));
  }
  return request;
}

std::optional<Answer> parse_answer(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto status = json.find("exit_status");
  const auto encoded = text_at(json, "text_base64");
  auto words = encoded ? base64_decode(*encoded) : std::nullopt;
  if (status == json.end() || !status->is_number_integer() || !words) return std::nullopt;
  return Answer{status->get<int>(), *std::move(words)};
}

// ---- The box ------------------------------------------------------------------------------------

struct Letter {
  std::string name;
  std::int64_t mtime_ns = 0;
};

// All that lies in the box, oldest first.
Result<std::vector<Letter>> list_box(const OpenDirectory& box) {
  DIR* dir = ::opendir(box.path.c_str());
  if (dir == nullptr) return fail_errno("read directory", box.path.native(), errno);
  std::vector<Letter> letters;
  while (const dirent* entry = ::readdir(dir)) {
    const std::string name = entry->d_name;
    struct stat info {};
    if (name == "." || name == ".." ||
        ::fstatat(box.fd.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      continue;
    }
    letters.push_back({name, info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec});
  }
  ::closedir(dir);
  std::ranges::sort(letters, {}, [](const Letter& letter) {
    return std::pair(letter.mtime_ns, std::cref(letter.name).get());
  });
  return letters;
}

std::optional<std::string> id_of(const std::string& name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return std::nullopt;
  std::string id = name.substr(0, name.size() - suffix.size());
  return is_job_id(id) ? std::optional(std::move(id)) : std::nullopt;  // 32 hex digits as well
}

std::unexpected<Error> cannot_reach(const fs::path& job_state_dir, const Error& error) {
  if (error.errno_value != EACCES) return std::unexpected(error);
  return fail("cannot reach the daemon in '" + printable(job_state_dir.native()) +
                  "': Permission denied (run it as root or as the user of the daemon)",
              EACCES);
}

std::optional<Answer> take_answer(const OpenDirectory& box, const std::string& id) {
  const std::string name = id + std::string(kAnswerSuffix);
  const auto text = read_small_file(box, name, kMaxBytes);
  if (!text) return std::nullopt;
  (void)remove_small_file(box, name);  // what stays is removed by the next daemon's start
  return parse_answer(*text);
}

}  // namespace

bool daemon_is_running(const fs::path& job_state_dir) {
  const OwnedFd lock(
      ::open((job_state_dir / ".lock").c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  return lock.valid() && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

Result<Answer> ask_daemon(const fs::path& job_state_dir, const Request& request,
                          std::chrono::seconds limit) {
  const auto box = open_box(job_state_dir);
  if (!box) return cannot_reach(job_state_dir, box.error());
  const auto id = new_id();
  if (!id) return std::unexpected(id.error());
  const std::string name = *id + std::string(kRequestSuffix);
  if (const Status left =
          write_small_file(*box, temporary_name(*id), name, to_json(request), Sync::no);
      !left) {
    return cannot_reach(job_state_dir, left.error());
  }
  const auto deadline = Clock::now() + limit;
  for (;;) {
    const bool was_running = daemon_is_running(job_state_dir);
    if (auto answer = take_answer(*box, *id)) return *std::move(answer);
    if (was_running && Clock::now() < deadline) {
      std::this_thread::sleep_for(kLookInterval);
      continue;
    }
    (void)remove_small_file(*box, name);
    if (!was_running) return fail("the daemon ended before it answered", ESRCH);
    return fail("the daemon does not answer", ETIMEDOUT);
  }
}

Status open_request_box(const fs::path& job_state_dir) {
  const fs::path path = job_state_dir / kRequestBox;
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_errno("create directory", path.native(), errno);
  }
  const auto box = open_box(job_state_dir);
  if (!box) return std::unexpected(box.error());
  if (::fchmod(box->fd.get(), 0700) != 0) {
    return fail_errno("set the mode of", path.native(), errno);
  }
  const auto letters = list_box(*box);
  if (!letters) return std::unexpected(letters.error());
  for (const auto& letter : *letters) {
    if (const Status removed = remove_small_file(*box, letter.name); !removed) return removed;
  }
  return {};
}

Result<std::vector<IncomingRequest>> take_requests(const fs::path& job_state_dir) {
  const auto box = open_box(job_state_dir);
  if (!box) return std::unexpected(box.error());
  const auto letters = list_box(*box);
  if (!letters) return std::unexpected(letters.error());
  std::vector<IncomingRequest> all;
  for (const auto& letter : *letters) {
    const auto id = id_of(letter.name, kRequestSuffix);
    if (!id) continue;
    const auto text = read_small_file(*box, letter.name, kMaxBytes);
    if (const Status removed = remove_small_file(*box, letter.name); !removed) {
      return std::unexpected(removed.error());
    }
    auto request = text ? parse_request(*text) : std::nullopt;
    if (request) all.push_back({*id, *std::move(request)});
  }
  return all;
}

Status answer_request(const fs::path& job_state_dir, const std::string& id, const Answer& answer) {
  const auto box = open_box(job_state_dir);
  if (!box) return std::unexpected(box.error());
  return write_small_file(*box, temporary_name(id), id + std::string(kAnswerSuffix),
                          to_json(answer), Sync::no);
}

}  // namespace av1d
