#pragma once

#include <vector>

#include "engine/executor/aggregates.h"
#include "engine/ports/runtime.h"

/// What the journal says against what the runtime shows. Pure: the list is the truth, reports only
/// shorten the wait.
namespace actuary::engine::executor {

/// Attempts whose container was started for certain, so that it must be somewhere.
[[nodiscard]] std::vector<ports::ContainerKey> expected_containers(const Aggregates& aggregates);

/// What the runtime saw of an end, as the run's own report.
[[nodiscard]] run::ReportExited exit_report(const ports::ContainerKey& key,
                                            const ports::ContainerExit& exit);

/// What was deleted a short while ago is removed once more: a crash may have come in between.
[[nodiscard]] Effects removals(const directory::Directory& directory);

/// How often a host compares: what a late start leaves behind is not there for longer.
inline constexpr Seconds kReconcileEvery{30};

struct Reconciliation {
  /// Ended, with their exit; or expected, and certainly not there.
  std::vector<run::ReportExited> gone;
  std::vector<ports::ContainerKey> orphans;  ///< there, and nobody's attempt any more
};

/// `expected` was taken before the runtime was asked, `shown` is its answer, `aggregates` is the
/// present.
[[nodiscard]] Reconciliation reconcile(const std::vector<ports::ContainerKey>& expected,
                                       const std::vector<ports::ContainerView>& shown,
                                       const Aggregates& aggregates);

}  // namespace actuary::engine::executor
