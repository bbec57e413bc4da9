#include "projections/rows/fold.h"
#include "projections/storages/storages.h"

namespace actuary::projections::storages {

using rows::make_key;
using rows::Table;

static rows::Entries entries_of(const StorageRow& row) {
  const rows::Nothing nothing;
  rows::Entries entries;
  rows::add_entry(entries, make_key(Table::kStorage, row.id), row);
  rows::add_entry(entries,
                  make_key(Table::kStorageByUser, row.user_id, row.kind, row.created_at, row.id),
                  nothing);
  if (!row.name.empty()) {
    rows::add_entry(entries,
                    make_key(Table::kStorageNamed, row.user_id, row.kind, row.created_at, row.id),
                    nothing);
    rows::add_entry(entries, make_key(Table::kStorageByName, row.user_id, row.kind, row.name),
                    row.id);
  }
  if (!row.run_id.nil()) {
    rows::add_entry(entries, make_key(Table::kStorageByRun, row.run_id, row.kind, row.id), nothing);
  }
  return entries;
}

namespace {

StorageRow created(const events::StorageCreated& event, const Record& record) {
  StorageRow row;
  row.id = event.storage_id;
  row.kind = event.kind;
  row.user_id = event.user_id;
  row.name = event.name;
  row.title = event.title;
  row.run_id = event.run_id;
  row.actor_id = event.actor_id;
  row.created_at = record.recorded_at.utc;
  row.modified_at = record.recorded_at.utc;
  row.used_at = record.recorded_at.utc;
  return row;
}

void fold(StorageRow& row, const events::StorageChanged& event, const Record& record) {
  row.name = event.name;
  row.title = event.title;
  row.general_access = event.general_access;
  row.modified_at = record.recorded_at.utc;
  row.used_at = record.recorded_at.utc;
}

void fold(StorageRow& row, const events::StorageUsed&, const Record& record) {
  row.used_at = record.recorded_at.utc;
}

}  // namespace

Status StorageModel::apply(const Record& record, rows::RowWriter& writer) const {
  const Bytes key = make_key(Table::kStorage, record.stream.id);
  return std::visit(
      [&]<class Event>(const Event& event) -> Status {
        if constexpr (std::is_same_v<Event, events::StorageCreated>) {
          rows::insert(writer, created(event, record));
        } else if constexpr (std::is_same_v<Event, events::StorageDeleted>) {
          TRY_VOID(rows::remove<StorageRow>(writer, key));
        } else if constexpr (std::is_same_v<Event, events::StorageChanged> ||
                             std::is_same_v<Event, events::StorageUsed>) {
          const auto change = [&](StorageRow& row) { fold(row, event, record); };
          return rows::update_existing<StorageRow>(writer, key, record, change);
        }
        return {};
      },
      record.event);
}

}  // namespace actuary::projections::storages
