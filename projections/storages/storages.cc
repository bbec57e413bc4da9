#include "projections/storages/storages.h"

#include "projections/rows/listing.h"

namespace actuary::projections::storages {

using rows::make_key;
using rows::Table;

Result<std::optional<StorageRow>> Storages::get(const StorageId& id) const {
  return rows::load<StorageRow>(store_, make_key(Table::kStorage, id));
}

Result<std::optional<StorageRow>> Storages::find(const UserId& user, events::StorageKind kind,
                                                 std::string_view name) const {
  if (name.empty()) return std::nullopt;
  const Bytes key = make_key(Table::kStorageByName, user, kind, name);
  return rows::find<StorageRow, StorageId>(store_, Table::kStorage, key);
}

Result<rows::Page<StorageRow>> Storages::list(const StorageFilter& filter,
                                              const rows::Paging& paging) const {
  const Table index =
      filter.naming == Naming::kNamedOnly ? Table::kStorageNamed : Table::kStorageByUser;
  const rows::KeyRange range = rows::prefix_range(make_key(index, filter.user_id, filter.kind));
  return rows::list<StorageRow>(store_, Table::kStorage, range, paging, rows::kAny);
}

Result<std::vector<StorageRow>> Storages::bindings_of(const RunId& run) const {
  const rows::KeyRange range = rows::prefix_range(make_key(Table::kStorageByRun, run));
  TRY(page, rows::list<StorageRow>(store_, Table::kStorage, range, {}, rows::kAny));
  return std::move(page.rows);
}

}  // namespace actuary::projections::storages
