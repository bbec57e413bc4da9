#pragma once

#include <vector>

#include "engine/policy/retention.h"
#include "journal/reader.h"
#include "projections/runner/views.h"

namespace actuary::projections::retention {

/// Since when it is recorded that storages are used; nothing: it is not. An earlier use is unknown,
/// so that nobody's age is counted from before it.
///
/// errors: those of Reader::read_stream
[[nodiscard]] Result<std::optional<Timestamp>> uses_recorded_since(const journal::Reader& journal);

/// What the policy will delete of everything that is there, when and why, earliest first: the list
/// that is shown is the list that is worked off. Reads all runs, builds and storages, from any
/// thread.
///
/// errors: kCorrupt, a row does not match its checksum; kStorageFailed
[[nodiscard]] Result<std::vector<engine::policy::Expiry>> plan(
    const runner::Views& views, const engine::policy::Retention& policy,
    const std::optional<Timestamp>& uses_since);

}  // namespace actuary::projections::retention
