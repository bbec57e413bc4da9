#include "projections/deadlines/deadlines.h"

#include <type_traits>

#include "projections/rows/fold.h"
#include "projections/rows/listing.h"

namespace actuary::projections::deadlines {

using rows::make_key;
using rows::Table;

std::string_view to_string(DeadlineKind kind) {
  switch (kind) {
    case DeadlineKind::kStartBy:
      return "start-by";
    case DeadlineKind::kTimeoutAt:
      return "timeout-at";
    case DeadlineKind::kKillAt:
      return "kill-at";
    case DeadlineKind::kRemoveAt:
      return "remove-at";
    case DeadlineKind::kDeclareAt:
      return "declare-at";
    case DeadlineKind::kWaitUntil:
      return "wait-until";
    case DeadlineKind::kMigrateAt:
      return "migrate-at";
  }
  return "?";
}

Result<std::optional<DeadlineRow>> Deadlines::of(const RunId& run) const {
  return rows::load<DeadlineRow>(store_, make_key(Table::kDeadline, run));
}

Result<std::optional<DeadlineRow>> Deadlines::of(const BuildId& build) const {
  return rows::load<DeadlineRow>(store_, make_key(Table::kDeadline, build));
}

Result<rows::Page<DeadlineRow>> Deadlines::list(const rows::Paging& paging) const {
  const rows::KeyRange range = rows::prefix_range(make_key(Table::kDeadlineByDue));
  return rows::list<DeadlineRow>(store_, Table::kDeadline, range, paging, rows::kAny);
}

static rows::Entries entries_of(const DeadlineRow& row) {
  rows::Entries entries;
  rows::add_entry(entries, make_key(Table::kDeadline, row.job_id), row);
  rows::add_entry(entries, make_key(Table::kDeadlineByDue, row.due.utc, row.job_id),
                  rows::Nothing{});
  return entries;
}

namespace {

struct Due {
  DeadlineKind kind = DeadlineKind::kStartBy;
  Instant at;
};

/// What an event does to its job's deadline: no overload, nothing; an empty result, the job moved
/// on.
template <class Waiting>
requires std::is_same_v<Waiting, events::RunCreated> ||
    std::is_same_v<Waiting, events::RunResurrected> ||
    std::is_same_v<Waiting, events::ReplacementQueued>
        std::optional<Due> due_after(const Waiting& event) {
  if (!event.wait_until) return std::nullopt;
  return Due{DeadlineKind::kWaitUntil, *event.wait_until};
}
std::optional<Due> due_after(const events::AttemptBegan& event) {
  return Due{DeadlineKind::kStartBy, event.start_by};
}
std::optional<Due> due_after(const events::AttemptStarted& event) {
  if (!event.timeout_at) return std::nullopt;
  return Due{DeadlineKind::kTimeoutAt, *event.timeout_at};
}
std::optional<Due> due_after(const events::AbortRequested& event) {
  return Due{DeadlineKind::kKillAt, event.kill_at};
}
std::optional<Due> due_after(const events::TimeoutReached& event) {
  return Due{DeadlineKind::kKillAt, event.kill_at};
}
std::optional<Due> due_after(const events::ReplacementRequested& event) {
  return Due{DeadlineKind::kRemoveAt, event.kill_at};
}
std::optional<Due> due_after(const events::MigrationRequested& event) {
  return Due{DeadlineKind::kMigrateAt, event.stop_at};
}
std::optional<Due> due_after(const events::StopEscalated& event) {
  switch (event.step) {
    case events::Escalation::kKill:
      return Due{DeadlineKind::kRemoveAt, event.next_at};
    case events::Escalation::kRemove:
      return Due{DeadlineKind::kDeclareAt, event.next_at};
    case events::Escalation::kDeclare:
      break;
  }
  return std::nullopt;
}
std::optional<Due> due_after(const events::AttemptEnded&) { return std::nullopt; }
std::optional<Due> due_after(const events::RunFinished&) { return std::nullopt; }
std::optional<Due> due_after(const events::BuildStarted& event) {
  return Due{DeadlineKind::kTimeoutAt, event.timeout_at};
}
std::optional<Due> due_after(const events::BuildAbortRequested& event) {
  return Due{DeadlineKind::kDeclareAt, event.declare_at};
}
std::optional<Due> due_after(const events::BuildTimeoutReached& event) {
  return Due{DeadlineKind::kDeclareAt, event.declare_at};
}
std::optional<Due> due_after(const events::BuildSucceeded&) { return std::nullopt; }
std::optional<Due> due_after(const events::BuildFailed&) { return std::nullopt; }
std::optional<Due> due_after(const events::BuildAborted&) { return std::nullopt; }
std::optional<Due> due_after(const events::BuildTimedOut&) { return std::nullopt; }

template <class Event>
constexpr bool kIsStart =
    std::is_same_v<Event, events::AttemptStarted> || std::is_same_v<Event, events::BuildStarted>;

bool is_stopping(DeadlineKind kind) {
  return kind == DeadlineKind::kKillAt || kind == DeadlineKind::kRemoveAt ||
         kind == DeadlineKind::kDeclareAt;
}

/// A timeout that comes before the end of a migration's window stays what is waited for.
template <class Event>
bool timeout_comes_first(const std::optional<DeadlineRow>& before, const Event& event) {
  if constexpr (std::is_same_v<Event, events::MigrationRequested>) {
    return before && reached(event.stop_at, before->due);
  }
  return false;
}

}  // namespace

Status DeadlineModel::apply(const Record& record, rows::RowWriter& writer) const {
  return std::visit(
      [&]<class Event>(const Event& event) -> Status {
        if constexpr (requires { due_after(event); }) {
          const Bytes key = make_key(Table::kDeadline, record.stream.id);
          TRY(before, rows::load<DeadlineRow>(writer, key));
          // A start that is reported late does not take the end of a stop away.
          if (kIsStart<Event> && before && is_stopping(before->kind)) return {};
          if (timeout_comes_first(before, event)) return {};
          const std::optional<Due> due = due_after(event);
          const rows::Entries old = before ? entries_of(*before) : rows::Entries{};
          if (!due) {
            rows::replace(writer, old, {});
          } else {
            const DeadlineRow row{record.stream.kind, record.stream.id, due->kind, due->at};
            rows::replace(writer, old, entries_of(row));
          }
        }
        return {};
      },
      record.event);
}

}  // namespace actuary::projections::deadlines
