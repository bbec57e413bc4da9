#include "adapters/storages/reads.h"

#include <algorithm>

namespace actuary::adapters::storages {
namespace {

using engine::ports::ItemPage;
using engine::ports::ItemQuery;
using engine::ports::KeyPage;
using engine::ports::KeyValueRecord;
using engine::ports::StorageStats;

/// The last commit that the read sees of this storage.
Result<std::uint64_t> cut_of(Store& store, const rocksdb::ReadOptions& options, const StorageId& id,
                             std::optional<std::uint64_t> as_of) {
  if (!as_of) return UINT64_MAX;
  TRY(row, store.get(Family::kStorages, boundaries_key(id), options));
  if (!row) return *as_of;
  TRY(boundaries, decode_boundaries(*row));
  return boundaries.cut_for(*as_of);
}

Result<StorageStats> stats_of(Store& store, const rocksdb::ReadOptions& options,
                              const StorageId& id) {
  TRY(row, store.get(Family::kStorages, stats_key(id), options));
  if (!row) return StorageStats{};
  return decode_stats(*row);
}

/// How many items the dataset had after commit `cut`: sequences grow with the index.
Result<std::uint64_t> items_until(Store& store, const rocksdb::ReadOptions& options,
                                  const StorageId& id, std::uint64_t count, std::uint64_t cut) {
  if (cut == UINT64_MAX) return count;
  std::uint64_t low = 0;
  std::uint64_t high = count;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    TRY(row, store.get(Family::kItems, item_key(id, middle), options));
    if (!row)
      return fail(Code::kCorrupt, "dataset " + id.str() + " lacks item " + std::to_string(middle));
    TRY(item, decode_item(*row));
    if (item.sequence <= cut) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

Result<KeyValueRecord> read_record(Store& store, const StorageId& id, std::string_view key,
                                   std::optional<std::uint64_t> as_of) {
  const Snapshot snapshot(store);
  TRY(cut, cut_of(store, snapshot.options(), id, as_of));
  const std::string prefix = record_prefix(id, key);
  const auto rows = store.scan(Family::kRecords, snapshot.options());
  rows->Seek(record_key(id, key, cut));
  TRY_VOID(to_status(rows->status()));
  const auto missing = [&] { return fail(Code::kNotFound, "no record " + std::string(key)); };
  if (!rows->Valid() || !rows->key().starts_with(prefix)) return missing();
  TRY(row_key, parse_record_key(rows->key().ToStringView()));
  TRY(row, decode_record(rows->value().ToStringView()));
  if (row.kind == RecordKind::kDeleted) return missing();

  KeyValueRecord record{std::move(row.content_type), std::move(row.content_encoding), {}};
  record.value.reserve(row.bytes);
  for (std::uint32_t number = 0; number < chunk_count(row.bytes); ++number) {
    const std::string chunk_row = chunk_key(id, key, row_key.sequence, number);
    TRY(chunk, store.get(Family::kChunks, chunk_row, snapshot.options()));
    if (!chunk) return fail(Code::kCorrupt, "record " + std::string(key) + " lacks a part");
    record.value.append(*chunk);
  }
  if (record.value.size() != row.bytes) {
    return fail(Code::kCorrupt, "record " + std::string(key) + " has a wrong length");
  }
  return record;
}

Result<KeyPage> read_keys(Store& store, const StorageId& id, std::string_view after,
                          std::string_view prefix, std::size_t limit) {
  limit = std::min(limit, kKeysPerPageMax);
  // Keys hold no zero byte, so `after` + 1 lies behind every version of `after` and before the next
  // key.
  const std::string start = after >= prefix ? id.str().append(after) + (after.empty() ? "" : "\x01")
                                            : id.str().append(prefix);
  const Snapshot snapshot(store);
  const auto rows = store.scan(Family::kRecords, snapshot.options());
  KeyPage page;
  std::string last;
  for (rows->Seek(start); rows->Valid() && rows->key().starts_with(slice(id.view()));
       rows->Next()) {
    TRY(row_key, parse_record_key(rows->key().ToStringView()));
    if (!row_key.key.starts_with(prefix)) break;
    if (row_key.key == last) continue;  // an older version
    last = row_key.key;
    TRY(row, decode_record(rows->value().ToStringView()));
    if (row.kind == RecordKind::kDeleted) continue;
    if (page.keys.size() == limit) {
      page.truncated = true;
      break;
    }
    page.keys.push_back({last, row.bytes});
  }
  TRY_VOID(to_status(rows->status()));
  return page;
}

Result<ItemPage> read_items(Store& store, const StorageId& id, const ItemQuery& query,
                            std::optional<std::uint64_t> as_of) {
  const Snapshot snapshot(store);
  TRY(cut, cut_of(store, snapshot.options(), id, as_of));
  TRY(items_row, store.get(Family::kStorages, items_key(id), snapshot.options()));
  if (!items_row) return ItemPage{};
  TRY(count_now, decode_u64(*items_row));
  TRY(total, items_until(store, snapshot.options(), id, count_now, cut));
  ItemPage page;
  page.total = total;
  if (query.offset >= total || query.limit == 0) return page;

  const std::uint64_t count = std::min(query.limit, total - query.offset);
  const bool backwards = query.newest_first;
  const auto rows = store.scan(Family::kItems, snapshot.options());
  rows->Seek(item_key(id, backwards ? total - 1 - query.offset : query.offset));
  std::size_t bytes = 0;
  while (rows->Valid() && rows->key().starts_with(slice(id.view()))) {
    TRY(item, decode_item(rows->value().ToStringView()));
    bytes += item.text.size();
    if (!page.items.empty() && bytes > engine::ports::kPageBytesMax) return page;
    page.items.emplace_back(item.text);
    if (page.items.size() == count) return page;
    if (backwards) {
      rows->Prev();
    } else {
      rows->Next();
    }
  }
  TRY_VOID(to_status(rows->status()));
  return fail(Code::kCorrupt, "dataset " + id.str() + " lacks items");
}

Result<StorageStats> read_stats(Store& store, const StorageId& id) {
  return stats_of(store, {}, id);
}

Result<std::uint64_t> count_versions(Store& store, const StorageId& id, std::string_view key) {
  const std::string prefix = record_prefix(id, key);
  const auto rows = store.scan(Family::kRecords);
  std::uint64_t count = 0;
  for (rows->Seek(prefix); rows->Valid() && rows->key().starts_with(prefix); rows->Next()) ++count;
  TRY_VOID(to_status(rows->status()));
  return count;
}

}  // namespace actuary::adapters::storages
