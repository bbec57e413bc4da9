#pragma once

#include "journal/events/common.h"

namespace actuary::journal::events {

/// The first record of every process that writes: nobody with an older term may append after it.
struct TermClaimed {
  std::uint64_t term = 0;
  std::uint64_t nonce =
      0;  ///< 64 random bits: a restored backup never matches the lost future's terms
  std::uint32_t pid = 0;
  std::string program;
  std::uint16_t min_reader = 0;  ///< a program that knows only older schemas must not read this
  ACTUARY_FIELDS(TermClaimed, term, nonce, pid, program, min_reader);
};

/// What becomes of a run that would exceed its account's limits.
enum class WhenOverLimit : std::uint8_t {
  kRefuse,  ///< as Apify does
  kWait,
};
[[nodiscard]] std::string_view to_string(WhenOverLimit what);

/// What the writer decides by from here on; written with the claim of its term, so that a replay
/// can decide again.
struct SettingsAdopted {
  std::uint64_t memory_mbytes = 0;  ///< what the host gives to Actors
  std::uint64_t disk_mbytes = 0;
  std::uint32_t concurrent_builds_max = 0;
  std::uint32_t concurrent_runs_max = 0;
  std::uint32_t waiting_runs_max = 0;
  std::uint32_t options_policy = 0;  ///< versions of the policies that this program has
  std::uint32_t admission_policy = 0;
  std::uint32_t retention_policy = 0;  ///< 0: nothing is ever deleted
  Microseconds runs_kept_us{-1};       ///< after their end; negative: for ever
  std::uint32_t runs_kept_newest = 0;
  Microseconds builds_kept_us{-1};
  std::uint32_t waiting_secs_max = 0;           ///< how long a run may wait for room; 0: for ever
  std::uint64_t account_memory_mbytes_max = 0;  ///< of each account's runs and builds; 0: no limit
  std::uint32_t account_runs_max = 0;           ///< 0: no limit
  WhenOverLimit when_over_limit = WhenOverLimit::kRefuse;
  Microseconds storages_kept_us{-1};  ///< unnamed ones of no run; negative: for ever
  std::uint32_t lifecycle_rules = 0;  ///< version of what aggregates decide, see engine/replay
  ACTUARY_FIELDS(SettingsAdopted, memory_mbytes, disk_mbytes, concurrent_builds_max,
                 concurrent_runs_max, waiting_runs_max, options_policy, admission_policy,
                 retention_policy, runs_kept_us, runs_kept_newest, builds_kept_us, waiting_secs_max,
                 account_memory_mbytes_max, account_runs_max, when_over_limit, storages_kept_us,
                 lifecycle_rules);
};

/// Nothing starts on this host from here on, and what runs is told to save and stopped.
struct DrainBegan {
  std::uint32_t window_secs = 0;  ///< between the two
  std::string reason;
  ACTUARY_FIELDS(DrainBegan, window_secs, reason);
};

struct DrainEnded {
  std::string reason;
  ACTUARY_FIELDS(DrainEnded, reason);
};

}  // namespace actuary::journal::events
