#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "adapters/storages/store.h"
#include "engine/ports/storages.h"

/// The reads, each on a snapshot of its own: a commit that drops a version cannot pull it away
/// midway.
namespace actuary::adapters::storages {

/// A page of keys holds no more, whatever was asked.
inline constexpr std::size_t kKeysPerPageMax = 10'000;

/// errors: kNotFound, kCorrupt, kStorageFailed
[[nodiscard]] Result<engine::ports::KeyValueRecord> read_record(Store& store, const StorageId& id,
                                                                std::string_view key,
                                                                std::optional<std::uint64_t> as_of);
[[nodiscard]] Result<engine::ports::KeyPage> read_keys(Store& store, const StorageId& id,
                                                       std::string_view after,
                                                       std::string_view prefix, std::size_t limit);
[[nodiscard]] Result<engine::ports::ItemPage> read_items(Store& store, const StorageId& id,
                                                         const engine::ports::ItemQuery& query,
                                                         std::optional<std::uint64_t> as_of);
/// Zeros for a storage that nobody has written to.
[[nodiscard]] Result<engine::ports::StorageStats> read_stats(Store& store, const StorageId& id);
/// How many versions of `key` are kept, deletions included. For tests and audits.
[[nodiscard]] Result<std::uint64_t> count_versions(Store& store, const StorageId& id,
                                                   std::string_view key);

}  // namespace actuary::adapters::storages
