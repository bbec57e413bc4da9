#include "engine/executor/drain.h"

namespace actuary::engine::executor {

std::vector<RunId> runs_to_migrate(const directory::Directory& directory,
                                   const Aggregates& aggregates) {
  std::vector<RunId> found;
  if (!directory.drain_window()) return found;
  for (const RunId& id : directory.admitted_runs()) {
    const auto* running = std::get_if<run::Running>(&aggregates.run(id));
    const bool live = running != nullptr && running->phase == run::Phase::kLive;
    if (live && !running->attempt->migration) found.push_back(id);
  }
  return found;
}

}  // namespace actuary::engine::executor
