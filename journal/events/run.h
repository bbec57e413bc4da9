#pragma once

#include "journal/events/common.h"

namespace actuary::journal::events {

struct RunCreated {
  RunId run_id;
  ActorId actor_id;
  UserId user_id;
  BuildId build_id;
  std::string build_number;
  Image image;
  RunOptions options;
  std::vector<EnvVar> env_vars;
  StorageId key_value_store_id;
  StorageId dataset_id;
  StorageId request_queue_id;
  std::string input_key;  ///< record of the key-value store that holds the input
  std::uint64_t input_bytes = 0;
  Meta meta;
  std::optional<Pricing> pricing;     ///< what its events cost, for as long as the run lives
  std::optional<Instant> wait_until;  ///< not admitted by then, it fails
  ACTUARY_FIELDS(RunCreated, run_id, actor_id, user_id, build_id, build_number, image, options,
                 env_vars, key_value_store_id, dataset_id, request_queue_id, input_key, input_bytes,
                 meta, pricing, wait_until);
};

/// Waiting, and why: admission found no room.
struct RunHeld {
  std::string reason;
  ACTUARY_FIELDS(RunHeld, reason);
};

enum class AttemptCause : std::uint8_t {
  kFirstStart,
  kResurrection,
  kReboot,
  kMigration,
  kMetamorph,
  kRestart,
};
[[nodiscard]] std::string_view to_string(AttemptCause cause);

/// One start of the run's container. Its epoch is the position of this event.
struct AttemptBegan {
  AttemptCause cause = AttemptCause::kFirstStart;
  std::uint32_t number = 0;  ///< 1, 2, … within the run
  Instant start_by;          ///< a container that has not started by then is declared failed
  ACTUARY_FIELDS(AttemptBegan, cause, number, start_by);
};

/// From `storage_sequence` on, only writes of this epoch count as the run's own.
struct AttemptFenced {
  Position epoch = 0;
  std::uint64_t storage_sequence = 0;
  ACTUARY_FIELDS(AttemptFenced, epoch, storage_sequence);
};

struct AttemptStarted {
  Position epoch = 0;
  Instant started_at;
  std::optional<Instant> timeout_at;
  ACTUARY_FIELDS(AttemptStarted, epoch, started_at, timeout_at);
};

enum class AbortMode : std::uint8_t { kImmediate, kGraceful };
[[nodiscard]] std::string_view to_string(AbortMode mode);

struct AbortRequested {
  AbortMode mode = AbortMode::kImmediate;
  Instant kill_at;  ///< graceful: the end of the grace; immediate: when the next escalation is due
  ACTUARY_FIELDS(AbortRequested, mode, kill_at);
};

struct TimeoutReached {
  Instant kill_at;
  ACTUARY_FIELDS(TimeoutReached, kill_at);
};

enum class Escalation : std::uint8_t { kKill, kRemove, kDeclare };
[[nodiscard]] std::string_view to_string(Escalation step);

/// A stop that did not work in time moves one step up: kill, remove, declare lost.
struct StopEscalated {
  Escalation step = Escalation::kKill;
  Instant next_at;
  ACTUARY_FIELDS(StopEscalated, step, next_at);
};

/// How we know that an attempt's container is gone.
enum class Evidence : std::uint8_t { kExitReport, kProvenEmpty, kDeclaredLost, kNeverStarted };
[[nodiscard]] std::string_view to_string(Evidence evidence);

/// What an attempt's container used, sampled once a second. Memory without the page cache that the
/// kernel may drop; CPU in per cent of one core.
struct ResourceUsage {
  std::uint64_t samples = 0;  ///< the averages' weight
  std::uint64_t memory_bytes_avg = 0;
  std::uint64_t memory_bytes_max = 0;
  double cpu_percent_avg = 0;
  double cpu_percent_max = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  ACTUARY_FIELDS(ResourceUsage, samples, memory_bytes_avg, memory_bytes_max, cpu_percent_avg,
                 cpu_percent_max, received_bytes, sent_bytes);
};

struct AttemptEnded {
  Position epoch = 0;
  std::optional<std::int32_t> exit_code;
  std::int32_t signal = 0;
  bool out_of_memory = false;
  Evidence evidence = Evidence::kExitReport;
  Instant ended_at;
  std::int64_t active_micros = 0;
  std::uint32_t memory_mbytes = 0;
  std::string detail;
  ResourceUsage usage;
  ACTUARY_FIELDS(AttemptEnded, epoch, exit_code, signal, out_of_memory, evidence, ended_at,
                 active_micros, memory_mbytes, detail, usage);
};

enum class Outcome : std::uint8_t { kSucceeded, kFailed, kTimedOut, kAborted };
/// As the API spells it: SUCCEEDED, FAILED, TIMED-OUT, ABORTED.
[[nodiscard]] std::string_view to_string(Outcome outcome);

struct RunFinished {
  Outcome outcome = Outcome::kFailed;
  std::optional<std::int32_t> exit_code;
  std::string reason;
  ACTUARY_FIELDS(RunFinished, outcome, exit_code, reason);
};

struct RunResurrected {
  BuildId build_id;
  std::string build_number;
  Image image;
  RunOptions options;
  std::vector<EnvVar> env_vars;
  Meta meta;
  std::optional<Instant> wait_until;  ///< not admitted by then, it fails
  ACTUARY_FIELDS(RunResurrected, build_id, build_number, image, options, env_vars, meta,
                 wait_until);
};

struct StatusMessageSet {
  std::string message;
  std::optional<bool> is_terminal;
  ACTUARY_FIELDS(StatusMessageSet, message, is_terminal);
};

struct RunDeleted {
  std::string reason;
  std::vector<std::uint64_t> keys;  ///< personal keys that are destroyed with it
  ACTUARY_FIELDS(RunDeleted, reason, keys);
};

/// The container is stopped to be made anew; the run goes on. `cause` is the next attempt's.
struct ReplacementRequested {
  AttemptCause cause = AttemptCause::kReboot;
  Instant kill_at;  ///< when the next escalation is due
  ACTUARY_FIELDS(ReplacementRequested, cause, kill_at);
};

/// From the next attempt on the run is another Actor's, with an input of its own.
struct RunMetamorphed {
  ActorId actor_id;
  BuildId build_id;
  std::string build_number;
  Image image;
  std::vector<EnvVar> env_vars;
  std::string input_key;
  ACTUARY_FIELDS(RunMetamorphed, actor_id, build_id, build_number, image, env_vars, input_key);
};

/// `count` events of that name, at a price each.
struct RunCharged {
  std::string event_name;
  std::uint64_t count = 0;
  std::int64_t nano_usd_each = 0;
  ACTUARY_FIELDS(RunCharged, event_name, count, nano_usd_each);
};

/// Its container has to go: the Actor is told to save, and is stopped at `stop_at` to go on in
/// another one.
struct MigrationRequested {
  Instant stop_at;
  ACTUARY_FIELDS(MigrationRequested, stop_at);
};

/// Its container is gone, and no other may come yet: it gives its place back and waits for one.
/// `cause` is the next attempt's.
struct ReplacementQueued {
  AttemptCause cause = AttemptCause::kMigration;
  std::optional<Instant> wait_until;  ///< not admitted by then, it fails
  ACTUARY_FIELDS(ReplacementQueued, cause, wait_until);
};

/// Nothing deletes the run until the hold is lifted.
struct RetentionHoldPlaced {
  std::string reason;
  ACTUARY_FIELDS(RetentionHoldPlaced, reason);
};

struct RetentionHoldLifted {
  std::string reason;
  ACTUARY_FIELDS(RetentionHoldLifted, reason);
};

}  // namespace actuary::journal::events
