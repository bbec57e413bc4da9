#pragma once

#include "engine/decision/decision.h"

namespace actuary::engine::decision {

/// Of what the aggregates decide: raised when a command that was accepted is refused from now on,
/// or gives other events; engine/replay/rules.h lists the changes. 0: programs before it was
/// recorded.
inline constexpr std::uint32_t kLifecycleRules = 1;

/// As the journal keeps them beside each claimed term, with the versions of the policies that
/// decide by them.
[[nodiscard]] events::SettingsAdopted adopted(const Settings& settings);

/// What such an event said.
[[nodiscard]] Settings settings_of(const events::SettingsAdopted& event);

}  // namespace actuary::engine::decision
