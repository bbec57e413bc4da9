#pragma once

#include <optional>

#include "engine/decision/decision.h"
#include "engine/run/commands.h"
#include "engine/run/state.h"

/// The life of a run. One overload per legal (status, command) pair; every other pair is rejected
/// by one fallback, and tests/golden/run_lifecycle.txt lists them all.
///
///     Absent -Start-> Ready -ReportStarted-> Running -ReportExited-> Finished -Resurrect-> Running
///                       |                      |-DeadlineReached-> TimingOut -ReportExited->
///                       Finished               '-ReportExited, restart on error-> Running
///                                              '-Migrate, then DeadlineReached--> Running
///                       |-Abort--------------->|-Abort-----------> Aborting  -ReportExited->
///                       Finished
///
/// source: the platform's documented lifecycle
namespace actuary::engine::run {

Decision decide(const Absent&, const Start&, const Context&);

Decision decide(const Ready&, const Hold&, const Context&);
Decision decide(const Ready&, const Admit&, const Context&);
Decision decide(const Ready&, const ReportFenced&, const Context&);
Decision decide(const Ready&, const ReportStarted&, const Context&);
Decision decide(const Ready&, const ReportStartFailed&, const Context&);
Decision decide(const Ready&, const ReportExited&, const Context&);
Decision decide(const Ready&, const Abort&, const Context&);
Decision decide(const Ready&, const DeadlineReached&, const Context&);
Decision decide(const Ready&, const SetStatusMessage&, const Context&);
Decision decide(const Ready&, const Resurrect&, const Context&);
Decision decide(const Ready&, const Delete&, const Context&);
Decision decide(const Ready&, const PlaceHold&, const Context&);
Decision decide(const Ready&, const LiftHold&, const Context&);
Decision decide(const Ready&, const ErasePersonal&, const Context&);

Decision decide(const Running&, const Hold&, const Context&);
Decision decide(const Running&, const Admit&, const Context&);
Decision decide(const Running&, const ReportFenced&, const Context&);
Decision decide(const Running&, const ReportStarted&, const Context&);
Decision decide(const Running&, const ReportStartFailed&, const Context&);
Decision decide(const Running&, const ReportExited&, const Context&);
Decision decide(const Running&, const Abort&, const Context&);
Decision decide(const Running&, const DeadlineReached&, const Context&);
Decision decide(const Running&, const Reboot&, const Context&);
Decision decide(const Running&, const Metamorph&, const Context&);
Decision decide(const Running&, const Charge&, const Context&);
Decision decide(const Running&, const ReportItems&, const Context&);
Decision decide(const Running&, const Migrate&, const Context&);
Decision decide(const Running&, const SetStatusMessage&, const Context&);
Decision decide(const Running&, const Resurrect&, const Context&);
Decision decide(const Running&, const Delete&, const Context&);
Decision decide(const Running&, const PlaceHold&, const Context&);
Decision decide(const Running&, const LiftHold&, const Context&);
Decision decide(const Running&, const ErasePersonal&, const Context&);

Decision decide(const TimingOut&, const ReportExited&, const Context&);
Decision decide(const TimingOut&, const Abort&, const Context&);
Decision decide(const TimingOut&, const DeadlineReached&, const Context&);
Decision decide(const TimingOut&, const Charge&, const Context&);
Decision decide(const TimingOut&, const ReportItems&, const Context&);
Decision decide(const TimingOut&, const SetStatusMessage&, const Context&);
Decision decide(const TimingOut&, const Resurrect&, const Context&);
Decision decide(const TimingOut&, const Delete&, const Context&);
Decision decide(const TimingOut&, const PlaceHold&, const Context&);
Decision decide(const TimingOut&, const LiftHold&, const Context&);
Decision decide(const TimingOut&, const ErasePersonal&, const Context&);

Decision decide(const Aborting&, const ReportStarted&, const Context&);
Decision decide(const Aborting&, const ReportStartFailed&, const Context&);
Decision decide(const Aborting&, const ReportExited&, const Context&);
Decision decide(const Aborting&, const Abort&, const Context&);
Decision decide(const Aborting&, const DeadlineReached&, const Context&);
Decision decide(const Aborting&, const Charge&, const Context&);
Decision decide(const Aborting&, const ReportItems&, const Context&);
Decision decide(const Aborting&, const SetStatusMessage&, const Context&);
Decision decide(const Aborting&, const Resurrect&, const Context&);
Decision decide(const Aborting&, const Delete&, const Context&);
Decision decide(const Aborting&, const PlaceHold&, const Context&);
Decision decide(const Aborting&, const LiftHold&, const Context&);
Decision decide(const Aborting&, const ErasePersonal&, const Context&);

Decision decide(const Finished&, const Abort&, const Context&);
Decision decide(const Finished&, const Resurrect&, const Context&);
Decision decide(const Finished&, const SetStatusMessage&, const Context&);
Decision decide(const Finished&, const Delete&, const Context&);
Decision decide(const Finished&, const Reboot&, const Context&);
Decision decide(const Finished&, const Metamorph&, const Context&);
Decision decide(const Finished&, const Charge&, const Context&);
Decision decide(const Finished&, const ReportItems&, const Context&);
Decision decide(const Finished&, const Migrate&, const Context&);
Decision decide(const Finished&, const PlaceHold&, const Context&);
Decision decide(const Finished&, const LiftHold&, const Context&);
Decision decide(const Finished&, const ErasePersonal&, const Context&);

Decision decide(const Expired&, const ErasePersonal&, const Context&);

/// Any pair: the overload above, or the rejection.
[[nodiscard]] Decision decide(const State& state, const Command& command, const Context& context);

/// Total over events of a run; anything else means that the journal is corrupt.
[[nodiscard]] State evolve(const State& state, const Recorded<events::Event>& recorded);

/// What the event makes necessary outside, given the state after it. Skipped on replay.
[[nodiscard]] Effects react(const State& after, const Recorded<events::Event>& recorded);

/// What may be missing outside, whatever happened before: issued again after a restart.
[[nodiscard]] Effects outstanding(const State& state);

/// When `DeadlineReached` is due.
[[nodiscard]] std::optional<Instant> deadline(const State& state);

/// Within the grace of a graceful abort; then the process is killed.
inline constexpr Seconds kAbortGrace{30};
/// Between two steps of a stop that does not work: kill, remove, declare lost.
inline constexpr Seconds kEscalateAfter{10};
/// A container that has not reported its start by then is removed and the run fails.
inline constexpr Seconds kStartWithin{120};

/// From the word to save until the process is stopped for a migration.
inline constexpr Seconds kMigrationWindowMax{60};
/// errors: kInvalidArgument
[[nodiscard]] Status check_migration_window(std::uint32_t seconds);
/// How long a run that lost its container waits for another one.
inline constexpr Seconds kReplacementWait{24 * 3600};

/// Of one run.
inline constexpr std::uint32_t kMetamorphsMax = 10;
/// Where the next metamorph's input has to be: `INPUT-METAMORPH-1`, and so on.
[[nodiscard]] std::string metamorph_input_key(const Facts& facts);

}  // namespace actuary::engine::run
