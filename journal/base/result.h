#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace actuary::journal::base {

/// A code exists only where a caller could react to exactly it; `http_status` and the wire's type
/// string are one table in adapters/http.
enum class Code : std::uint8_t {
  kInvalidArgument,    ///< the caller's input; the detail names the field
  kInvalidTransition,  ///< this status does not take this command
  kNotFound,
  kNotUnique,
  kVersionConflict,  ///< somebody appended to the stream first; nothing was written
  kUnauthenticated,
  kForbidden,
  kFenced,  ///< a write from an attempt that its run has left behind
  kLimitExceeded,
  kTooManyRuns,  ///< of one account at once
  kTooLarge,
  kUnknownBuildTag,
  kBuildNotFinished,
  kRunNotFinished,
  kJobFinished,
  kCannotRemoveRunning,
  kDefaultBuild,
  kUnavailable,    ///< certainly not done; try again later
  kUnknown,        ///< perhaps done: look before repeating it
  kStorageFailed,  ///< the disk refused; the journal is read-only from now on
  kCorrupt,
  kNewerVersion,  ///< written by a newer program
  kInUse,         ///< another engine holds the folder
  kNoRuntime,     ///< no usable container runtime
};

struct Error {
  Code code;
  std::string detail;  ///< for people; never parsed

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T, class E = Error>
using Result = tl::expected<T, E>;

using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> fail(Code code, std::string detail) {
  return tl::unexpected<Error>(Error{code, std::move(detail)});
}

[[nodiscard]] std::string_view to_string(Code code);

}  // namespace actuary::journal::base

namespace actuary {
using namespace journal::base;  // NOLINT(google-build-using-namespace): base is every floor's
                                // vocabulary
}  // namespace actuary

#define ACTUARY_CONCAT_(a, b) a##b
#define ACTUARY_CONCAT(a, b) ACTUARY_CONCAT_(a, b)

/// `TRY(name, expression)`: returns the error, or binds the value.
#define TRY(name, ...) TRY_IMPL_(ACTUARY_CONCAT(try_result_, __LINE__), name, __VA_ARGS__)
#define TRY_IMPL_(result, name, ...)                                  \
  auto result = __VA_ARGS__;                                          \
  if (!result) return tl::make_unexpected(std::move(result).error()); \
  auto name = std::move(result).value()

/// `TRY_VOID(expression)`: returns the error, or goes on.
#define TRY_VOID(...)                                                 \
  do {                                                                \
    if (auto try_void_result = (__VA_ARGS__); !try_void_result)       \
      return tl::make_unexpected(std::move(try_void_result).error()); \
  } while (false)
