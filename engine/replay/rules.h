#pragma once

#include <functional>

#include "engine/executor/aggregates.h"
#include "engine/policy/admission.h"

namespace actuary::engine::replay {

/// What decided, or what shall decide: a replay with other rules answers "what if".
struct Rules {
  std::function<Decision(const executor::Aggregates&, const executor::Command&, const Context&)>
      decide;
  std::function<policy::Admission(const directory::Directory&, const decision::Settings&)> admit;
  std::uint32_t admission_policy = 0;
  std::uint32_t options_policy = 0;
};

/// What this program decides by.
[[nodiscard]] Rules current_rules();

}  // namespace actuary::engine::replay
