#pragma once

#include <vector>

#include "journal/base/time.h"

/// Whether a process that ended with an error is started again. Pure.
namespace actuary::engine::policy {

inline constexpr std::size_t kRestartsMax = 3;
inline constexpr Seconds kRestartWindow{60};

/// At most kRestartsMax within any kRestartWindow; what came before the window is forgiven.
[[nodiscard]] bool may_restart(const std::vector<Instant>& restarts, const Instant& now);

}  // namespace actuary::engine::policy
