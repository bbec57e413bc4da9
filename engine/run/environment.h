#pragma once

#include <vector>

#include "engine/run/state.h"

namespace actuary::engine::run {

/// The environment variables that follow from the run itself, under their present and their legacy
/// names, then the Actor's own, which win. Addresses, tokens and secrets are added by whoever
/// starts the container.
///
/// source: the platform's container contract
[[nodiscard]] std::vector<events::EnvVar> environment(const Facts& facts, const Attempt& attempt,
                                                      const Instant& now);

}  // namespace actuary::engine::run
