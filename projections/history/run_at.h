#pragma once

#include "projections/history/moment.h"
#include "projections/runs/row.h"

namespace actuary::projections::history {

/// A run as everybody would have seen it then.
struct RunAt {
  runs::RunRow run;
  Moment moment;        ///< what was asked for
  Version version = 0;  ///< events of the run until then
  Position first_position = 0;
  Position last_position = 0;  ///< of its last event until then
};

/// Reads the run's own stream only.
///
/// errors: kNotFound: no such run, or not yet; kCorrupt, kNewerVersion: from the journal
[[nodiscard]] Result<RunAt> run_at(const journal::Reader& journal, const RunId& id,
                                   const Moment& moment);

}  // namespace actuary::projections::history
