#pragma once

#include <string>
#include <variant>

#include "journal/events/system.h"

namespace actuary::engine::host {

/// Nothing starts here any more, and what runs is migrated: told to save, and stopped
/// `window_secs` later.
struct Drain {
  std::uint32_t window_secs = 0;  ///< at most run::kMigrationWindowMax
  std::string reason;
  ACTUARY_FIELDS(Drain, window_secs, reason);
};

/// What waits may start again.
struct EndDrain {
  std::string reason;
  ACTUARY_FIELDS(EndDrain, reason);
};

using Command = std::variant<Drain, EndDrain>;

}  // namespace actuary::engine::host
