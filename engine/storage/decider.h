#pragma once

#include "engine/decision/decision.h"
#include "engine/storage/commands.h"
#include "engine/storage/state.h"

/// A key-value store, dataset or request queue: that it exists, its name and who may see it.
namespace actuary::engine::storage {

Decision decide(const Absent&, const Create&, const Context&);
Decision decide(const Present&, const Change&, const Context&);
Decision decide(const Present&, const Delete&, const Context&);
Decision decide(const Present&, const Use&, const Context&);

[[nodiscard]] Decision decide(const State& state, const Command& command, const Context& context);
[[nodiscard]] State evolve(const State& state, const Recorded<events::Event>& recorded);
[[nodiscard]] Effects react(const State& after, const Recorded<events::Event>& recorded);

}  // namespace actuary::engine::storage
