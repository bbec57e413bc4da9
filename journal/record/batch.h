#pragma once

#include <functional>
#include <map>
#include <vector>

#include "journal/record/record.h"

namespace actuary::journal::record {

/// Where a journal stands as an append sees it.
struct Frontier {
  Position position = 0;
  std::uint64_t term = 0;
};

using VersionOf = std::function<Result<Version>(const StreamId&)>;

/// What a batch that fits leaves behind.
struct Fitted {
  Frontier frontier;
  std::map<StreamId, Version> versions;  ///< the last version of every stream that it touches
};

/// Checks a batch against the place it wants; every journal accepts exactly what this accepts.
///
/// shape:  1..kBatchRecordsMax records, positions and versions without a gap, every term the last
///         claimed one, but in a TermClaimed of the system stream, which must claim a larger one
/// errors: kVersionConflict: somebody else got there first; kInvalidArgument, kTooLarge
/// source: journal/FORMAT.md, "Append"
[[nodiscard]] Result<Fitted> fit_batch(const Frontier& frontier, const std::vector<Record>& batch,
                                       const VersionOf& version_of);

}  // namespace actuary::journal::record
