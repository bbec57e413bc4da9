#pragma once

#include <string>
#include <vector>

#include "engine/decision/effect.h"
#include "engine/policy/retention.h"
#include "journal/record/record.h"

namespace actuary::engine::directory {
class Directory;
}

namespace actuary::engine::decision {

/// What each account may hold at once, unless it was given limits of its own. 0: without a limit.
struct AccountLimits {
  std::uint64_t memory_mbytes = 0;  ///< of its runs and builds together
  std::uint32_t runs = 0;
  ACTUARY_FIELDS(AccountLimits, memory_mbytes, runs);
};

/// What a host gives to Actors; the engine counts against it.
struct Settings {
  ports::Capacity capacity;
  std::uint32_t concurrent_builds_max = 2;
  std::uint32_t concurrent_runs_max = 240;  ///< below the runtime's network namespaces
  std::uint32_t waiting_runs_max = 10'000;
  policy::Retention retention;
  std::uint32_t waiting_secs_max = 24 * 3600;  ///< then a run that waits for room fails; 0: never
  AccountLimits account_limits;
  events::WhenOverLimit when_over_limit = events::WhenOverLimit::kRefuse;
};

/// All that a decision may look at besides its own aggregate.
struct Context {
  Instant now;
  const Principal& principal;
  const directory::Directory& directory;
  const Settings& settings;
};

/// An event and the stream that it goes to: one command may append to several streams in one batch.
struct Proposed {
  StreamId stream;
  events::Event event;

  friend bool operator==(const Proposed&, const Proposed&) = default;
};

/// Empty: accepted, nothing to do.
using Events = std::vector<Proposed>;
using Decision = Result<Events>;

}  // namespace actuary::engine::decision

namespace actuary::engine {
using decision::Context;
using decision::Decision;
using decision::Effects;
using decision::Events;
using decision::Proposed;
}  // namespace actuary::engine
