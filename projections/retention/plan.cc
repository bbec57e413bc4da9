#include "projections/retention/plan.h"

#include <algorithm>
#include <set>

#include "projections/rows/listing.h"

namespace actuary::projections::retention {
namespace {

/// Every row of a table, in the order of its keys.
template <class Row, class Take>
Status each_row(const rows::Store& store, rows::Table table, const Take& take) {
  Status problem;
  TRY_VOID(store.scan(rows::prefix_range(rows::make_key(table)), rows::Order::kOldestFirst,
                      [&](BytesView key, BytesView value) {
                        const auto row = rows::decode<Row>(key, value);
                        row ? take(*row) : (void)(problem = tl::make_unexpected(row.error()));
                        return row.has_value();
                      }));
  return problem;
}

}  // namespace

Result<std::vector<engine::policy::Expiry>> plan(const runner::Views& views,
                                                 const engine::policy::Retention& policy,
                                                 const std::optional<Timestamp>& uses_since) {
  if (policy.keeps_everything()) return std::vector<engine::policy::Expiry>{};
  std::set<BuildId> tagged;
  TRY_VOID(each_row<actors::ActorRow>(views.rows(), rows::Table::kActor, [&](const auto& actor) {
    for (const auto& [tag, to] : actor.tags) tagged.insert(to.build_id);
  }));
  std::vector<engine::policy::AgedRun> runs;
  TRY_VOID(each_row<runs::RunRow>(views.rows(), rows::Table::kRun, [&](const auto& run) {
    runs.push_back({run.id, run.user_id, run.build_id, run.started_at, run.finished_at,
                    run.deleted.has_value(), run.retention_hold.has_value()});
    for (const auto& each : run.metamorphs) runs.back().became.push_back(each.build_id);
  }));
  std::vector<engine::policy::AgedBuild> builds;
  TRY_VOID(each_row<builds::BuildRow>(views.rows(), rows::Table::kBuild, [&](const auto& build) {
    if (build.deleted) return;
    builds.push_back({build.id, build.finished_at, tagged.contains(build.id)});
  }));
  std::vector<engine::policy::AgedStorage> aged;
  const auto take = [&](const storages::StorageRow& row) {
    if (row.name.empty() && row.run_id.nil())
      aged.push_back({row.id, std::max(row.used_at, *uses_since)});
  };
  if (policy.storages && uses_since)
    TRY_VOID(each_row<storages::StorageRow>(views.rows(), rows::Table::kStorage, take));
  return engine::policy::expiries(policy, std::move(runs), builds, aged);
}

Result<std::optional<Timestamp>> uses_recorded_since(const journal::Reader& journal) {
  TRY(records, journal.read_stream(journal::record::system_stream()));
  std::optional<Timestamp> since;
  for (const Record& record : records) {
    const auto* adopted = std::get_if<events::SettingsAdopted>(&record.event);
    if (adopted == nullptr) continue;
    if (adopted->lifecycle_rules == 0) since.reset();  // a program that records no use wrote here
    if (adopted->lifecycle_rules > 0 && !since) since = record.recorded_at.utc;
  }
  return since;
}

}  // namespace actuary::projections::retention
