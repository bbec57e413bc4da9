#pragma once

#include "projections/builds/row.h"
#include "projections/rows/page.h"
#include "projections/rows/read_model.h"

namespace actuary::projections::builds {

/// Queries over builds. Lists are ordered by `started_at`; deleted builds are in none of them.
///
/// errors: kCorrupt, a row does not match its checksum; kStorageFailed
class Builds {
 public:
  explicit Builds(const rows::Store& store) : store_(store) {}

  /// Also a deleted build: look at `deleted`.
  [[nodiscard]] Result<std::optional<BuildRow>> get(const BuildId& id) const;
  [[nodiscard]] Result<rows::Page<BuildRow>> list_of_user(const UserId& user,
                                                          const rows::Paging& paging = {}) const;
  [[nodiscard]] Result<rows::Page<BuildRow>> list_of_actor(const ActorId& actor,
                                                           const rows::Paging& paging = {}) const;

 private:
  const rows::Store& store_;
};

class BuildModel final : public rows::ReadModel {
 public:
  [[nodiscard]] Status apply(const Record& record, rows::RowWriter& writer) const override;
};

}  // namespace actuary::projections::builds
