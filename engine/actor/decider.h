#pragma once

#include "engine/actor/commands.h"
#include "engine/actor/state.h"
#include "engine/decision/decision.h"

/// An Actor: its profile, versions, environment variables and tags. Build numbers are drawn by
/// builds.
namespace actuary::engine::actor {

Decision decide(const Absent&, const Create&, const Context&);
Decision decide(const Present&, const Change&, const Context&);
Decision decide(const Present&, const PutVersion&, const Context&);
Decision decide(const Present&, const DeleteVersion&, const Context&);
Decision decide(const Present&, const Delete&, const Context&);

[[nodiscard]] Decision decide(const State& state, const Command& command, const Context& context);
[[nodiscard]] State evolve(const State& state, const Recorded<events::Event>& recorded);

inline constexpr std::size_t kVersionsMax = 100;
inline constexpr std::size_t kEnvVarsMax = 100;
inline constexpr std::size_t kEnvVarsBytesMax = std::size_t{256} << 10U;

}  // namespace actuary::engine::actor
