#pragma once

#include "projections/rows/page.h"
#include "projections/rows/read_model.h"
#include "projections/storages/row.h"

namespace actuary::projections::storages {

enum class Naming : std::uint8_t { kNamedOnly, kAlsoUnnamed };

struct StorageFilter {
  UserId user_id;
  events::StorageKind kind = events::StorageKind::kKeyValueStore;
  Naming naming = Naming::kNamedOnly;
};

/// Queries over storages; a deleted one is gone from all of them.
///
/// errors: kCorrupt, a row does not match its checksum; kStorageFailed
class Storages {
 public:
  explicit Storages(const rows::Store& store) : store_(store) {}

  [[nodiscard]] Result<std::optional<StorageRow>> get(const StorageId& id) const;
  [[nodiscard]] Result<std::optional<StorageRow>> find(const UserId& user, events::StorageKind kind,
                                                       std::string_view name) const;
  /// Ordered by `created_at`.
  [[nodiscard]] Result<rows::Page<StorageRow>> list(const StorageFilter& filter,
                                                    const rows::Paging& paging = {}) const;
  /// The default storages of a run, ordered by kind.
  [[nodiscard]] Result<std::vector<StorageRow>> bindings_of(const RunId& run) const;

 private:
  const rows::Store& store_;
};

class StorageModel final : public rows::ReadModel {
 public:
  [[nodiscard]] Status apply(const Record& record, rows::RowWriter& writer) const override;
};

}  // namespace actuary::projections::storages
