#pragma once

#include "projections/actors/row.h"
#include "projections/rows/page.h"
#include "projections/rows/read_model.h"

namespace actuary::projections::actors {

/// Queries over Actors; a deleted Actor is gone from all of them.
///
/// errors: kCorrupt, a row does not match its checksum; kStorageFailed
class Actors {
 public:
  explicit Actors(const rows::Store& store) : store_(store) {}

  [[nodiscard]] Result<std::optional<ActorRow>> get(const ActorId& id) const;
  [[nodiscard]] Result<std::optional<ActorRow>> find(const UserId& owner,
                                                     std::string_view name) const;
  /// Ordered by `created_at`.
  [[nodiscard]] Result<rows::Page<ActorRow>> list_of_user(const UserId& user,
                                                          const rows::Paging& paging = {}) const;

 private:
  const rows::Store& store_;
};

/// Apply it after the builds: a tag shows when its build finished.
class ActorModel final : public rows::ReadModel {
 public:
  [[nodiscard]] Status apply(const Record& record, rows::RowWriter& writer) const override;
};

}  // namespace actuary::projections::actors
