#pragma once

#include <vector>

#include "engine/policy/retention.h"
#include "projections/runner/views.h"

namespace actuary::projections::retention {

/// What the policy will delete of everything that is there, when and why, earliest first: the list
/// that is shown is the list that is worked off. Reads all runs and builds, from any thread.
///
/// errors: kCorrupt, a row does not match its checksum; kStorageFailed
[[nodiscard]] Result<std::vector<engine::policy::Expiry>> plan(
    const runner::Views& views, const engine::policy::Retention& policy);

}  // namespace actuary::projections::retention
