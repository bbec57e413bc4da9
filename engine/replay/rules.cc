#include "engine/replay/rules.h"

#include "engine/policy/options.h"

namespace actuary::engine::replay {
namespace {

using executor::Aggregates;
using executor::Command;

bool is_exit_with_restarts(const Command& command, const Aggregates& before) {
  const auto* run = std::get_if<run::Command>(&command);
  const auto* exited = run != nullptr ? std::get_if<run::ReportExited>(run) : nullptr;
  if (exited == nullptr) return false;
  const run::Facts* facts = run::facts_of(before.run(exited->run_id));
  return facts != nullptr && facts->options.restart_on_error;
}

bool is_deletion_of_a_build(const Command& command, const Aggregates&) {
  const auto* build = std::get_if<build::Command>(&command);
  return build != nullptr && std::holds_alternative<build::Delete>(*build);
}

/// What the aggregates decide otherwise than they once did, with the version in which that was
/// recorded first (decision::kLifecycleRules).
std::vector<RuleChange> changes() {
  return {
      {1, "a run that ends with an error is restarted, at most 3 times in 60 s",
       is_exit_with_restarts},
      {1, "a build that has a tag or a run is not deleted", is_deletion_of_a_build},
  };
}

}  // namespace

Rules current_rules() {
  return {[](const Aggregates& aggregates, const Command& command, const Context& context) {
            return aggregates.decide(command, context);
          },
          [](const directory::Directory& directory, const decision::Settings& settings) {
            return policy::admit(directory, settings);
          },
          policy::kAdmissionPolicyVersion,
          policy::kAdmissionPolicyAlikeSince,
          policy::kOptionsPolicyVersion,
          changes()};
}

}  // namespace actuary::engine::replay
