#pragma once

#include <optional>

#include "engine/build/commands.h"
#include "engine/build/state.h"
#include "engine/decision/decision.h"

/// The life of a build: the same statuses as a run's, without resurrection and without grace.
/// tests/golden/build_lifecycle.txt lists every (status, command) pair.
///
///     Absent -Create-> Ready -Admit-> Running -ReportBuilt-> Finished
///                        |              |-DeadlineReached-> TimingOut -ReportFailed-> Finished
///                        |-Abort->      |-Abort-----------> Aborting  -ReportFailed-> Finished
namespace actuary::engine::build {

Decision decide(const Absent&, const Create&, const Context&);

Decision decide(const Ready&, const Admit&, const Context&);
Decision decide(const Ready&, const Abort&, const Context&);
Decision decide(const Ready&, const Delete&, const Context&);
Decision decide(const Ready&, const ErasePersonal&, const Context&);

Decision decide(const Running&, const ReportBuilt&, const Context&);
Decision decide(const Running&, const ReportFailed&, const Context&);
Decision decide(const Running&, const Abort&, const Context&);
Decision decide(const Running&, const DeadlineReached&, const Context&);
Decision decide(const Running&, const Delete&, const Context&);
Decision decide(const Running&, const ErasePersonal&, const Context&);

Decision decide(const TimingOut&, const ReportBuilt&, const Context&);
Decision decide(const TimingOut&, const ReportFailed&, const Context&);
Decision decide(const TimingOut&, const Abort&, const Context&);
Decision decide(const TimingOut&, const DeadlineReached&, const Context&);
Decision decide(const TimingOut&, const Delete&, const Context&);
Decision decide(const TimingOut&, const ErasePersonal&, const Context&);

Decision decide(const Aborting&, const ReportBuilt&, const Context&);
Decision decide(const Aborting&, const ReportFailed&, const Context&);
Decision decide(const Aborting&, const Abort&, const Context&);
Decision decide(const Aborting&, const DeadlineReached&, const Context&);
Decision decide(const Aborting&, const Delete&, const Context&);
Decision decide(const Aborting&, const ErasePersonal&, const Context&);

Decision decide(const Finished&, const Abort&, const Context&);
Decision decide(const Finished&, const Delete&, const Context&);
Decision decide(const Finished&, const ErasePersonal&, const Context&);

Decision decide(const Expired&, const ErasePersonal&, const Context&);

/// Any pair: the overload above, or the rejection.
[[nodiscard]] Decision decide(const State& state, const Command& command, const Context& context);
[[nodiscard]] State evolve(const State& state, const Recorded<events::Event>& recorded);
[[nodiscard]] Effects react(const State& after, const Recorded<events::Event>& recorded);
[[nodiscard]] Effects outstanding(const State& state);
[[nodiscard]] std::optional<Instant> deadline(const State& state);

/// A builder that was told to stop and has not answered by then is declared gone.
inline constexpr Seconds kDeclareAfter{30};

}  // namespace actuary::engine::build
