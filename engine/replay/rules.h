#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "engine/executor/aggregates.h"
#include "engine/policy/admission.h"

namespace actuary::engine::replay {

/// Something that is decided otherwise since a version of kLifecycleRules. What an older program
/// wrote of it is no divergence.
struct RuleChange {
  std::uint32_t since = 0;
  std::string_view what;  ///< as a person reads it
  bool (*concerns)(const executor::Command& command, const executor::Aggregates& before) = nullptr;
};

/// What decided, or what shall decide: a replay with other rules answers "what if".
struct Rules {
  std::function<Decision(const executor::Aggregates&, const executor::Command&, const Context&)>
      decide;
  std::function<policy::Admission(const directory::Directory&, const decision::Settings&)> admit;
  std::uint32_t admission_policy = 0;
  std::uint32_t admission_alike_since = 0;  ///< versions from here on choose alike
  std::uint32_t options_policy = 0;
  std::vector<RuleChange> changes;  ///< of the aggregates' rules, oldest first
};

/// What this program decides by.
[[nodiscard]] Rules current_rules();

}  // namespace actuary::engine::replay
