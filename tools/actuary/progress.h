#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace actuary::tools {

/// How far long work has come, on stderr: one line that is written over on a terminal, else a line
/// now and then.
class Progress {
 public:
  /// `what` is counted, `events`.
  explicit Progress(std::string what);
  /// Ends the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void at(std::uint64_t done, std::uint64_t of);

 private:
  using Clock = std::chrono::steady_clock;

  const std::string what_;
  const bool terminal_;
  const Clock::time_point begun_ = Clock::now();
  Clock::time_point shown_ = begun_;
  bool any_ = false;
};

}  // namespace actuary::tools
