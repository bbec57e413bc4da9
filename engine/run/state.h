#pragma once

#include <map>
#include <variant>

#include "journal/events/run.h"
#include "journal/record/record.h"

namespace actuary::engine::run {

/// What the run's events cost, and what they came to so far, in 10^-9 USD.
struct Charges {
  std::optional<events::Pricing> pricing;
  std::map<std::string, std::uint64_t> counts;
  std::int64_t nano_usd = 0;
  std::optional<Instant> stop_at;  ///< the limit is reached: when a run that goes on is aborted
  ACTUARY_FIELDS(Charges, pricing, counts, nano_usd, stop_at);
};

/// What every status knows.
struct Facts {
  RunId run_id;
  ActorId actor_id;
  UserId user_id;
  BuildId build_id;
  std::string build_number;
  events::Image image;
  events::RunOptions options;
  std::vector<events::EnvVar> env_vars;
  StorageId key_value_store_id;
  StorageId dataset_id;
  StorageId request_queue_id;
  std::string input_key;
  events::Meta meta;
  Instant created_at;
  std::uint32_t attempts = 0;
  events::AttemptCause next_cause = events::AttemptCause::kFirstStart;
  std::optional<Instant> timeout_at;  ///< counted from the first start, anew from a resurrection
  bool status_message_final = false;
  std::uint32_t metamorphs = 0;
  std::vector<Instant> restarts;      ///< the last ones after an error, at most kRestartsMax
  std::optional<Instant> wait_until;  ///< not admitted by then, it fails
  Charges charges;
  std::optional<std::string> retention_hold;  ///< why nothing may delete it
  std::vector<std::uint64_t> personal_keys;   ///< that its personal texts are sealed under
  ACTUARY_FIELDS(Facts, run_id, actor_id, user_id, build_id, build_number, image, options, env_vars,
                 key_value_store_id, dataset_id, request_queue_id, input_key, meta, created_at,
                 attempts, next_cause, timeout_at, status_message_final, metamorphs, restarts,
                 wait_until, charges, retention_hold, personal_keys);
};

/// What an Actor was told: save, and be stopped at `stop_at`.
struct Migration {
  Instant told_at;
  Instant stop_at;
  ACTUARY_FIELDS(Migration, told_at, stop_at);
};

/// One start of the container; see law 8.
struct Attempt {
  Position epoch = 0;
  std::uint32_t number = 0;
  Instant began_at;
  bool fenced = false;
  std::optional<Instant> started_at;
  Instant start_by;
  std::optional<Migration> migration;  ///< under way: another container follows
  ACTUARY_FIELDS(Attempt, epoch, number, began_at, fenced, started_at, start_by, migration);
};

/// A stop under way: what was tried last and when the next step is due.
struct Stop {
  std::optional<events::Escalation> step;
  Instant next_at;
  ACTUARY_FIELDS(Stop, step, next_at);
};

struct Absent {
  ACTUARY_FIELDS(Absent);
};

/// Queued, or its first container is being made; `stop` when that took too long.
struct Ready {
  Facts facts;
  std::optional<Attempt> attempt;
  std::optional<Stop> stop;
  std::string held_reason;
  ACTUARY_FIELDS(Ready, facts, attempt, stop, held_reason);
};

enum class Phase : std::uint8_t { kWaiting, kStarting, kLive, kReplacing };

struct Running {
  Facts facts;
  Phase phase = Phase::kWaiting;
  std::optional<Attempt> attempt;  ///< absent while waiting
  std::optional<Stop> stop;        ///< when a start took too long
  std::string held_reason;
  ACTUARY_FIELDS(Running, facts, phase, attempt, stop, held_reason);
};

struct TimingOut {
  Facts facts;
  Attempt attempt;
  Stop stop;
  ACTUARY_FIELDS(TimingOut, facts, attempt, stop);
};

struct Aborting {
  Facts facts;
  Attempt attempt;
  events::AbortMode mode = events::AbortMode::kImmediate;
  Stop stop;
  ACTUARY_FIELDS(Aborting, facts, attempt, mode, stop);
};

struct Finished {
  Facts facts;
  events::Outcome outcome = events::Outcome::kFailed;
  std::optional<std::int32_t> exit_code;
  ACTUARY_FIELDS(Finished, facts, outcome, exit_code);
};

/// Deleted by its user or by retention; its id answers with what is left of it.
struct Expired {
  Facts facts;
  events::Outcome outcome = events::Outcome::kFailed;
  ACTUARY_FIELDS(Expired, facts, outcome);
};

using State = std::variant<Absent, Ready, Running, TimingOut, Aborting, Finished, Expired>;

/// READY, RUNNING, TIMING-OUT, ABORTING, SUCCEEDED, FAILED, TIMED-OUT, ABORTED; ABSENT and EXPIRED
/// are never shown.
[[nodiscard]] std::string_view status_of(const State& state);
[[nodiscard]] const Facts* facts_of(const State& state);
/// Whether its container is being stopped for another one: what it still writes is nobody's.
[[nodiscard]] bool is_being_replaced(const State& state);
/// The attempt whose container may exist now, if any.
[[nodiscard]] const Attempt* attempt_of(const State& state);

}  // namespace actuary::engine::run
