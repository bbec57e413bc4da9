#pragma once

#include <functional>
#include <string>
#include <vector>

#include "projections/history/moment.h"

namespace actuary::projections::history {

struct FleetRun {
  RunId id;
  ActorId actor_id;
  UserId user_id;
  std::string build_number;
  std::string status;
  std::string started_at;  ///< of the request, ISO 8601
  std::uint32_t memory_mbytes = 0;
  std::string held_reason;  ///< why it waited, empty: it did not
  Position position = 0;    ///< of its last change until then
  ACTUARY_FIELDS(FleetRun, id, actor_id, user_id, build_number, status, started_at, memory_mbytes,
                 held_reason, position);
};

struct StatusCount {
  std::string status;
  std::uint64_t runs = 0;
  ACTUARY_FIELDS(StatusCount, status, runs);
};

/// Every run that there was then, counted; those that were asked for, listed.
struct Fleet {
  Moment moment;
  std::vector<StatusCount> counts;
  std::uint64_t total = 0;     ///< runs that were asked for
  std::vector<FleetRun> runs;  ///< the oldest `limit` of them
  ACTUARY_FIELDS(Fleet, moment, counts, total, runs);
};

struct FleetWish {
  std::vector<std::string> statuses;  ///< none: every status in which a run is not over
  std::size_t limit = 10'000;
  /// Called now and then with the position that was read; false gives up.
  std::function<bool(Position)> progress;
};

/// Reads the journal from its beginning up to `moment`: as long as that takes.
///
/// errors: kInvalidArgument: no such status, or given up; kCorrupt, kNewerVersion: from the journal
[[nodiscard]] Result<Fleet> fleet_at(const journal::Reader& journal, const Moment& moment,
                                     const FleetWish& wish = {});

}  // namespace actuary::projections::history
