#include "engine/executor/reconcile.h"

#include <algorithm>

#include "engine/directory/directory.h"

namespace actuary::engine::executor {

std::vector<ports::ContainerKey> expected_containers(const Aggregates& aggregates) {
  std::vector<ports::ContainerKey> keys;
  aggregates.for_each_run([&](const run::State& state) {
    const run::Attempt* attempt = run::attempt_of(state);
    if (attempt != nullptr && attempt->started_at)
      keys.push_back({run::facts_of(state)->run_id, attempt->epoch});
  });
  return keys;
}

Effects removals(const directory::Directory& directory) {
  Effects effects;
  for (const auto& [position, stream] : directory.removed()) {
    if (stream.kind == StreamKind::kStorage) {
      effects.emplace_back(decision::DropStorage{StorageId::parse(stream.id.view()).value()});
    } else {
      effects.emplace_back(decision::RemoveLog{std::string(stream.id.view())});
    }
  }
  return effects;
}

run::ReportExited exit_report(const ports::ContainerKey& key, const ports::ContainerExit& exit) {
  run::ReportExited report{key.run_id, key.epoch, exit.exit_code, exit.signal, exit.out_of_memory};
  report.evidence =
      exit.proven_empty ? events::Evidence::kProvenEmpty : events::Evidence::kExitReport;
  report.detail = exit.detail;
  report.usage = exit.usage;
  return report;
}

Reconciliation reconcile(const std::vector<ports::ContainerKey>& expected,
                         const std::vector<ports::ContainerView>& shown,
                         const Aggregates& aggregates) {
  Reconciliation result;
  for (const ports::ContainerKey& key : expected) {
    const bool there =
        std::any_of(shown.begin(), shown.end(), [&](const ports::ContainerView& view) {
          return view.key == key && view.state != ports::ContainerState::kMissing;
        });
    if (there) continue;
    run::ReportExited report{key.run_id, key.epoch};
    report.evidence = events::Evidence::kProvenEmpty;
    report.detail = "the container is gone from the runtime";
    result.gone.push_back(std::move(report));
  }
  for (const ports::ContainerView& view : shown) {
    const run::Attempt* attempt = run::attempt_of(aggregates.run(view.key.run_id));
    if (attempt == nullptr || attempt->epoch != view.key.epoch) {
      result.orphans.push_back(view.key);
    } else if (view.exit) {
      result.gone.push_back(exit_report(view.key, *view.exit));
    }
  }
  return result;
}

}  // namespace actuary::engine::executor
