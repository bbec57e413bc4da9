#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/base/result.h"

namespace actuary::adapters::reactor {

enum class Death : std::uint8_t {
  kWithUs,       ///< SIGKILL when the thread that started it ends
  kIndependent,  ///< a session of its own, outlives us
};

/// One program to run. Blocking: call it on a worker.
struct Command {
  std::vector<std::string> argv = {};       ///< argv[0] is looked up in PATH
  std::vector<std::string> extra_env = {};  ///< NAME=value, before our own environment
  std::string input = {};                   ///< its stdin, at most kInputMax bytes
  std::string working_directory = {};       ///< empty: ours
  int mount_namespace = -1;                 ///< entered first when not -1
  int inherit_as_3 = -1;                    ///< given to the child as descriptor 3 when not -1
  Death death = Death::kWithUs;
  std::chrono::milliseconds timeout{30'000};
  /// Called as output (stdout and stderr, merged) arrives; when empty it is collected.
  std::function<void(std::string_view)> on_output = {};
  /// Called once the process exists, before its output is read.
  std::function<void(pid_t)> on_started = {};
};

struct Outcome {
  int exit_code = -1;  ///< 128 + signal when killed
  bool timed_out = false;
  std::string output;  ///< at most kOutputMax bytes, the rest was dropped
};

inline constexpr std::size_t kOutputMax = 1u << 20;
inline constexpr std::size_t kInputMax = 60'000;  ///< fits a pipe, so that writing it never blocks

/// Runs it to its end.
///
/// errors: kUnavailable: it could not be started; kInvalidArgument: too much input
[[nodiscard]] Result<Outcome> run(const Command& command);

/// Like `run`, and an exit code other than 0 is an error with the output's last lines.
///
/// errors: kUnavailable
[[nodiscard]] Result<std::string> run_ok(const Command& command);

/// Where a program is, looked up in PATH and the system folders; empty when it is not installed.
[[nodiscard]] std::string find_program(std::string_view name);

}  // namespace actuary::adapters::reactor
