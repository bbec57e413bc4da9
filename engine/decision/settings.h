#pragma once

#include "engine/decision/decision.h"

namespace actuary::engine::decision {

/// As the journal keeps them beside each claimed term, with the versions of the policies that
/// decide by them.
[[nodiscard]] events::SettingsAdopted adopted(const Settings& settings);

/// What such an event said.
[[nodiscard]] Settings settings_of(const events::SettingsAdopted& event);

}  // namespace actuary::engine::decision
