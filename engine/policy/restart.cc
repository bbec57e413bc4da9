#include "engine/policy/restart.h"

#include <algorithm>

namespace actuary::engine::policy {

bool may_restart(const std::vector<Instant>& restarts, const Instant& now) {
  const auto recent = std::count_if(restarts.begin(), restarts.end(), [&](const Instant& at) {
    return elapsed(at, now) < kRestartWindow;
  });
  return static_cast<std::size_t>(recent) < kRestartsMax;
}

}  // namespace actuary::engine::policy
