// Errors as values. A library function that can fail returns Result<T>; the program that called it
// decides whether the error is logged, shown or turned into the verdict on a job.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace av1d {

// What went wrong, ready for a person: verb, object in single quotes, reason.
// `cannot rename '/a/b.mkv': No space left on device`
struct Error {
  std::string message;
  int errno_value = 0;  // the errno behind it, 0 where there is none: callers tell ENOSPC from EIO

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

inline std::unexpected<Error> fail(std::string message, int errno_value = 0) {
  return std::unexpected(Error{std::move(message), errno_value});
}

// "cannot VERB 'OBJECT': strerror(errno_value)". Pure but for the locale of strerror.
std::unexpected<Error> fail_errno(std::string_view verb, std::string_view object, int errno_value);

}  // namespace av1d
