#pragma once

#include <algorithm>
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "journal/base/result.h"

namespace actuary::journal::base {

using Microseconds = std::chrono::microseconds;
using Seconds = std::chrono::seconds;
/// UTC.
using Timestamp = std::chrono::sys_time<Microseconds>;

/// One moment on two clocks. Within one boot the boot clock measures; across boots only UTC is
/// left.
struct Instant {
  Timestamp utc{};
  Microseconds boot{};        ///< CLOCK_BOOTTIME: goes on while the machine sleeps
  std::uint64_t boot_id = 0;  ///< which boot; 0 in a simulated world is a boot like any other

  friend bool operator==(const Instant&, const Instant&) = default;
};

[[nodiscard]] inline Instant operator+(const Instant& at, Microseconds span) {
  return {at.utc + span, at.boot + span, at.boot_id};
}

/// Never negative: a wall clock that was set back makes a span of zero, not a debt.
[[nodiscard]] inline Microseconds elapsed(const Instant& from, const Instant& to) {
  const Microseconds span = from.boot_id == to.boot_id ? to.boot - from.boot : to.utc - from.utc;
  return std::max(span, Microseconds{0});
}

[[nodiscard]] inline bool reached(const Instant& now, const Instant& due) {
  return now.boot_id == due.boot_id ? now.boot >= due.boot : now.utc >= due.utc;
}

/// `2026-11-22T10:11:12.345Z`: what the API speaks.
[[nodiscard]] std::string to_iso(Timestamp at);
[[nodiscard]] Result<Timestamp> parse_iso(std::string_view text);

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() = 0;
};

}  // namespace actuary::journal::base
