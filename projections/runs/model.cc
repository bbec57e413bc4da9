#include <algorithm>

#include "projections/runs/entries.h"
#include "projections/runs/runs.h"

namespace actuary::projections::runs {

using rows::make_key;
using rows::Table;

rows::Entries entries_of(const RunRow& run) {
  rows::Entries entries;
  rows::add_entry(entries, make_key(Table::kRun, run.id), run);
  if (run.deleted) return entries;
  const RunEntry entry{run.status, run.meta.origin};
  rows::add_entry(entries, make_key(Table::kRunByUser, run.user_id, run.started_at, run.id), entry);
  rows::add_entry(entries, make_key(Table::kRunByActor, run.actor_id, run.started_at, run.id),
                  entry);
  return entries;
}

namespace {

void set_status(RunRow& run, std::string_view status) { run.status = std::string(status); }

void set_platform_message(RunRow& run, const std::string& message) {
  if (run.message_source == MessageSource::kActor) return;
  run.status_message = message;
  run.message_source = message.empty() ? MessageSource::kNone : MessageSource::kPlatform;
}

AttemptRow* find_attempt(RunRow& run, Position epoch) {
  const auto at = std::ranges::find(run.attempts, epoch, &AttemptRow::epoch);
  return at == run.attempts.end() ? nullptr : &*at;
}

RunRow created(const events::RunCreated& event, const Record& record) {
  RunRow run;
  run.id = event.run_id;
  run.actor_id = event.actor_id;
  run.user_id = event.user_id;
  run.build_id = event.build_id;
  run.build_number = event.build_number;
  run.image_id = event.image.id;
  set_status(run, status::kReady);
  run.started_at = record.recorded_at.utc;
  run.options = event.options;
  run.meta = event.meta;
  run.key_value_store_id = event.key_value_store_id;
  run.dataset_id = event.dataset_id;
  run.request_queue_id = event.request_queue_id;
  run.input_key = event.input_key;
  run.input_bytes = event.input_bytes;
  if (event.pricing) {
    run.pricing_model = event.pricing->model;
    run.pricing_info = event.pricing->info;
  }
  return run;
}

void fold(RunRow& run, const events::RunHeld& event, const Record&) {
  run.held_reason = event.reason;
  set_platform_message(run, event.reason);
}

/// A container that was told to go, and made way for another one in whatever way: an Actor that has
/// saved calls reboot.
bool follows_migration(const RunRow& run, events::AttemptCause cause) {
  const bool told = !run.attempts.empty() && run.attempts.back().migrates_at;
  return cause == events::AttemptCause::kMigration ||
         (told && cause != events::AttemptCause::kResurrection);
}

void fold(RunRow& run, const events::AttemptBegan& event, const Record& record) {
  if (!run.held_reason.empty()) set_platform_message(run, {});
  run.held_reason.clear();
  if (event.cause == events::AttemptCause::kReboot) ++run.counters.reboot;
  if (follows_migration(run, event.cause)) ++run.counters.migration;
  if (event.cause == events::AttemptCause::kMetamorph) ++run.counters.metamorph;
  if (event.cause == events::AttemptCause::kRestart) ++run.counters.restart;
  AttemptRow attempt;
  attempt.number = event.number;
  attempt.epoch = record.position;
  attempt.cause = event.cause;
  attempt.began_at = record.recorded_at;
  attempt.memory_mbytes = run.options.memory_mbytes;
  run.attempts.push_back(std::move(attempt));
}

void fold(RunRow& run, const events::AttemptFenced& event, const Record&) {
  if (AttemptRow* attempt = find_attempt(run, event.epoch)) {
    attempt->storage_sequence = event.storage_sequence;
  }
}

void fold(RunRow& run, const events::AttemptStarted& event, const Record&) {
  if (AttemptRow* attempt = find_attempt(run, event.epoch)) attempt->started_at = event.started_at;
  run.timeout_at = event.timeout_at;
  if (!run.held_reason.empty()) set_platform_message(run, {});
  run.held_reason.clear();
  // A start that is reported while the run is already being stopped does not bring it back.
  if (run.status == status::kReady) set_status(run, status::kRunning);
}

void fold(RunRow& run, const events::AbortRequested&, const Record&) {
  set_status(run, status::kAborting);
}

void fold(RunRow& run, const events::TimeoutReached&, const Record&) {
  set_status(run, status::kTimingOut);
}

void fold(RunRow& run, const events::AttemptEnded& event, const Record&) {
  AttemptRow* attempt = find_attempt(run, event.epoch);
  if (attempt == nullptr) return;
  attempt->ended_at = event.ended_at;
  attempt->active_micros = event.active_micros;
  attempt->memory_mbytes = event.memory_mbytes;
  attempt->exit_code = event.exit_code;
  attempt->signal = event.signal;
  attempt->out_of_memory = event.out_of_memory;
  attempt->evidence = event.evidence;
  attempt->detail = event.detail;
  attempt->usage = event.usage;
}

void fold(RunRow& run, const events::RunFinished& event, const Record& record) {
  set_status(run, events::to_string(event.outcome));
  run.finished_at = record.recorded_at.utc;
  run.exit_code = event.exit_code;
  run.held_reason.clear();
  set_platform_message(run, event.reason);
}

void fold(RunRow& run, const events::RunResurrected& event, const Record&) {
  set_status(run, status::kRunning);
  if (!run.metamorphs.empty()) {
    // The run stays its Actor's: the build is of the one that it became.
    run.metamorphs.back().build_id = event.build_id;
  } else {
    run.build_id = event.build_id;
    run.build_number = event.build_number;
    run.image_id = event.image.id;
  }
  run.options = event.options;
  run.finished_at.reset();
  run.exit_code.reset();
  run.timeout_at.reset();
  run.is_status_message_terminal.reset();
  set_platform_message(run, {});
  ++run.counters.resurrect;
}

void fold(RunRow& run, const events::StatusMessageSet& event, const Record&) {
  run.status_message = event.message;
  run.message_source = MessageSource::kActor;
  run.is_status_message_terminal = event.is_terminal;
}

void fold(RunRow& run, const events::RunMetamorphed& event, const Record& record) {
  run.metamorphs.push_back(
      {record.recorded_at.utc, event.actor_id, event.build_id, event.input_key});
}

void fold(RunRow& run, const events::RunCharged& event, const Record&) {
  run.charged_event_counts[event.event_name] += event.count;
}

void fold(RunRow& run, const events::MigrationRequested& event, const Record&) {
  if (!run.attempts.empty()) run.attempts.back().migrates_at = event.stop_at;
}

void fold(RunRow& run, const events::RetentionHoldPlaced& event, const Record&) {
  run.retention_hold = event.reason;
}

void fold(RunRow& run, const events::RetentionHoldLifted&, const Record&) {
  run.retention_hold.reset();
}

void fold(RunRow& run, const events::PersonalDataErased&, const Record& record) {
  run.meta = {run.meta.origin, {}, {}};
  if (!run.deleted) run.personal_erased_at = record.recorded_at.utc;
}

void fold(RunRow& run, const events::RunDeleted& event, const Record& record) {
  RunRow kept;
  kept.id = run.id;
  kept.actor_id = run.actor_id;
  kept.user_id = run.user_id;
  kept.build_id = run.build_id;
  kept.build_number = run.build_number;
  kept.status = run.status;
  kept.started_at = run.started_at;
  kept.finished_at = run.finished_at;
  kept.exit_code = run.exit_code;
  kept.deleted = Tombstone{record.recorded_at.utc, event.reason, record.principal.kind};
  run = std::move(kept);
}

}  // namespace

Status fold_record(std::optional<RunRow>& run, const Record& record) {
  return std::visit(
      [&]<class Event>(const Event& event) -> Status {
        if constexpr (std::is_same_v<Event, events::RunCreated>) {
          run = created(event, record);
        } else if constexpr (requires(RunRow & row) { fold(row, event, record); }) {
          if (!run) {
            return fail(Code::kCorrupt, "record " + std::to_string(record.position) +
                                            " is of a run that was never created");
          }
          fold(*run, event, record);
        }
        return {};
      },
      record.event);
}

Status RunModel::apply(const Record& record, rows::RowWriter& writer) const {
  return std::visit(
      [&]<class Event>(const Event& event) -> Status {
        if constexpr (std::is_same_v<Event, events::RunCreated>) {
          rows::insert(writer, created(event, record));
        } else if constexpr (requires(RunRow & run) { fold(run, event, record); }) {
          if (record.stream.kind != StreamKind::kRun) return {};
          const auto change = [&](RunRow& run) { fold(run, event, record); };
          const Bytes key = make_key(Table::kRun, record.stream.id);
          return rows::update_existing<RunRow>(writer, key, record, change);
        }
        return {};
      },
      record.event);
}

}  // namespace actuary::projections::runs
