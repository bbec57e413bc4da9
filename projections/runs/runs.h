#pragma once

#include "projections/rows/page.h"
#include "projections/rows/read_model.h"
#include "projections/runs/row.h"

namespace actuary::projections::runs {

/// Which runs of a list count. Both times are inclusive.
struct RunFilter {
  std::vector<std::string> statuses;  ///< none: all
  std::optional<Timestamp> started_after;
  std::optional<Timestamp> started_before;
};

struct LastRunFilter {
  std::optional<std::string> status;
  std::optional<events::Origin> origin;
};

/// Queries over runs. Lists are ordered by `started_at`; deleted runs are in none of them.
///
/// errors: kCorrupt, a row does not match its checksum; kStorageFailed
class Runs {
 public:
  explicit Runs(const rows::Store& store) : store_(store) {}

  /// Also a deleted run: look at `deleted`.
  [[nodiscard]] Result<std::optional<RunRow>> get(const RunId& id) const;
  [[nodiscard]] Result<rows::Page<RunRow>> list_of_user(const UserId& user,
                                                        const RunFilter& filter = {},
                                                        const rows::Paging& paging = {}) const;
  [[nodiscard]] Result<rows::Page<RunRow>> list_of_actor(const ActorId& actor,
                                                         const RunFilter& filter = {},
                                                         const rows::Paging& paging = {}) const;
  /// The newest run of the Actor that matches.
  [[nodiscard]] Result<std::optional<RunRow>> last_of_actor(const ActorId& actor,
                                                            const LastRunFilter& filter = {}) const;

 private:
  const rows::Store& store_;
};

/// What the model does with a record of a run's stream, without a store: nothing becomes the row,
/// and the row becomes the next one. Events that no row shows change nothing.
///
/// errors: kCorrupt: an event of a run that was never created
[[nodiscard]] Status fold_record(std::optional<RunRow>& run, const Record& record);

class RunModel final : public rows::ReadModel {
 public:
  [[nodiscard]] Status apply(const Record& record, rows::RowWriter& writer) const override;
};

}  // namespace actuary::projections::runs
