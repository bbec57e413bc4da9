#include "engine/decision/settings.h"

#include "engine/policy/admission.h"
#include "engine/policy/options.h"
#include "engine/policy/retention.h"

namespace actuary::engine::decision {

namespace {
constexpr Microseconds kForEver{-1};

std::optional<Microseconds> kept(Microseconds recorded) {
  return recorded < Microseconds{0} ? std::nullopt : std::optional(recorded);
}
}  // namespace

events::SettingsAdopted adopted(const Settings& settings) {
  events::SettingsAdopted event;
  event.memory_mbytes = settings.capacity.memory_mbytes;
  event.disk_mbytes = settings.capacity.disk_mbytes;
  event.concurrent_builds_max = settings.concurrent_builds_max;
  event.concurrent_runs_max = settings.concurrent_runs_max;
  event.waiting_runs_max = settings.waiting_runs_max;
  event.options_policy = policy::kOptionsPolicyVersion;
  event.admission_policy = policy::kAdmissionPolicyVersion;
  const policy::Retention& retention = settings.retention;
  event.retention_policy = retention.keeps_everything() ? 0 : policy::kRetentionPolicyVersion;
  event.runs_kept_us = retention.runs.value_or(kForEver);
  event.runs_kept_newest = retention.keep_runs;
  event.builds_kept_us = retention.builds.value_or(kForEver);
  event.storages_kept_us = retention.storages.value_or(kForEver);
  event.waiting_secs_max = settings.waiting_secs_max;
  event.account_memory_mbytes_max = settings.account_limits.memory_mbytes;
  event.account_runs_max = settings.account_limits.runs;
  event.when_over_limit = settings.when_over_limit;
  event.lifecycle_rules = kLifecycleRules;
  return event;
}

Settings settings_of(const events::SettingsAdopted& event) {
  Settings settings;
  settings.capacity = {event.memory_mbytes, event.disk_mbytes};
  settings.concurrent_builds_max = event.concurrent_builds_max;
  settings.concurrent_runs_max = event.concurrent_runs_max;
  settings.waiting_runs_max = event.waiting_runs_max;
  if (event.retention_policy != 0) {
    settings.retention = {kept(event.runs_kept_us), event.runs_kept_newest,
                          kept(event.builds_kept_us)};
    // Version 1 knew nothing of storages, and what is absent reads as 0.
    if (event.retention_policy >= 2) settings.retention.storages = kept(event.storages_kept_us);
  }
  settings.waiting_secs_max = event.waiting_secs_max;
  settings.account_limits = {event.account_memory_mbytes_max, event.account_runs_max};
  settings.when_over_limit = event.when_over_limit;
  return settings;
}

}  // namespace actuary::engine::decision
