#pragma once

#include <algorithm>

#include "projections/rows/codec.h"
#include "projections/rows/store.h"

/// What the queries share. Only `.cc` files of this floor include it.
namespace actuary::projections::rows {

/// Accepts every entry of an index.
inline constexpr auto kAny = [](BytesView, BytesView) -> Result<bool> { return true; };

/// One page of the rows that an index leads to; `accept(index key, index value)` says which of them
/// count.
template <class Row, class Accept>
[[nodiscard]] Result<Page<Row>> list(const Store& store, Table table, const KeyRange& range,
                                     const Paging& paging, const Accept& accept) {
  Page<Row> page;
  const std::uint64_t limit = std::min(paging.limit, kPageRowsMax);
  Status problem;
  const auto visit = [&](BytesView key, BytesView value) {
    const Result<bool> matches = accept(key, value);
    if (!matches) problem = tl::make_unexpected(matches.error());
    if (!matches || !*matches) return matches.has_value();
    const std::uint64_t index = page.total++;
    if (index < paging.offset || page.rows.size() >= limit) return true;
    auto row = load<Row>(store, row_key(table, key));
    if (!row) problem = tl::make_unexpected(row.error());
    if (row && *row) page.rows.push_back(**row);
    return row.has_value();
  };
  TRY_VOID(store.scan(range, paging.order, visit));
  TRY_VOID(problem);
  return page;
}

/// The row that an index key leads to; the entry's value is the id.
template <class Row, class RowId>
[[nodiscard]] Result<std::optional<Row>> find(const Store& store, Table table,
                                              const Bytes& index_key) {
  TRY(id, load<RowId>(store, index_key));
  if (!id) return std::nullopt;
  return load<Row>(store, make_key(table, *id));
}

}  // namespace actuary::projections::rows
