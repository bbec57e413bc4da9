#pragma once

#include <map>

#include "projections/rows/codec.h"
#include "projections/rows/read_model.h"

/// What the read models share when they write. Only `.cc` files of this floor include it.
namespace actuary::projections::rows {

/// Every key that one row owns, with its value: the row itself and the index entries that lead to
/// it. A read model defines `Entries entries_of(const Row&)`; the indexes are then equal to the
/// derived set by construction.
using Entries = std::map<Bytes, Bytes>;

/// The value of an index entry that needs none.
struct Nothing {
  static constexpr auto members() { return std::tuple<>(); }
};

template <class Value>
void add_entry(Entries& entries, const Bytes& key, const Value& value) {
  entries[key] = seal(key, encode(value));
}

inline void replace(RowWriter& writer, const Entries& before, const Entries& after) {
  for (const auto& [key, value] : before) {
    if (!after.contains(key)) writer.erase(key, value);
  }
  for (const auto& [key, value] : after) {
    const auto old = before.find(key);
    if (old == before.end()) {
      writer.insert(key, value);
    } else if (old->second != value) {
      writer.replace(key, old->second, value);
    }
  }
}

template <class Row>
void insert(RowWriter& writer, const Row& row) {
  replace(writer, {}, entries_of(row));
}

/// Loads the row, lets `change` alter it, and writes it and its indexes back; false when there is
/// no such row.
template <class Row, class Change>
[[nodiscard]] Result<bool> update(RowWriter& writer, const Bytes& key, const Change& change) {
  TRY(row, load<Row>(writer, key));
  if (!row) return false;
  const Entries before = entries_of(*row);
  change(*row);
  replace(writer, before, entries_of(*row));
  return true;
}

/// As `update`, for events that cannot be without their row.
template <class Row, class Change>
[[nodiscard]] Status update_existing(RowWriter& writer, const Bytes& key, const Record& record,
                                     const Change& change) {
  TRY(found, update<Row>(writer, key, change));
  if (!found) {
    return fail(Code::kCorrupt, "views: record " + std::to_string(record.position) +
                                    " has no row " + printable(key));
  }
  return {};
}

/// Takes the row and everything that leads to it away.
template <class Row>
[[nodiscard]] Result<std::optional<Row>> remove(RowWriter& writer, const Bytes& key) {
  TRY(row, load<Row>(writer, key));
  if (row) replace(writer, entries_of(*row), {});
  return row;
}

}  // namespace actuary::projections::rows
