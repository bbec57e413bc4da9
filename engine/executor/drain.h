#pragma once

#include <vector>

#include "engine/directory/directory.h"
#include "engine/executor/aggregates.h"

/// What a host that takes no runs any more still has. Pure.
namespace actuary::engine::executor {

/// Runs whose Actor must be told now. Those that only start are told once they run, and those that
/// are being stopped need not hear of it.
[[nodiscard]] std::vector<RunId> runs_to_migrate(const directory::Directory& directory,
                                                 const Aggregates& aggregates);

}  // namespace actuary::engine::executor
