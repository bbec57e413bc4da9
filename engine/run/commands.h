#pragma once

#include <variant>

#include "journal/events/run.h"

namespace actuary::engine::run {

using events::AbortMode;

/// What a caller asked for; what is absent comes from the Actor's defaults, then from the
/// platform's.
struct RequestedOptions {
  std::optional<std::string> build;
  std::optional<std::uint32_t> timeout_secs;
  std::optional<std::uint32_t> memory_mbytes;
  std::optional<bool> restart_on_error;
  std::optional<std::uint64_t> max_items;
  std::optional<double> max_total_charge_usd;
  std::optional<std::uint32_t> priority;
  ACTUARY_FIELDS(RequestedOptions, build, timeout_secs, memory_mbytes, restart_on_error, max_items,
                 max_total_charge_usd, priority);
};

/// The input is in the key-value store already: it is written first, so that a run never lacks it.
struct Start {
  RunId run_id;
  ActorId actor_id;
  UserId user_id;
  StorageId key_value_store_id;
  StorageId dataset_id;
  StorageId request_queue_id;
  std::string input_key;
  std::uint64_t input_bytes = 0;
  RequestedOptions options;
  events::Meta meta;
  ACTUARY_FIELDS(Start, run_id, actor_id, user_id, key_value_store_id, dataset_id, request_queue_id,
                 input_key, input_bytes, options, meta);
};

/// Admission found no room.
struct Hold {
  RunId run_id;
  std::string reason;
  ACTUARY_FIELDS(Hold, run_id, reason);
};

/// Admission found room.
struct Admit {
  RunId run_id;
  ACTUARY_FIELDS(Admit, run_id);
};

struct Abort {
  RunId run_id;
  AbortMode mode = AbortMode::kImmediate;
  ACTUARY_FIELDS(Abort, run_id, mode);
};

struct Resurrect {
  RunId run_id;
  RequestedOptions options;
  events::Meta meta;
  ACTUARY_FIELDS(Resurrect, run_id, options, meta);
};

struct SetStatusMessage {
  RunId run_id;
  std::string message;
  std::optional<bool> is_terminal;
  ACTUARY_FIELDS(SetStatusMessage, run_id, message, is_terminal);
};

struct Delete {
  RunId run_id;
  std::string reason;
  ACTUARY_FIELDS(Delete, run_id, reason);
};

struct ReportFenced {
  RunId run_id;
  Position epoch = 0;
  std::uint64_t storage_sequence = 0;
  ACTUARY_FIELDS(ReportFenced, run_id, epoch, storage_sequence);
};

struct ReportStarted {
  RunId run_id;
  Position epoch = 0;
  ACTUARY_FIELDS(ReportStarted, run_id, epoch);
};

struct ReportStartFailed {
  RunId run_id;
  Position epoch = 0;
  std::string reason;
  ACTUARY_FIELDS(ReportStartFailed, run_id, epoch, reason);
};

struct ReportExited {
  RunId run_id;
  Position epoch = 0;
  std::optional<std::int32_t> exit_code;
  std::int32_t signal = 0;
  bool out_of_memory = false;
  events::Evidence evidence = events::Evidence::kExitReport;
  std::string detail;
  events::ResourceUsage usage;
  ACTUARY_FIELDS(ReportExited, run_id, epoch, exit_code, signal, out_of_memory, evidence, detail,
                 usage);
};

/// The instant that `deadline(state)` named has come.
struct DeadlineReached {
  RunId run_id;
  ACTUARY_FIELDS(DeadlineReached, run_id);
};

/// A new container, nothing else changes.
struct Reboot {
  RunId run_id;
  ACTUARY_FIELDS(Reboot, run_id);
};

/// Goes on as another Actor of the same user. Its input is in the key-value store already.
struct Metamorph {
  RunId run_id;
  ActorId actor_id;
  std::string build;      ///< tag or number; empty: the Actor's default
  std::string input_key;  ///< as `metamorph_input_key` says
  ACTUARY_FIELDS(Metamorph, run_id, actor_id, build, input_key);
};

/// `count` events of that name happened; the run's user pays for them.
struct Charge {
  RunId run_id;
  std::string event_name;
  std::uint64_t count = 0;
  ACTUARY_FIELDS(Charge, run_id, event_name, count);
};

/// On to another container: the Actor is told to save, and is stopped `window_secs` later.
struct Migrate {
  RunId run_id;
  std::uint32_t window_secs = 0;  ///< at most kMigrationWindowMax
  ACTUARY_FIELDS(Migrate, run_id, window_secs);
};

/// Neither retention nor its user deletes the run from now on.
struct PlaceHold {
  RunId run_id;
  std::string reason;
  ACTUARY_FIELDS(PlaceHold, run_id, reason);
};

struct LiftHold {
  RunId run_id;
  std::string reason;
  ACTUARY_FIELDS(LiftHold, run_id, reason);
};

/// Nobody shall read any more from where it was asked for.
struct ErasePersonal {
  RunId run_id;
  std::string reason;
  ACTUARY_FIELDS(ErasePersonal, run_id, reason);
};

/// So many items are in the run's default dataset now. A total: told twice, it is charged once.
struct ReportItems {
  RunId run_id;
  std::uint64_t items = 0;
  ACTUARY_FIELDS(ReportItems, run_id, items);
};

using Command =
    std::variant<Start, Hold, Admit, Abort, Resurrect, SetStatusMessage, Delete, ReportFenced,
                 ReportStarted, ReportStartFailed, ReportExited, DeadlineReached, Reboot, Metamorph,
                 Charge, Migrate, PlaceHold, LiftHold, ErasePersonal, ReportItems>;

}  // namespace actuary::engine::run
