#include "engine/decision/settings.h"

#include "engine/policy/admission.h"
#include "engine/policy/options.h"

namespace actuary::engine::decision {

events::SettingsAdopted adopted(const Settings& settings) {
  return {settings.capacity.memory_mbytes, settings.capacity.disk_mbytes,
          settings.concurrent_builds_max,  settings.concurrent_runs_max,
          settings.waiting_runs_max,       policy::kOptionsPolicyVersion,
          policy::kAdmissionPolicyVersion};
}

Settings settings_of(const events::SettingsAdopted& event) {
  return {{event.memory_mbytes, event.disk_mbytes},
          event.concurrent_builds_max,
          event.concurrent_runs_max,
          event.waiting_runs_max};
}

}  // namespace actuary::engine::decision
