#include <algorithm>
#include <type_traits>

#include "engine/directory/directory.h"
#include "engine/policy/options.h"
#include "engine/policy/restart.h"
#include "engine/run/decider.h"
#include "engine/run/on_stream.h"
#include "journal/base/assert.h"

namespace actuary::engine::run {
namespace {

using events::Escalation;
using events::Evidence;
using events::Outcome;

Decision run_not_finished(std::string_view verb) {
  return fail(Code::kRunNotFinished, "Only a finished run can be " + std::string(verb) +
                                         ". Abort it first, or wait until it has finished.");
}

Decision cannot_remove() {
  return fail(Code::kCannotRemoveRunning,
              "Cannot remove a run that has not finished. Abort it first.");
}

events::AttemptEnded ended(const Facts& facts, const Attempt& attempt, Evidence evidence,
                           const Instant& now) {
  const Microseconds active =
      attempt.started_at ? elapsed(*attempt.started_at, now) : Microseconds{0};
  return {.epoch = attempt.epoch,
          .evidence = evidence,
          .ended_at = now,
          .active_micros = active.count(),
          .memory_mbytes = facts.options.memory_mbytes};
}

events::AttemptEnded ended(const Facts& facts, const Attempt& attempt, const ReportExited& report,
                           const Instant& now) {
  events::AttemptEnded event = ended(facts, attempt, report.evidence, now);
  event.exit_code = report.exit_code;
  event.signal = report.signal;
  event.out_of_memory = report.out_of_memory;
  event.detail = report.detail;
  event.usage = report.usage;
  return event;
}

std::string timed_out(const Facts& facts) {
  return "Actor timed out after " + std::to_string(facts.options.timeout_secs) + " seconds";
}

/// The text that users see when the Actor left none.
std::string reason_of(const Facts& facts, Outcome outcome, const ReportExited& report) {
  const std::string code = report.exit_code ? std::to_string(*report.exit_code) : "none";
  if (outcome == Outcome::kTimedOut) return timed_out(facts);
  if (outcome == Outcome::kAborted) return "Actor run was aborted";
  if (report.evidence == Evidence::kDeclaredLost)
    return "Actor container was lost: " + report.detail;
  if (report.evidence == Evidence::kProvenEmpty)
    return "Actor container ended without an exit code: " + report.detail;
  if (report.out_of_memory) {
    return "Actor ran out of memory (limit " + std::to_string(facts.options.memory_mbytes) +
           " MB), exit code " + code;
  }
  return "Actor finished with exit code " + code;
}

Events finish(const Facts& facts, const Attempt& attempt, Outcome outcome,
              const ReportExited& report, const Instant& now) {
  return on(facts, ended(facts, attempt, report, now),
            events::RunFinished{outcome, report.exit_code, reason_of(facts, outcome, report)});
}

/// A success is only what was seen to succeed.
Outcome outcome_of(const ReportExited& report) {
  const bool seen = report.evidence == Evidence::kExitReport && report.exit_code == 0;
  return seen ? Outcome::kSucceeded : Outcome::kFailed;
}

Decision start_failed(const Facts& facts, const Attempt& attempt, Outcome outcome,
                      const std::string& reason, const Instant& now) {
  events::AttemptEnded event = ended(facts, attempt, Evidence::kNeverStarted, now);
  event.detail = reason;
  std::string text = "Actor could not start: " + reason;
  if (outcome == Outcome::kAborted) text = "Actor run was aborted";
  if (outcome == Outcome::kTimedOut) text = timed_out(facts);
  return on(facts, event, events::RunFinished{outcome, std::nullopt, text});
}

events::AttemptStarted started(const Facts& facts, const Attempt& attempt, const Instant& now) {
  events::AttemptStarted event{attempt.epoch, now, facts.timeout_at};
  if (!event.timeout_at && facts.options.timeout_secs > 0) {
    event.timeout_at = now + Seconds{facts.options.timeout_secs};
  }
  return event;
}

events::AttemptBegan began(const Facts& facts, const Instant& now) {
  return {facts.next_cause, facts.attempts + 1, now + kStartWithin};
}

bool wants_restart(const Facts& facts, const ReportExited& report, const Instant& now) {
  const bool failed = report.evidence == Evidence::kExitReport && report.exit_code.value_or(0) != 0;
  return facts.options.restart_on_error && failed && policy::may_restart(facts.restarts, now);
}

/// The old container is proven gone, so the new one may come: the run keeps its place and its
/// timeout. On a host that is being drained it waits for a place.
Events next_attempt(const Facts& facts, const Attempt& attempt, events::AttemptCause cause,
                    const ReportExited& report, const Context& context) {
  const Instant& now = context.now;
  if (context.directory.drain_window()) {
    return on(facts, ended(facts, attempt, report, now),
              events::ReplacementQueued{cause, now + kReplacementWait});
  }
  return on(facts, ended(facts, attempt, report, now),
            events::AttemptBegan{cause, facts.attempts + 1, now + kStartWithin});
}

/// A process that ended well before it was stopped for a migration has done its work: doing it
/// again would be wrong.
bool was_done(const Facts& facts, const ReportExited& report) {
  return facts.next_cause == events::AttemptCause::kMigration &&
         outcome_of(report) == Outcome::kSucceeded;
}

Events replace(const Facts& facts, const Attempt& attempt, const ReportExited& report,
               const Context& context) {
  if (was_done(facts, report))
    return finish(facts, attempt, Outcome::kSucceeded, report, context.now);
  return next_attempt(facts, attempt, facts.next_cause, report, context);
}

/// What an exit makes of a run that nobody is stopping.
Events restart_or_finish(const Facts& facts, const Attempt& attempt,
                         const std::optional<Stop>& stop, const ReportExited& report,
                         const Context& context) {
  if (!stop && wants_restart(facts, report, context.now))
    return next_attempt(facts, attempt, events::AttemptCause::kRestart, report, context);
  return finish(facts, attempt, outcome_of(report), report, context.now);
}

/// Kill, then remove, then declare: each step has its own deadline, so nothing is stuck.
Decision escalate(const Facts& facts, const Attempt& attempt, const Stop& stop, Outcome outcome,
                  const Instant& now) {
  const Instant next = now + kEscalateAfter;
  if (!stop.step) return on(facts, events::StopEscalated{Escalation::kKill, next});
  switch (*stop.step) {
    case Escalation::kKill:
      return on(facts, events::StopEscalated{Escalation::kRemove, next});
    case Escalation::kRemove:
    case Escalation::kDeclare:
      break;
  }
  ReportExited lost;
  lost.evidence = Evidence::kDeclaredLost;
  lost.detail = "the container runtime answered neither kill nor remove";
  return finish(facts, attempt, outcome, lost, now);
}

/// Its time goes on while it waits for another container.
Decision give_up_waiting(const Facts& facts, const Instant& now) {
  if (facts.timeout_at && reached(now, *facts.timeout_at)) {
    return on(facts, events::RunFinished{Outcome::kTimedOut, std::nullopt, timed_out(facts)});
  }
  return on(facts,
            events::RunFinished{Outcome::kFailed, std::nullopt,
                                "Actor could not start: no room for it became free in time"});
}

/// Of an attempt that never started. A runtime that is out of reach does not stop the clock of a
/// run that has one already.
Outcome outcome_of_no_start(const Facts& facts, const std::string& held, const Instant& now) {
  const bool late = !held.empty() && facts.timeout_at && reached(now, *facts.timeout_at);
  return late ? Outcome::kTimedOut : Outcome::kFailed;
}

/// A start that took too long: the half-made container is removed, and its absence ends the
/// attempt.
template <class S>
Decision give_up_starting(const S& s, const Instant& now) {
  if (!s.stop) return on(s.facts, events::StopEscalated{Escalation::kRemove, now + kEscalateAfter});
  return escalate(s.facts, *s.attempt, *s.stop, outcome_of_no_start(s.facts, s.held_reason, now),
                  now);
}

/// Its time is over, or its money, or what it had to save.
Decision stop_live(const Facts& facts, const Instant& now) {
  const auto due = [&](const std::optional<Instant>& at) { return at && reached(now, *at); };
  if (due(facts.timeout_at)) return on(facts, events::TimeoutReached{now + kEscalateAfter});
  if (due(facts.charges.stop_at))
    return on(facts, events::AbortRequested{AbortMode::kGraceful, now + kAbortGrace});
  return on(facts,
            events::ReplacementRequested{events::AttemptCause::kMigration, now + kEscalateAfter});
}

/// What there is no room for waits. A start that meets no runtime is put off, which is said once:
/// until when it waits does not move with each time that it is tried in vain.
template <class S>
Decision hold(const S& s, const Hold& command, const Context& context) {
  if (!s.attempt) {
    if (s.held_reason == command.reason) return Events{};
    return on(s.facts, events::RunHeld{command.reason});
  }
  const bool is_starting = !s.attempt->started_at && !s.stop;
  if (!is_starting || !s.held_reason.empty()) return Events{};
  return on(s.facts, events::RunHeld{"The container runtime is out of reach since " +
                                     to_iso(context.now.utc) +
                                     ", the start waits for it: " + command.reason});
}

Decision abort_attempt(const Facts& facts, const std::optional<Attempt>& attempt,
                       const Abort& command, const Context& context) {
  if (!attempt)
    return on(facts, events::RunFinished{Outcome::kAborted, std::nullopt, "Actor run was aborted"});
  if (!attempt->fenced) {
    return start_failed(facts, *attempt, Outcome::kAborted, "aborted before its container was made",
                        context.now);
  }
  const Seconds patience = command.mode == AbortMode::kGraceful ? kAbortGrace : kEscalateAfter;
  return on(facts, events::AbortRequested{command.mode, context.now + patience});
}

Decision set_message(const Facts& facts, const SetStatusMessage& command) {
  if (facts.status_message_final && command.is_terminal != true)
    return noted(facts, "SetStatusMessage");
  return on(facts, events::StatusMessageSet{command.message, command.is_terminal});
}

/// A report about an attempt that is over, or a deadline that moved: true when it came, of no
/// interest now.
bool is_stale(const State& state, const Command& command, const Context& context) {
  const Attempt* attempt = attempt_of(state);
  const auto past = [&](Position epoch) { return attempt == nullptr || attempt->epoch != epoch; };
  if (const auto* report = std::get_if<ReportFenced>(&command))
    return past(report->epoch) || attempt->fenced;
  if (const auto* report = std::get_if<ReportStarted>(&command)) {
    return past(report->epoch) || attempt->started_at.has_value();
  }
  if (const auto* report = std::get_if<ReportStartFailed>(&command)) {
    return past(report->epoch) || attempt->started_at.has_value();
  }
  if (const auto* report = std::get_if<ReportExited>(&command)) return past(report->epoch);
  if (std::holds_alternative<DeadlineReached>(command)) {
    const auto due = deadline(state);
    return !due || !reached(context.now, *due);
  }
  return false;
}

std::string_view command_name(const Command& command) {
  static constexpr std::array<std::string_view, std::variant_size_v<Command>> kNames = {
      "Start",         "Hold",
      "Admit",         "Abort",
      "Resurrect",     "SetStatusMessage",
      "Delete",        "ReportFenced",
      "ReportStarted", "ReportStartFailed",
      "ReportExited",  "DeadlineReached",
      "Reboot",        "Metamorph",
      "Charge",        "Migrate",
      "PlaceHold",     "LiftHold",
      "ErasePersonal", "ReportItems"};
  return kNames[command.index()];
}

}  // namespace

Decision decide(const Ready& s, const Hold& command, const Context& context) {
  return hold(s, command, context);
}

Decision decide(const Ready& s, const Admit&, const Context& context) {
  if (s.attempt) return Events{};
  return on(s.facts, began(s.facts, context.now));
}

/// A fence that came after the start was given up starts nothing: the removal is on its way.
Decision decide(const Ready& s, const ReportFenced& report, const Context&) {
  if (s.stop) return Events{};
  return on(s.facts, events::AttemptFenced{report.epoch, report.storage_sequence});
}

Decision decide(const Ready& s, const ReportStarted&, const Context& context) {
  return on(s.facts, started(s.facts, *s.attempt, context.now));
}

Decision decide(const Ready& s, const ReportStartFailed& report, const Context& context) {
  return start_failed(s.facts, *s.attempt, Outcome::kFailed, report.reason, context.now);
}

/// It ended before its start was reported: both happened, in this order.
Decision decide(const Ready& s, const ReportExited& report, const Context& context) {
  if (report.evidence != Evidence::kExitReport) {
    const Outcome outcome = outcome_of_no_start(s.facts, s.held_reason, context.now);
    return start_failed(s.facts, *s.attempt, outcome, report.detail, context.now);
  }
  Events result = on(s.facts, started(s.facts, *s.attempt, context.now));
  for (Proposed& event : restart_or_finish(s.facts, *s.attempt, s.stop, report, context)) {
    result.push_back(std::move(event));
  }
  return result;
}

Decision decide(const Ready& s, const Abort& command, const Context& context) {
  // Nothing runs yet that a grace could help.
  const Abort at_once{command.run_id, AbortMode::kImmediate};
  return abort_attempt(s.facts, s.attempt, at_once, context);
}

Decision decide(const Ready& s, const DeadlineReached&, const Context& context) {
  if (!s.attempt) return give_up_waiting(s.facts, context.now);
  return give_up_starting(s, context.now);
}

Decision decide(const Ready& s, const SetStatusMessage& command, const Context&) {
  return set_message(s.facts, command);
}
Decision decide(const Ready&, const Resurrect&, const Context&) {
  return run_not_finished("resurrected");
}
Decision decide(const Ready&, const Delete&, const Context&) { return cannot_remove(); }

Decision decide(const Running& s, const Hold& command, const Context& context) {
  return hold(s, command, context);
}

Decision decide(const Running& s, const Admit&, const Context& context) {
  if (s.attempt) return Events{};
  return on(s.facts, began(s.facts, context.now));
}

Decision decide(const Running& s, const ReportFenced& report, const Context&) {
  if (s.stop) return Events{};
  return on(s.facts, events::AttemptFenced{report.epoch, report.storage_sequence});
}

Decision decide(const Running& s, const ReportStarted&, const Context& context) {
  return on(s.facts, started(s.facts, *s.attempt, context.now));
}

Decision decide(const Running& s, const ReportStartFailed& report, const Context& context) {
  return start_failed(s.facts, *s.attempt, Outcome::kFailed, report.reason, context.now);
}

Decision decide(const Running& s, const ReportExited& report, const Context& context) {
  if (s.phase == Phase::kReplacing) return replace(s.facts, *s.attempt, report, context);
  if (!s.attempt->started_at && report.evidence != Evidence::kExitReport) {
    const Outcome outcome = outcome_of_no_start(s.facts, s.held_reason, context.now);
    return start_failed(s.facts, *s.attempt, outcome, report.detail, context.now);
  }
  return restart_or_finish(s.facts, *s.attempt, s.stop, report, context);
}

Decision decide(const Running& s, const Abort& command, const Context& context) {
  // Its process is being killed already: there is nobody to be graceful to.
  const bool dying = s.phase == Phase::kReplacing;
  const AbortMode mode = dying ? AbortMode::kImmediate : command.mode;
  return abort_attempt(s.facts, s.attempt, {command.run_id, mode}, context);
}

Decision decide(const Running& s, const DeadlineReached&, const Context& context) {
  if (!s.attempt) return give_up_waiting(s.facts, context.now);
  if (s.phase == Phase::kLive) return stop_live(s.facts, context.now);
  if (s.phase == Phase::kReplacing)
    return escalate(s.facts, *s.attempt, *s.stop, Outcome::kFailed, context.now);
  return give_up_starting(s, context.now);
}

Decision decide(const Running& s, const SetStatusMessage& command, const Context&) {
  return set_message(s.facts, command);
}
Decision decide(const Running&, const Resurrect&, const Context&) {
  return run_not_finished("resurrected");
}
Decision decide(const Running&, const Delete&, const Context&) { return cannot_remove(); }

/// Exit 0 after the deadline stays TIMED-OUT: the timeout was there first.
Decision decide(const TimingOut& s, const ReportExited& report, const Context& context) {
  return finish(s.facts, s.attempt, Outcome::kTimedOut, report, context.now);
}

/// The process is being killed already: there is nobody left to be graceful to.
Decision decide(const TimingOut& s, const Abort&, const Context& context) {
  return on(s.facts, events::AbortRequested{AbortMode::kImmediate, context.now + kEscalateAfter});
}

Decision decide(const TimingOut& s, const DeadlineReached&, const Context& context) {
  return escalate(s.facts, s.attempt, s.stop, Outcome::kTimedOut, context.now);
}

Decision decide(const TimingOut& s, const SetStatusMessage& command, const Context&) {
  return set_message(s.facts, command);
}
Decision decide(const TimingOut&, const Resurrect&, const Context&) {
  return run_not_finished("resurrected");
}
Decision decide(const TimingOut&, const Delete&, const Context&) { return cannot_remove(); }

/// The start was under way when the abort came: it is recorded, and killed again.
Decision decide(const Aborting& s, const ReportStarted&, const Context& context) {
  return on(s.facts, started(s.facts, s.attempt, context.now));
}

Decision decide(const Aborting& s, const ReportStartFailed& report, const Context& context) {
  return start_failed(s.facts, s.attempt, Outcome::kAborted, report.reason, context.now);
}

Decision decide(const Aborting& s, const ReportExited& report, const Context& context) {
  return finish(s.facts, s.attempt, Outcome::kAborted, report, context.now);
}

/// An immediate abort ends the grace of a graceful one; anything else was asked for already.
Decision decide(const Aborting& s, const Abort& command, const Context& context) {
  const bool shortens =
      s.mode == AbortMode::kGraceful && !s.stop.step && command.mode == AbortMode::kImmediate;
  if (!shortens) return noted(s.facts, "Abort");
  return on(s.facts, events::AbortRequested{AbortMode::kImmediate, context.now + kEscalateAfter});
}

Decision decide(const Aborting& s, const DeadlineReached&, const Context& context) {
  return escalate(s.facts, s.attempt, s.stop, Outcome::kAborted, context.now);
}

Decision decide(const Aborting& s, const SetStatusMessage& command, const Context&) {
  return set_message(s.facts, command);
}
Decision decide(const Aborting&, const Resurrect&, const Context&) {
  return run_not_finished("resurrected");
}
Decision decide(const Aborting&, const Delete&, const Context&) { return cannot_remove(); }

Decision decide(const Finished& s, const Abort&, const Context&) { return noted(s.facts, "Abort"); }

Decision decide(const Finished& s, const SetStatusMessage& command, const Context&) {
  return set_message(s.facts, command);
}

/// Named storages stay: a name makes a storage its owner's, not the run's.
Decision decide(const Finished& s, const Delete& command, const Context& context) {
  if (s.facts.retention_hold) {
    return fail(Code::kForbidden, "The run is on hold (" + *s.facts.retention_hold +
                                      "). Lift the hold before you delete it.");
  }
  Events result = on(s.facts, events::RunDeleted{command.reason, s.facts.personal_keys});
  for (const StorageId& id :
       {s.facts.key_value_store_id, s.facts.dataset_id, s.facts.request_queue_id}) {
    const directory::StorageFacts* storage = context.directory.find_storage(id);
    if (storage == nullptr || !storage->name.empty()) continue;
    result.push_back({stream_of(id), events::StorageDeleted{"its run was deleted"}});
  }
  return result;
}

/// The fallback: a pair without an overload of its own.
template <class S, class C>
Decision decide(const S&, const C&, const Context&) {
  if constexpr (std::is_same_v<S, Absent> || std::is_same_v<S, Expired>) {
    return fail(Code::kNotFound, "Actor run was not found");
  } else if constexpr (std::is_same_v<C, Start>) {
    return fail(Code::kNotUnique, "A run with this id exists already");
  } else {
    return fail(Code::kInvalidTransition, "not possible in this status");
  }
}

Decision decide(const State& state, const Command& command, const Context& context) {
  if (is_stale(state, command, context)) return Events{};
  Decision decision =
      std::visit([&](const auto& s, const auto& c) -> Decision { return decide(s, c, context); },
                 state, command);
  if (!decision && decision.error().code == Code::kInvalidTransition) {
    return fail(Code::kInvalidTransition, std::string(command_name(command)) +
                                              " is not possible while the run is " +
                                              std::string(status_of(state)));
  }
  return decision;
}

}  // namespace actuary::engine::run
