#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/storages/boundaries.h"
#include "engine/ports/storages.h"
#include "journal/base/bytes.h"
#include "journal/base/id.h"
#include "journal/base/result.h"

/// How the contents lie in RocksDB. All integers are big-endian, so that byte order is number
/// order.
///
///     meta       "format" -> u32     "sequence" -> u64, that of the last write
///                "id" -> 32 hex digits     "head" -> as the journal's; its positions are commits
///     fences     run -> epoch u64, sequence u64
///     touches    run storage -> empty: that run has written to that storage
///     storages   storage 's' -> statistics      storage 'b' -> (fence u64, cut u64)*
///                storage 'n' -> items u64, the next item's index
///     records    storage key 00 ~sequence -> kind u8, bytes u64, content type, content encoding
///     chunks     storage key 00 ~sequence number u32 -> up to kChunkBytes of the value
///     items      storage index u64 -> sequence u64, JSON text
///
/// `~sequence` puts the newest version of a key first. Keys hold no zero byte, so the 00 keeps them
/// in byte order. Downsides: a small record costs two rows, and a key's versions lie among those
/// that are listed.
namespace actuary::adapters::storages {

inline constexpr std::uint32_t kFormat = 2;
inline constexpr std::uint32_t kFormatWithoutWitness = 1;
inline constexpr std::size_t kChunkBytes = std::size_t{1} << 20U;
inline constexpr std::size_t kRecordKeyBytesMax = 256;

enum class Family : std::uint8_t { kMeta, kFences, kTouches, kStorages, kRecords, kChunks, kItems };
inline constexpr std::array<std::string_view, 7> kFamilyNames = {
    "default", "fences", "touches", "storages", "records", "chunks", "items"};

inline constexpr std::string_view kFormatKey = "format";
inline constexpr std::string_view kIdKey = "id";
inline constexpr std::string_view kHeadKey = "head";
inline constexpr std::string_view kSequenceKey = "sequence";

/// Empty, too long, or with a zero byte: kInvalidArgument.
[[nodiscard]] Status check_record_key(std::string_view key);

[[nodiscard]] std::string touch_key(const RunId& run_id, const StorageId& id);
[[nodiscard]] std::string stats_key(const StorageId& id);
[[nodiscard]] std::string boundaries_key(const StorageId& id);
[[nodiscard]] std::string items_key(const StorageId& id);
/// What all versions of `key` begin with.
[[nodiscard]] std::string record_prefix(const StorageId& id, std::string_view key);
[[nodiscard]] std::string record_key(const StorageId& id, std::string_view key,
                                     std::uint64_t sequence);
[[nodiscard]] std::string chunk_key(const StorageId& id, std::string_view key,
                                    std::uint64_t sequence, std::uint32_t number);
[[nodiscard]] std::string item_key(const StorageId& id, std::uint64_t index);
/// The first key after all that begin with `id`.
[[nodiscard]] std::string storage_end(const StorageId& id);

struct RecordKey {
  std::string_view key;
  std::uint64_t sequence = 0;
};
[[nodiscard]] Result<RecordKey> parse_record_key(std::string_view row_key);

enum class RecordKind : std::uint8_t { kValue = 0, kDeleted = 1 };

struct RecordRow {
  RecordKind kind = RecordKind::kValue;
  std::uint64_t bytes = 0;
  std::string content_type;
  std::string content_encoding;
};

struct FenceRow {
  Position epoch = 0;
  std::uint64_t sequence = 0;
};

struct ItemRow {
  std::uint64_t sequence = 0;
  std::string_view text;
};

[[nodiscard]] std::string encode(std::uint32_t value);
[[nodiscard]] std::string encode(std::uint64_t value);
[[nodiscard]] std::string encode(const RecordRow& row);
[[nodiscard]] std::string encode(const FenceRow& row);
[[nodiscard]] std::string encode(const ItemRow& row);
[[nodiscard]] std::string encode(const engine::ports::StorageStats& stats);
[[nodiscard]] std::string encode(const Boundaries& boundaries);

/// errors: kCorrupt: not what `encode` writes
[[nodiscard]] Result<std::uint32_t> decode_u32(std::string_view bytes);
[[nodiscard]] Result<std::uint64_t> decode_u64(std::string_view bytes);
[[nodiscard]] Result<RecordRow> decode_record(std::string_view bytes);
[[nodiscard]] Result<FenceRow> decode_fence(std::string_view bytes);
[[nodiscard]] Result<ItemRow> decode_item(std::string_view bytes);
[[nodiscard]] Result<engine::ports::StorageStats> decode_stats(std::string_view bytes);
[[nodiscard]] Result<Boundaries> decode_boundaries(std::string_view bytes);

[[nodiscard]] inline std::uint32_t chunk_count(std::uint64_t bytes) {
  return static_cast<std::uint32_t>((bytes + kChunkBytes - 1) / kChunkBytes);
}

}  // namespace actuary::adapters::storages
