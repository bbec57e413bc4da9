#pragma once

#include <cstdint>
#include <optional>

#include "journal/base/time.h"

/// Whether the wall clock is believed by what deletes because it is old. Pure.
namespace actuary::engine::policy {

/// How far the wall clock may run from the boot clock while the engine runs.
inline constexpr Seconds kClockDriftMax{3600};
/// How long an engine may have been away before its first wall clock needs a second opinion.
inline constexpr Seconds kAwayMax{7 * 86'400};
/// What gives that opinion: this long a run of the engine, by the boot clock.
inline constexpr Seconds kObservedMin{86'400};

enum class ClockTrust : std::uint8_t {
  kBelieved,
  kLeapt,     ///< it moved against the boot clock since the engine began
  kUnproven,  ///< when the engine began it was far ahead of what was believed, and nobody said why
};

struct ClockEvidence {
  std::optional<Timestamp> believed;  ///< a time that was believed before; none: all is new
  Instant begin{};                    ///< of this engine
  bool vouched = false;               ///< an operator says that it is right
};

/// Within one boot (an engine never outlives one).
[[nodiscard]] ClockTrust clock_trust(const ClockEvidence& evidence, const Instant& now);

}  // namespace actuary::engine::policy
