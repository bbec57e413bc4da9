#pragma once

#include "projections/deadlines/row.h"
#include "projections/rows/page.h"
#include "projections/rows/read_model.h"

namespace actuary::projections::deadlines {

/// The open deadlines, for showing; the engine keeps its own.
///
/// errors: kCorrupt, a row does not match its checksum; kStorageFailed
class Deadlines {
 public:
  explicit Deadlines(const rows::Store& store) : store_(store) {}

  [[nodiscard]] Result<std::optional<DeadlineRow>> of(const RunId& run) const;
  [[nodiscard]] Result<std::optional<DeadlineRow>> of(const BuildId& build) const;
  /// The soonest first.
  [[nodiscard]] Result<rows::Page<DeadlineRow>> list(const rows::Paging& paging = {}) const;

 private:
  const rows::Store& store_;
};

class DeadlineModel final : public rows::ReadModel {
 public:
  [[nodiscard]] Status apply(const Record& record, rows::RowWriter& writer) const override;
};

}  // namespace actuary::projections::deadlines
