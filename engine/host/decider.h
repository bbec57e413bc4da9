#pragma once

#include "engine/decision/decision.h"
#include "engine/host/commands.h"
#include "engine/host/state.h"

/// Whether the host takes runs. A drain outlives restarts of the engine and of the machine: only
/// `EndDrain` ends it.
namespace actuary::engine::host {

Decision decide(const Open&, const Drain&, const Context&);
Decision decide(const Open&, const EndDrain&, const Context&);
Decision decide(const Draining&, const Drain&, const Context&);
Decision decide(const Draining&, const EndDrain&, const Context&);

[[nodiscard]] Decision decide(const State& state, const Command& command, const Context& context);
[[nodiscard]] State evolve(const State& state, const Recorded<events::Event>& recorded);

}  // namespace actuary::engine::host
