#pragma once

#include <variant>

#include "journal/events/run.h"
#include "journal/record/record.h"

namespace actuary::engine::run {

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

  friend bool operator==(const Facts&, const Facts&) = default;
};

/// One start of the container; see law 8.
struct Attempt {
  Position epoch = 0;
  std::uint32_t number = 0;
  Instant began_at;
  bool fenced = false;
  std::optional<Instant> started_at;
  Instant start_by;

  friend bool operator==(const Attempt&, const Attempt&) = default;
};

/// A stop under way: what was tried last and when the next step is due.
struct Stop {
  std::optional<events::Escalation> step;
  Instant next_at;

  friend bool operator==(const Stop&, const Stop&) = default;
};

struct Absent {
  friend bool operator==(const Absent&, const Absent&) = default;
};

/// Queued, or its first container is being made; `stop` when that took too long.
struct Ready {
  Facts facts;
  std::optional<Attempt> attempt;
  std::optional<Stop> stop;
  std::string held_reason;

  friend bool operator==(const Ready&, const Ready&) = default;
};

enum class Phase : std::uint8_t { kWaiting, kStarting, kLive, kReplacing };

struct Running {
  Facts facts;
  Phase phase = Phase::kWaiting;
  std::optional<Attempt> attempt;  ///< absent while waiting
  std::optional<Stop> stop;        ///< when a start took too long
  std::string held_reason;

  friend bool operator==(const Running&, const Running&) = default;
};

struct TimingOut {
  Facts facts;
  Attempt attempt;
  Stop stop;

  friend bool operator==(const TimingOut&, const TimingOut&) = default;
};

struct Aborting {
  Facts facts;
  Attempt attempt;
  events::AbortMode mode = events::AbortMode::kImmediate;
  Stop stop;

  friend bool operator==(const Aborting&, const Aborting&) = default;
};

struct Finished {
  Facts facts;
  events::Outcome outcome = events::Outcome::kFailed;
  std::optional<std::int32_t> exit_code;

  friend bool operator==(const Finished&, const Finished&) = default;
};

/// Deleted by its user or by retention; its id answers with what is left of it.
struct Expired {
  Facts facts;
  events::Outcome outcome = events::Outcome::kFailed;

  friend bool operator==(const Expired&, const Expired&) = default;
};

using State = std::variant<Absent, Ready, Running, TimingOut, Aborting, Finished, Expired>;

/// READY, RUNNING, TIMING-OUT, ABORTING, SUCCEEDED, FAILED, TIMED-OUT, ABORTED; ABSENT and EXPIRED
/// are never shown.
[[nodiscard]] std::string_view status_of(const State& state);
[[nodiscard]] const Facts* facts_of(const State& state);
/// The attempt whose container may exist now, if any.
[[nodiscard]] const Attempt* attempt_of(const State& state);

}  // namespace actuary::engine::run
