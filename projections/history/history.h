#pragma once

#include "projections/history/diff.h"
#include "projections/history/explain.h"
#include "projections/history/fleet.h"
#include "projections/history/moment.h"
#include "projections/history/run_at.h"

namespace actuary::projections::history {

/// The past of one journal. Any thread; every query reads the journal and nothing else, so its
/// answers about a position never change.
class History {
 public:
  explicit History(const journal::Reader& journal) : journal_(journal) {}

  [[nodiscard]] Result<Moment> find(const When& when) const { return find_moment(journal_, when); }
  [[nodiscard]] Result<Moment> now() const { return present(journal_); }
  [[nodiscard]] Result<RunAt> run(const RunId& id, const Moment& moment) const {
    return run_at(journal_, id, moment);
  }
  [[nodiscard]] Result<Fleet> fleet(const Moment& moment, const FleetWish& wish = {}) const {
    return fleet_at(journal_, moment, wish);
  }
  [[nodiscard]] Result<RunDiff> diff(const RunId& left, const RunId& right) const {
    return diff_runs(journal_, left, right);
  }
  [[nodiscard]] Result<Explanation> explain(const RunId& id, const Moment& moment,
                                            const NameOf& name_of = {}) const {
    return explain_run(journal_, id, moment, name_of);
  }

 private:
  const journal::Reader& journal_;
};

}  // namespace actuary::projections::history
