#pragma once

#include "projections/rows/fold.h"
#include "projections/runs/row.h"

namespace actuary::projections::runs {

/// What lists filter by, so that they need not read the rows that they leave out.
struct RunEntry {
  std::string status;
  events::Origin origin = events::Origin::kApi;

  static constexpr auto members() { return std::make_tuple(&RunEntry::status, &RunEntry::origin); }
};

[[nodiscard]] rows::Entries entries_of(const RunRow& run);

}  // namespace actuary::projections::runs
