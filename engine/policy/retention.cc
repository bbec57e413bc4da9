#include "engine/policy/retention.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace actuary::engine::policy {
namespace {

/// How people read a span: whole days where it is that long.
std::string in_words(Microseconds span) {
  const auto seconds = std::chrono::duration_cast<Seconds>(span).count();
  constexpr std::int64_t kDay = 86'400;
  return seconds % kDay == 0 ? std::to_string(seconds / kDay) + " days"
                             : std::to_string(seconds) + " s";
}

struct Use {
  Timestamp last{};
  bool kept = false;  ///< a run that is still there used it
};

void expire_runs(const Retention& policy, std::vector<AgedRun> runs, std::vector<Expiry>& found) {
  std::stable_sort(runs.begin(), runs.end(), [](const AgedRun& left, const AgedRun& right) {
    return std::tie(right.started_at, left.id) < std::tie(left.started_at, right.id);
  });
  std::map<UserId, std::uint32_t> newest;
  for (const AgedRun& run : runs) {
    if (run.deleted || run.on_hold || !run.finished_at) continue;
    if (newest[run.user_id]++ < policy.keep_runs) continue;
    found.push_back({journal::record::stream_of(run.id), *run.finished_at + *policy.runs,
                     *run.finished_at,
                     "ended more than " + in_words(*policy.runs) + " ago, and is not one of the " +
                         std::to_string(policy.keep_runs) + " newest"});
  }
}

void expire_builds(const Retention& policy, const std::vector<AgedRun>& runs,
                   const std::vector<AgedBuild>& builds, std::vector<Expiry>& found) {
  std::map<BuildId, Use> uses;
  for (const AgedRun& run : runs) {
    const auto count = [&](const BuildId& id) {
      Use& use = uses[id];
      use.last = std::max(use.last, run.started_at);
      use.kept = use.kept || !run.deleted;
    };
    count(run.build_id);
    for (const BuildId& id : run.became) count(id);
  }
  for (const AgedBuild& build : builds) {
    const Use use = uses[build.id];
    if (build.tagged || use.kept || !build.finished_at) continue;
    found.push_back(
        {journal::record::stream_of(build.id),
         std::max(use.last, *build.finished_at) + *policy.builds, *build.finished_at,
         "untagged, no run is left of it, and unused for more than " + in_words(*policy.builds)});
  }
}

/// Whoever used it just before a use would have been recorded has the whole time too.
void expire_storages(const Retention& policy, const std::vector<AgedStorage>& storages,
                     std::vector<Expiry>& found) {
  for (const AgedStorage& storage : storages) {
    found.push_back({journal::record::stream_of(storage.id),
                     storage.used_at + use_recorded_every(policy) + *policy.storages,
                     storage.used_at,
                     "unnamed, no run's, and unused for more than " + in_words(*policy.storages)});
  }
}

}  // namespace

Microseconds use_recorded_every(const Retention& policy) {
  constexpr Microseconds kDay = std::chrono::days{1};
  return policy.storages ? std::min(kDay, *policy.storages / 8) : kDay;
}

std::vector<Expiry> expiries(const Retention& policy, std::vector<AgedRun> runs,
                             const std::vector<AgedBuild>& builds,
                             const std::vector<AgedStorage>& storages) {
  std::vector<Expiry> found;
  if (policy.storages) expire_storages(policy, storages, found);
  if (policy.builds) expire_builds(policy, runs, builds, found);
  if (policy.runs) expire_runs(policy, std::move(runs), found);
  std::sort(found.begin(), found.end(), [](const Expiry& left, const Expiry& right) {
    return std::tie(left.due, left.stream) < std::tie(right.due, right.stream);
  });
  return found;
}

}  // namespace actuary::engine::policy
