#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "adapters/storages/boundaries.h"
#include "adapters/storages/store.h"
#include "engine/ports/storages.h"

namespace actuary::adapters::storages {

using engine::ports::Writer;

struct WriteFence {
  RunId run_id;
  Position epoch = 0;
};
struct WriteRecord {
  StorageId id;
  std::string key;
  engine::ports::KeyValueRecord record;
  std::optional<Writer> writer;
  Timestamp at{};
};
struct WriteDeletion {
  StorageId id;
  std::string key;
  std::optional<Writer> writer;
  Timestamp at{};
};
struct WriteItems {
  StorageId id;
  std::vector<std::string> items;
  std::optional<Writer> writer;
  Timestamp at{};
};
/// Reads are counted in memory and written with what comes next.
struct WriteReadCounts {
  StorageId id;
  std::uint64_t read_count = 0;
  std::uint64_t list_count = 0;
};
/// Alone in its commit: what a range deletion hides, the writes behind it would still read from
/// disk.
struct WriteDrop {
  StorageId id;
};
using Write =
    std::variant<WriteFence, WriteRecord, WriteDeletion, WriteItems, WriteReadCounts, WriteDrop>;

/// Several writes as one batch: each sees what those before it in the batch have done.
///
/// Used by one thread. A refused write (kFenced) is an answer and is counted; only `finish` can
/// fail the batch.
class Commit {
 public:
  Commit(Store& store, std::uint64_t sequence) : store_(store), sequence_(sequence) {}
  Commit(const Commit&) = delete;
  Commit& operator=(const Commit&) = delete;

  /// Answers the write's commit sequence; a fence that is already there answers its old one.
  ///
  /// errors: kFenced; kCorrupt and kStorageFailed when what the write depends on cannot be read
  [[nodiscard]] Result<std::uint64_t> apply(const Write& write);
  /// Writes and syncs all of it.
  [[nodiscard]] Status finish();
  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }

 private:
  struct Contents {
    engine::ports::StorageStats stats;
    Boundaries boundaries;
    std::uint64_t items = 0;
    bool items_changed = false;
    bool exists = false;  ///< on disk, or written by this batch
    bool stats_changed = false;
    bool boundaries_changed = false;
  };
  struct KeyVersion {
    std::uint64_t sequence = 0;
    RecordKind kind = RecordKind::kValue;
    std::uint64_t bytes = 0;
  };
  using KeyVersions = std::vector<KeyVersion>;  ///< newest first

  Result<std::uint64_t> write(const WriteFence& fence);
  Result<std::uint64_t> write(const WriteRecord& record);
  Result<std::uint64_t> write(const WriteDeletion& deletion);
  Result<std::uint64_t> write(const WriteItems& items);
  Result<std::uint64_t> write(const WriteReadCounts& counts);
  Result<std::uint64_t> write(const WriteDrop& drop);

  Result<Contents*> contents(const StorageId& id);
  Result<KeyVersions*> versions(const StorageId& id, std::string_view key);
  Result<std::optional<FenceRow>> fence_of(const RunId& run_id);
  /// Refuses a writer whose attempt is over, and notes a run's first touch of a storage.
  Status admit(const StorageId& id, Contents& contents, const std::optional<Writer>& writer);
  Status touch(const StorageId& id, Contents& contents, const RunId& run_id, const FenceRow& fence);
  /// Puts `next` on top of the versions and drops those to which no boundary refers.
  void supersede(const StorageId& id, const std::string& key, const Contents& contents,
                 KeyVersions& versions, KeyVersion next);
  void erase(const StorageId& id, const std::string& key, const KeyVersion& version);

  Store& store_;
  std::uint64_t sequence_;
  rocksdb::WriteBatch batch_{0, 0, 8, 0};  // 8 bytes of protection per key, against flips in memory
  std::unordered_map<StorageId, Contents> contents_;
  std::unordered_map<std::string, KeyVersions> versions_;  // by record_prefix
  std::unordered_map<RunId, FenceRow> fences_;
  std::unordered_map<std::string, bool> touches_;  // by touch_key
};

}  // namespace actuary::adapters::storages
